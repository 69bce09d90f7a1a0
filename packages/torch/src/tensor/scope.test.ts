import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { TorchError } from '../addon/errors.js';
import { memory } from '../device/memory.js';
import { empty, zeros } from '../generated/operators.js';
import { scope } from './scope.js';
import { fromArray, type Tensor } from './tensor.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Runs the collector until `done`, and lets finalisers run in between. */
async function collectUntil(done: () => boolean): Promise<void> {
  for (let i = 0; i < 100 && !done(); i++) {
    // Looking at a weak reference holds it until the end of the job.
    await setTimeout(5);
    collectGarbage();
    await setTimeout(5);
  }
}

describe('scope', () => {
  test('frees what was made inside', () => {
    const before = memory();
    const inside = scope(() => {
      const made = zeros([1000]);
      made.add(1);
      expect(memory().tensors).toBe(before.tensors + 2);
      return made.elements;
    });
    expect(inside).toBe(1000);
    expect(memory().tensors).toBe(before.tensors);
    expect(memory().bytes).toBe(before.bytes);
  });

  test.each<[string, (made: Tensor) => unknown]>([
    ['a tensor', (made) => made],
    ['an array', (made) => [[made]]],
    ['a map', (made) => new Map([['a', made]])],
    ['an object', (made) => ({ inner: { made } })],
    ['an object without prototype', (made) => Object.assign(Object.create(null), { made })],
    [
      'an object that holds itself',
      (made) => {
        const ring: Record<string, unknown> = { made };
        ring.self = ring;
        return ring;
      },
    ],
  ])('lets its result out in %s', (_, pack) => {
    let inside: Tensor | undefined;
    scope(() => {
      inside = zeros([1]);
      return pack(inside);
    });
    expect(inside?.disposed).toBe(false);
    inside?.dispose();
  });

  test('hands its result to the scope around it', () => {
    let result: Tensor | undefined;
    scope(() => {
      result = scope(() => zeros([1]));
      expect(result.disposed).toBe(false);
    });
    expect(result?.disposed).toBe(true);
  });

  test('leaves tensors of the outside alone', () => {
    const outside = zeros([1]);
    expect(scope(() => outside)).toBe(outside);
    scope(() => outside.add(1));
    expect(outside.disposed).toBe(false);
  });

  test('frees everything when its body throws', () => {
    const before = memory().tensors;
    expect(() =>
      scope(() => {
        zeros([1]);
        scope(() => {
          zeros([1]);
          throw new RangeError('inside');
        });
      }),
    ).toThrow(RangeError);
    expect(memory().tensors).toBe(before);
    scope(() => zeros([1]).elements);
    expect(memory().tensors).toBe(before);
  });

  test('leaves what is kept', () => {
    const kept = scope(() => {
      const made = zeros([1]).keep();
      return () => made;
    })();
    expect(kept.disposed).toBe(false);
  });

  test('bears tensors that were disposed inside', () => {
    scope(() => {
      const made = zeros([1]);
      made.dispose();
      return made;
    });
  });

  test('refuses promises', () => {
    expect(() => scope(async () => zeros([1]))).toThrow(
      new TorchError('scope', 'Expected a synchronous scope but got a promise.'),
    );
  });
});

describe('using', () => {
  test('frees at the end of the block', () => {
    const before = memory().tensors;
    {
      using made = zeros([1]);
      expect(made.disposed).toBe(false);
    }
    expect(memory().tensors).toBe(before);
  });
});

describe('the collector', () => {
  test('frees what was forgotten', async () => {
    await collectUntil(() => memory().tensors === 0);
    const before = memory();
    for (let i = 0; i < 10; i++) zeros([2 ** 16]);
    expect(memory().tensors).toBeGreaterThanOrEqual(before.tensors + 10);
    await collectUntil(() => memory().tensors <= before.tensors);
    expect(memory().tensors).toBeLessThanOrEqual(before.tensors);
    expect(memory().bytes).toBeLessThanOrEqual(before.bytes);
  });

  test('is told how much it frees, and so runs by itself', async () => {
    const before = memory().bytes;
    let most = 0;
    for (let i = 0; i < 1000; i++) {
      empty([2 ** 20]);
      most = Math.max(most, memory().bytes - before);
      await setTimeout(0);
    }
    // 4 GB in all.
    expect(most).toBeLessThan(2 ** 30);
  });

  test('gets a borrowed array back when its tensor is gone', async () => {
    let array: Float32Array | undefined = new Float32Array(2 ** 10);
    const reference = new WeakRef(array);
    const borrowing = fromArray(array);
    array = undefined;
    collectGarbage();
    expect(reference.deref()).toBeDefined();
    borrowing.dispose();
    await collectUntil(() => reference.deref() === undefined);
    expect(reference.deref()).toBeUndefined();
  });

  test('frees memory that only a typed array still shows', async () => {
    let array: unknown = zeros([2 ** 20]).data();
    expect(array).toBeDefined();
    const before = memory().bytes;
    array = undefined;
    await collectUntil(() => memory().bytes <= before - 2 ** 22);
    expect(memory().bytes).toBeLessThanOrEqual(before - 2 ** 22);
  });
});
