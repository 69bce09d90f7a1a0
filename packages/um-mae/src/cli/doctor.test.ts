import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Check } from '../check/check.js';
import { ownCases } from '../parity/published-files.js';
import { refusal, temporaryFolder, umMae } from './testing/command-line.js';

const folder = temporaryFolder();

describe('doctor --check', () => {
  test('holds on the CPU, line by line', async () => {
    const { stdout, stderr, code } = await umMae('doctor', '--check');
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(/^check +precision +difference +allowed$/);
    for (const name of ['um-mae on swin-micro', 'um-mae on pvt-micro', 'mae on vit-small']) {
      expect(stdout).toMatch(new RegExp(`^${name}: gradients +f32 .* equal  ok$`, 'm'));
      expect(stdout).toMatch(new RegExp(`^${name}: losses +bf16 .*  ok$`, 'm'));
      expect(stdout).toMatch(new RegExp(`^${name}: losses after a pause .*  ok$`, 'm'));
    }
    expect(stdout).toMatch(/^simmim on swin-micro: images and masks .* equal {2}ok$/m);
    expect(stdout).toMatch(/^fine-tuning of swin-micro, no kernels: losses .* {2}ok$/m);
    expect(stdout.match(/^parity case .* {2}ok$/gm)).toHaveLength(5);
    expect(stdout).toMatch(/^(\d+) of \1 checks hold on cpu$/m);
    expect(stdout).not.toContain('Warning');
  });

  test('ends with exit code 1 when a number is off, and says which cases are missing', async () => {
    const name = 'train_um_mae_swin';
    cpSync(join(ownCases, name), join(folder, name), { recursive: true });
    const path = join(folder, name, 'case.json');
    const json = JSON.parse(readFileSync(path, 'utf8'));
    json.expected.loss_per_micro_batch[2] *= 1.001;
    writeFileSync(path, JSON.stringify(json));
    const { stdout, code } = await umMae('doctor', '--check', '--cases', folder, '--json');
    expect(code).toBe(1);
    const { checks, off, warnings } = JSON.parse(stdout);
    const failed = checks.filter(({ passed }: Check) => !passed);
    expect(failed).toMatchObject([
      { what: `parity case ${name}`, allowed: expect.closeTo(1e-4, 6), reason: expect.any(String) },
    ]);
    expect(failed[0].reason).toBe('loss of micro-batch 2');
    expect(failed[0].difference).toBeCloseTo(1e-3, 5);
    expect(off).toBe(1);
    expect(warnings).toEqual([expect.stringContaining('it lacks um_mae_swin_plain, mae_vit_')]);
  });

  test('is what --device is for', async () => {
    expect(await refusal('doctor', '--device', 'cpu')).toContain('expected --check');
  });

  test('refuses a device that is not there', async () => {
    expect(await refusal('doctor', '--check', '--device', 'cuda:99')).toContain('cuda:99');
  });
});
