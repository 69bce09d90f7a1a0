import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tensor } from '@um-mae/torch';
import { readSafetensors, writeSafetensors } from '@um-mae/torch/serialization';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../cli/testing/command-line.js';
import { isDetectionCase } from './detection/names.js';
import { ownCases, publishedCases, publishedPath } from './published/published-files.js';

const folder = temporaryFolder();
const program = fileURLToPath(new URL('main.js', import.meta.url));
const parity = (...args: readonly string[]) =>
  spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });

/** The parts of a description that tests change. */
interface Description {
  readonly constructor: object;
  readonly settings: Record<
    'lr' | 'min_lr' | 'warmup_epochs' | 'epochs' | 'accum_iter' | 'micro_batches_per_epoch',
    number
  >;
  readonly expected: { steps: { lr: number[] }[] };
  readonly batch: number;
  readonly files: object;
}

/** The sections of the utility case that a test changes. */
interface Sections {
  initialisation?: object;
  pretrain_groups_full_models?: object;
  layer_decay_groups?: object;
  new_things?: object;
  readonly adamw: { clip: [{ norm: number }] };
  readonly mixup_cutmix: { cases: { name: string; draws: { beta_draws: number[][] } }[] };
  readonly random_erasing: {
    cases: [{ integer_draws_low_high_value: [[number, number, number]] }];
  };
  readonly seeded_torch_numbers: { values: { rand_8: [number] } };
  readonly masking_generator: { statistics: { uniform_4: { hard_maximum: number } } };
  readonly losses: { values: unknown };
}

/** The cases that the repository has of each kind. */
const own = [
  ...['um_mae_swin_plain', 'mae_vit_random', 'simmim_pvt', 'train_um_mae_swin'],
  ...[
    'ft_vit_80_cls',
    'util',
    'checkpoints',
    'transforms',
    'seg_loss',
    'seg_metrics',
    'seg_resize',
    'seg_schedule',
  ],
];

/** Expects that every one of so many cases was compared and holds. */
function expectAllWithin({ stdout, status }: ReturnType<typeof parity>, cases: number): void {
  expect(stdout).not.toContain('OUT OF TOLERANCE');
  expect(stdout.match(/^(\d+) of \1 within tolerance$/gm)).toHaveLength(cases);
  // None of them compares next to nothing.
  expect(stdout).not.toMatch(/^[0-5] of/m);
  expect(status).toBe(0);
}

describe('npm run parity', () => {
  test('runs all cases that it finds, and says which ones it passes over', () => {
    const names = publishedCases();
    const dense = names.filter((name) => /^det_/.test(name) && !isDetectionCase(name));
    const found = names.filter((name) => !dense.includes(name));
    expect(found).toEqual(expect.arrayContaining(own));
    const run = parity();
    expectAllWithin(run, found.length);
    for (const name of dense) expect(run.stdout.split('\n')[0]).toContain(name);
    expect(run.stdout).not.toContain('not supported yet');
  });

  test('runs the cases of the repository', () => {
    expectAllWithin(parity(...own.map((name) => join(ownCases, name))), own.length);
  });

  test('fails when a published number differs', () => {
    const copy = join(folder, 'copy');
    cpSync(publishedPath('um_mae_swin_plain'), copy, { recursive: true, mode: 0 });
    const { tensors } = readSafetensors(join(copy, 'expected.safetensors'));
    const latent = tensors.get('latent') as Tensor;
    const changed = new Map([...tensors, ['latent', latent.add(1e-3)]]);
    writeSafetensors(join(folder, 'changed.safetensors'), changed);
    cpSync(join(folder, 'changed.safetensors'), join(copy, 'expected.safetensors'));
    const { stdout, status } = parity(copy);
    expect(stdout).toMatch(/^latent .*OUT OF TOLERANCE$/m);
    expect(status).toBe(1);
  });

  test('says of a case of detection that is named that there is no such task yet', () => {
    mkdirSync(join(folder, 'det_other_task'));
    writeFileSync(join(folder, 'det_other_task/case.json'), '{}');
    const { stdout, status } = parity(join(folder, 'det_other_task'), publishedPath('seg_resize'));
    expect(stdout).toContain('det_other_task\nnot supported yet\n');
    expect(stdout).toMatch(/^(\d+) of \1 within tolerance$/m);
    expect(status).toBe(1);
  });

  /** Copies a case with another description. */
  function changedCase<Json = Description>(
    name: string,
    to: string,
    change: (json: Json) => void,
  ): string {
    const copy = join(folder, to);
    cpSync(publishedPath(name), copy, { recursive: true, mode: 0 });
    const path = join(copy, 'case.json');
    const json = JSON.parse(readFileSync(path, 'utf8'));
    change(json);
    rmSync(path);
    writeFileSync(path, JSON.stringify(json));
    return copy;
  }

  test('runs all sections of small parts by what the case says, and goes on after a bad one', () => {
    const copy = changedCase<Sections>('util', 'sections', (json) => {
      delete json.initialisation;
      delete json.pretrain_groups_full_models;
      delete json.layer_decay_groups;
      json.adamw.clip[0].norm += 1;
      for (const { name, draws } of json.mixup_cutmix.cases) {
        if (name === 'elem') draws.beta_draws[0]?.fill(0.9);
      }
      json.random_erasing.cases[0].integer_draws_low_high_value[0][2] += 1;
      json.seeded_torch_numbers.values.rand_8[0] += 0.5;
      json.masking_generator.statistics.uniform_4.hard_maximum = 1;
      json.losses.values = 'none';
      json.new_things = {};
    });
    const { stdout, status } = parity(copy);
    const failed = stdout.match(/^.*(?=OUT OF TOLERANCE$)/gm)?.map((row) => row.split(/ {2}/)[0]);
    expect(failed).toEqual([
      'counts beyond the largest of uniform_4',
      'images of elem',
      'targets of elem',
      'image erased as pixel',
      'section losses: `values` is Invalid input: expected record, received string',
      'norm of gradients, clipped at 1',
      'uniform numbers',
      'section new_things, which nothing computes',
    ]);
    const left = [...stdout.matchAll(/^not compared: (.*?): /gm)].map(([, name]) => name);
    expect(left).toEqual(['truncated normal numbers', 'default linear layer', 'meters']);
    expect(status).toBe(1);
  });

  test('refuses constructor arguments that it does not map, and runs the other cases', () => {
    const odd: [to: string, argument: string, value: unknown][] = [
      ['unknown', 'use_abs_pos', true],
      ['channels', 'in_chans', 4],
      ['stride', 'stride', 32],
    ];
    const folders = odd.map(([to, argument, value]) =>
      changedCase('simmim_pvt', to, (json) =>
        Object.assign(json.constructor, { [argument]: value }),
      ),
    );
    const { stdout, stderr, status } = parity(...folders, publishedPath('simmim_pvt'));
    expect(stderr).toBe(
      'Expected constructor arguments that are mapped to ours but got `use_abs_pos` of true.\n' +
        'Expected another value of the constructor argument `in_chans` but got 4.\n' +
        'Expected a `stride` of 16 but got 32.\n',
    );
    expect(stdout.match(/cannot be run/g)).toHaveLength(3);
    expect(stdout).toMatch(/^(\d+) of \1 within tolerance$/m);
    expect(status).toBe(2);
  });

  test('counts accumulation anew in every epoch, as the published loop does', () => {
    const copy = changedCase('train_um_mae_swin', 'accumulation', ({ settings, expected }) => {
      const { lr, min_lr: least, warmup_epochs: warmup, epochs } = settings;
      settings.accum_iter = settings.micro_batches_per_epoch - 1;
      const rateOf = (epoch: number) =>
        epoch < warmup
          ? (lr * epoch) / warmup
          : least +
            ((lr - least) / 2) * (1 + Math.cos((Math.PI * (epoch - warmup)) / (epochs - warmup)));
      const first = expected.steps[0];
      expected.steps = Array.from({ length: epochs }, (_, epoch) => ({
        ...first,
        lr: [rateOf(epoch)],
      }));
    });
    const { stdout } = parity(copy);
    const rates = stdout.match(/^lr of step \d+ .*$/gm) ?? [];
    expect(rates.length).toBeGreaterThan(1);
    expect(rates.filter((line) => line.includes('OUT OF'))).toEqual([]);
  });

  test('trains SimMIM, which draws no noise', () => {
    const copy = changedCase('simmim_pvt', 'train_simmim', (json) => {
      const expected = readSafetensors(publishedPath('simmim_pvt/expected.safetensors'));
      const loss = expected.tensors.get('loss');
      const { batch } = json;
      const rates = {
        lr: 1e-3,
        min_lr: 0,
        warmup_epochs: 1,
        weight_decay: 0.05,
        betas: [0.9, 0.95],
      };
      Object.assign(json, {
        files: {},
        settings: { epochs: 1, micro_batches_per_epoch: 1, batch, accum_iter: 1, ...rates },
        expected: { loss_per_micro_batch: [loss?.number()], steps: [] },
      });
    });
    const { tensors } = readSafetensors(join(copy, 'weights.safetensors'));
    tensors.delete('pos_embed');
    writeSafetensors(join(copy, 'final.safetensors'), tensors);
    const { stdout, stderr, status } = parity(copy);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(stdout).toMatch(/^loss of micro-batch 0 /m);
  });

  test('says when a folder holds no case that it can run', () => {
    const { stderr, status } = parity(folder);
    expect(stderr).toContain('Expected a parity case in');
    expect(status).toBe(2);
  });

  test.each([
    ['--device', 'cuda:99'],
    ['--devise', 'cuda'],
  ])('says that it cannot take %s %s', (flag, value) => {
    const { stdout, stderr, status } = parity(flag, value);
    expect(stderr).toMatch(/^Expected [^\n]+\n$/);
    expect({ stdout, status }).toEqual({ stdout: '', status: 2 });
  });
});
