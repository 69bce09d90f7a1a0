import { describe, expect, test } from 'vitest';
import { fixtureCase } from '../../test/fixtures.js';
import { TorchError } from '../addon/errors.js';
import { rand, randint, randn, randperm } from '../generated/operators.js';
import { xavierUniform } from '../nn/init.js';
import { expectClose } from '../testing/expect-close.js';
import { Generator } from './random.js';

const draw = (generator: Generator) => [...rand([4], { generator }).toArray()];

describe('Generator', () => {
  test('depends on its seed alone', () => {
    expect(draw(new Generator(7))).toEqual(draw(new Generator(7)));
    expect(draw(new Generator(7))).not.toEqual(draw(new Generator(8)));
    expect(draw(new Generator(2 ** 53 - 1))).not.toEqual(draw(new Generator(0)));
  });

  test('is a stream of its own', () => {
    const generator = new Generator(7);
    const first = draw(generator);
    rand([100]);
    draw(new Generator(9));
    const again = new Generator(7);
    expect([draw(again), draw(again)]).toEqual([first, draw(generator)]);
  });

  test('goes on from a saved state, also in the middle of a pair of normal numbers', () => {
    const generator = new Generator(3);
    randn([3], { generator });
    const { state } = generator;
    const rest = randn([5], { generator }).toArray();
    const other = new Generator(0);
    other.state = state;
    expect(randn([5], { generator: other }).toArray()).toEqual(rest);
  });

  test('refuses what is not a state', () => {
    const generator = new Generator(3);
    expect(() => {
      generator.state = Uint8Array.of(1, 2, 3);
    }).toThrow(TorchError);
  });
});

interface Published {
  readonly values: {
    readonly seed: number;
    readonly rand_8: number[];
    readonly then_randn_16: number[];
    readonly then_randperm_10: number[];
    readonly then_randint_0_100_x6: number[];
    readonly xavier_uniform_4_6_right_after_seeding: number[];
  };
}

describe('Generator as in Python', () => {
  test('draws the same numbers', () => {
    const { values } = fixtureCase<Published>('util', 'seeded_torch_numbers');
    const generator = new Generator(values.seed);
    const exactly = { atol: 0 };
    expectClose(rand([8], { generator }).to('f64'), values.rand_8, exactly);
    // The vectorised logarithm and cosine may differ in the last bit between processors.
    expectClose(randn([16], { generator }).to('f64'), values.then_randn_16, { atol: 1e-6 });
    expectClose(randperm(10, { generator }), values.then_randperm_10, exactly);
    expectClose(randint(0, 100, [6], { generator }), values.then_randint_0_100_x6, exactly);

    const weights = xavierUniform([4, 6], { generator: new Generator(values.seed) });
    expectClose(
      weights.flatten().to('f64'),
      values.xavier_uniform_4_6_right_after_seeding,
      exactly,
    );
  });
});
