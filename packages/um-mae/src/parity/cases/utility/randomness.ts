/** Sections of the utility case on random numbers: seeds, masks and initial weights. */
import { Generator, rand, randint, randn, randperm, scope, type Tensor } from '@um-mae/torch';
import { xavierUniform } from '@um-mae/torch/nn';
import { z } from 'zod';
import { randomSampling } from '../../../masking/random.js';
import { uniformSampling } from '../../../masking/uniform.js';
import { type Comparison, compareNumbers, notCompared } from '../../comparison.js';
import { type Section, section } from './section.js';

const numbers = z.array(z.number());

const seeded: Section<{
  values: {
    seed: number;
    rand_8: number[];
    then_randn_16: number[];
    then_randperm_10: number[];
    then_randint_0_100_x6: number[];
    xavier_uniform_4_6_right_after_seeding: number[];
    distributed_sampler_11_items_seed_0: Record<string, number[]>;
  };
}> = {
  schema: z.object({
    values: z.object({
      seed: z.number(),
      rand_8: numbers,
      then_randn_16: numbers,
      then_randperm_10: numbers,
      then_randint_0_100_x6: numbers,
      xavier_uniform_4_6_right_after_seeding: numbers,
      distributed_sampler_11_items_seed_0: z.record(z.string(), numbers),
    }),
  }),
  compare({ values }) {
    const generator = new Generator(values.seed);
    const own: [string, Tensor, readonly number[]][] = [
      ['uniform', rand([8], { generator }), values.rand_8],
      ['normal', randn([16], { generator }), values.then_randn_16],
      ['permuted', randperm(10, { generator }), values.then_randperm_10],
      ['whole', randint(0, 100, [6], { generator, dtype: 'i64' }), values.then_randint_0_100_x6],
      [
        'Xavier',
        xavierUniform([4, 6], { generator: new Generator(values.seed) }),
        values.xavier_uniform_4_6_right_after_seeding,
      ],
    ];
    return [
      ...own.map(([name, found, theirs]) => compareLists(`${name} numbers`, found, theirs)),
      ...Object.entries(values.distributed_sampler_11_items_seed_0).map(([name, theirs]) =>
        compareLists(`order of ${name}`, sampled(name), theirs),
      ),
      ...otherInitialisations.map(([name, reason]) => notCompared(name, reason)),
    ];
  },
};

/** Published numbers of initial weights that um-mae draws in another way, and why. */
const otherInitialisations = [
  [
    'truncated normal numbers',
    'um-mae draws heads from a normal distribution, which is never as far from 0 as the truncation',
  ],
  ['default linear layer', 'all linear layers of um-mae begin with Xavier numbers and no bias'],
] as const;

/** Every process takes a part of a permutation that begins again at its end. */
function sampled(name: string): number[] {
  const [, world, rank, epoch] = /^world(\d+)_rank(\d+)_epoch(\d+)$/.exec(name) ?? [];
  const order = [...randperm(11, { generator: new Generator(Number(epoch)) }).toArray()].map(
    Number,
  );
  const share = Math.ceil(order.length / Number(world));
  const padded = [...order, ...order].slice(0, share * Number(world));
  return padded.filter((_, i) => i % Number(world) === Number(rank));
}

function compareLists(
  name: string,
  own: Tensor | readonly number[],
  theirs: readonly number[],
): Comparison {
  const found = Array.isArray(own) ? own : Array.from((own as Tensor).toArray(), Number);
  const distances = theirs.map((value, i) => Math.abs(value - (found[i] ?? Number.NaN)));
  const largest = found.length === theirs.length ? Math.max(...distances) : Number.NaN;
  return compareNumbers(name, largest, 0, 1e-7);
}

const statistics = z.record(z.string(), z.looseObject({ samples: z.number() }));

const masks: Section<{ statistics: z.infer<typeof statistics> }> = {
  schema: z.object({ statistics }),
  compare: ({ statistics: all }) =>
    Object.entries(all).flatMap(([name, row]) => {
      const [, kind, side, ratio] = /^(uniform|random)_(\d+)(?:_(.*))?$/.exec(name) ?? [];
      const generator = new Generator(0);
      const request = {
        batch: row.samples,
        grid: { rows: Number(side), columns: Number(side) },
        generator,
      };
      return scope(() =>
        kind === 'uniform'
          ? compareUniform(
              name,
              uniformSampling({ ...request, cell: [2, 2], corners: 'balanced' }),
              row,
            )
          : compareRandom(name, randomSampling({ ...request, ratio: Number(ratio) }), row),
      );
    }),
};

const uniformRow = z.object({
  cells: z.number(),
  theoretical_probability_that_two_cells_agree: z.number(),
  theoretical_variance_hypergeometric: z.number(),
  hard_maximum: z.number(),
});

/** Deviations of an estimate that chance explains. */
const sigmas = 5;

/** @param visible [samples, units] */
function compareUniform(name: string, visible: Tensor, row: unknown): Comparison[] {
  const expected = uniformRow.parse(row);
  const [samples, units] = visible.sizes(2);
  const side = Math.sqrt(units);
  const cells = visible
    .to('f64')
    .view([samples, side / 2, 2, side / 2, 2])
    .permute([0, 1, 3, 2, 4])
    .reshape([samples, units / 4, 4]);
  const shares = cells.mean([0, 1]);
  const counts = cells.sum([1]);
  const variance = counts
    .sub(units / 16)
    .square()
    .mean()
    .number();
  const pairs = (units / 4) * (units / 4 - 1);
  const agreeing = counts.mul(counts.sub(1)).sum([1]).mean().number() / pairs;
  const { theoretical_variance_hypergeometric: spread } = expected;
  const chance = expected.theoretical_probability_that_two_cells_agree;
  const noise = sigmas * Math.sqrt(2 / samples);
  return [
    compareNumbers(`cells of ${name}`, units / 4, expected.cells, 0),
    compareNumbers(
      `visible units a cell of ${name}`,
      cells.sum([2]).sub(1).abs().amax().number(),
      0,
      0,
    ),
    compareNumbers(
      `shares of places of ${name}`,
      shares.sub(0.25).abs().amax().number(),
      0,
      sigmas * Math.sqrt(0.1875 / (samples * (units / 4))),
    ),
    compareNumbers(`variance of a place of ${name}`, variance, spread, spread * noise),
    compareNumbers(`cells of ${name} that agree`, agreeing, chance, chance * noise),
    compareNumbers(
      `counts beyond the largest of ${name}`,
      Math.max(0, counts.amax().number() - expected.hard_maximum),
      0,
      0,
    ),
  ];
}

function compareRandom(name: string, visible: Tensor, row: unknown): Comparison[] {
  const { masked_per_image: masked } = z.object({ masked_per_image: z.number() }).parse(row);
  const [samples, units] = visible.sizes(2);
  const dropped = visible.logicalNot().to('f64');
  const share = masked / units;
  const shares = dropped.mean([0]).sub(share).abs().amax().number();
  const counts = dropped.sum([1]).sub(masked).abs().amax().number();
  return [
    compareNumbers(`dropped units of ${name}`, counts, 0, 0),
    compareNumbers(
      `shares of places of ${name}`,
      shares,
      0,
      sigmas * Math.sqrt((share * (1 - share)) / samples),
    ),
  ];
}

/** Sections of what is drawn. */
export const randomSections = {
  seeded_torch_numbers: section(seeded),
  masking_generator: section(masks),
} as const;
