import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tensor } from '@um-mae/torch';
import { readSafetensors, writeSafetensors } from '@um-mae/torch/serialization';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../cli/testing/command-line.js';
import { isDetectionCase } from './detection/names.js';
import { ownCases, publishedCases, publishedPath } from './published-files.js';

const folder = temporaryFolder();
const program = fileURLToPath(new URL('main.js', import.meta.url));
const parity = (...args: readonly string[]) =>
  spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });

/** The cases that the repository has of each kind. */
const own = [
  ...['um_mae_swin_plain', 'mae_vit_random', 'simmim_pvt', 'train_um_mae_swin'],
  ...['ft_vit_80_cls', 'util', 'seg_loss', 'seg_metrics', 'seg_resize', 'seg_schedule'],
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
    const dense = names.filter(
      (name) => /^(seg_vit_relpos|det_)/.test(name) && !isDetectionCase(name),
    );
    // Checkpoints and transforms are no cases of a model: tests read them.
    const passed = [...dense, 'checkpoints', 'transforms'];
    const found = names.filter((name) => !passed.includes(name));
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
    mkdirSync(join(folder, 'det_gfl_swin'));
    writeFileSync(join(folder, 'det_gfl_swin/case.json'), '{}');
    const { stdout, status } = parity(join(folder, 'det_gfl_swin'), publishedPath('util'));
    expect(stdout).toContain('det_gfl_swin\nnot supported yet\n');
    expect(stdout).toMatch(/^(\d+) of \1 within tolerance$/m);
    expect(status).toBe(1);
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
