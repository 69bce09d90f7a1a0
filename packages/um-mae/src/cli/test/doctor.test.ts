import { execFile } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { engine } from '@um-mae/torch';
import { describe, expect, test } from 'vitest';
import type { Check } from '../../check/check.js';
import { ownCases } from '../../parity/published/published-files.js';
import { describeExchange, unreachable } from '../commands/doctor/exchange.js';
import { refusal, reported, temporaryFolder, umMae } from '../testing/command-line.js';

const folder = temporaryFolder();

const program = fileURLToPath(new URL('../../../bin/um-mae.js', import.meta.url));

describe('doctor', () => {
  test('tells which libraries compute products, and what they reach', async () => {
    const { stdout, code } = await umMae('doctor');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^BLAS +\S.*: \d+ GFLOP\/s in f32$/m);
    expect(stdout).toMatch(/^oneDNN +\S+: /m);
    expect(stdout).toMatch(/^Gloo +(at \S+|no address)/m);
    expect(stdout).toMatch(/^NCCL +(\d+\.\d+\.\d+|none: \S.*)$/m);
    const { rates, instructions, products, exchange } = await reported('doctor');
    expect(exchange).toEqual({ gloo: expect.anything(), nccl: expect.anything() });
    expect(rates[0]).toEqual({
      library: 'BLAS',
      dtype: 'f32',
      flopsPerSecond: expect.any(Number),
    });
    expect(instructions).toEqual(expect.any(Array));
    expect(Object.keys(products)).toEqual(['openblas', 'kernels', 'onednn']);
  });

  test('warns of an address that others do not reach where there are others', () => {
    const own = { gloo: { address: '127.0.0.1', interface: 'lo' }, nccl: { missing: 'no CUDA' } };
    expect(describeExchange(own).Gloo).toBe('at 127.0.0.1 (lo), for processes of this host alone');
    expect(unreachable(own, { WORLD_SIZE: '1' })).toBeUndefined();
    for (const variables of [
      { GLOO_SOCKET_IFNAME: 'lo' },
      { WORLD_SIZE: '4' },
      { SLURM_JOB_NUM_NODES: '2' },
    ])
      expect(unreachable(own, variables)).toMatch(/gives other hosts the address 127\.0\.0\.1/);
    const reached = { ...own, gloo: { address: '10.0.0.1', interface: 'eth0' } };
    expect(unreachable(reached, { WORLD_SIZE: '4' })).toBeUndefined();
  });

  const { libraries, instructions } = engine();

  test.skipIf(libraries.openblasKernels === '' || !instructions.includes('avx2'))(
    'warns of kernels that are older than the processor, which a user may choose',
    async () => {
      const { OPENBLAS_CORETYPE, ...unset } = process.env;
      const doctor = async (env: NodeJS.ProcessEnv) =>
        (await promisify(execFile)(process.execPath, [program, 'doctor'], { env })).stdout;
      expect(await doctor(unset)).not.toContain('Warning: OpenBLAS');
      const stdout = await doctor({ ...unset, OPENBLAS_CORETYPE: 'Prescott' });
      expect(stdout).toMatch(/^BLAS .*, kernels for Prescott: \d+ GFLOP/m);
      expect(stdout).toContain('Warning: OpenBLAS uses kernels for Prescott, which is older than');
    },
  );
});

describe('doctor --check', () => {
  test('ends with exit code 1 when a number is off, and says which cases are missing', async () => {
    const names = ['train_um_mae_swin', 'mae_vit_random', 'simmim_pvt'] as const;
    for (const name of names) cpSync(join(ownCases, name), join(folder, name), { recursive: true });
    const [changed] = names;
    const path = join(folder, changed, 'case.json');
    const json = JSON.parse(readFileSync(path, 'utf8'));
    json.expected.loss_per_micro_batch[2] *= 1.001;
    writeFileSync(path, JSON.stringify(json));
    const { stdout, code } = await umMae('doctor', '--check', '--cases', folder, '--json');
    expect(code).toBe(1);
    const { checks, off, warnings } = JSON.parse(stdout);
    const failed = checks.filter(({ passed }: Check) => !passed);
    expect(failed).toMatchObject([
      {
        what: `parity case ${changed}`,
        allowed: expect.closeTo(1e-4, 6),
        reason: expect.any(String),
      },
    ]);
    expect(failed[0].reason).toBe('loss of micro-batch 2');
    expect(failed[0].difference).toBeCloseTo(1e-3, 5);
    expect(off).toBe(1);
    expect(warnings).toEqual([expect.stringContaining('it lacks um_mae_swin_plain, ft_vit_80')]);

    const made = checks.map(({ what, precision }: Check) => `${what} ${precision}`);
    const trained = ['um-mae on swin-micro', 'um-mae on pvt-micro', 'mae on vit-small'];
    const dense = ['UPerNet', 'GFL', 'Mask R-CNN'].map((head) => `${head} on swin-micro`);
    expect(made).toEqual(
      expect.arrayContaining([
        ...trained.flatMap((each) => [`${each}: losses bf16`, `${each}: losses after a pause f32`]),
        ...[...trained, ...dense].map((each) => `${each}: gradients f32`),
        ...dense.map((each) => `${each}: gradients bf16`),
        ...names.map((name) => `parity case ${name} f32`),
        'simmim on swin-micro: images and masks f32',
        'um-mae on swin-micro: losses in a group by Gloo f32',
        'fine-tuning of swin-micro, no kernels: losses f32',
      ]),
    );
  });

  test('is what --device is for', async () => {
    expect(await refusal('doctor', '--device', 'cpu')).toContain('expected --check');
  });

  test('refuses a device that is not there', async () => {
    expect(await refusal('doctor', '--check', '--device', 'cuda:99')).toContain('cuda:99');
  });
});
