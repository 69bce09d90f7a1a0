import { execFile, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { refusal, temporaryFolder, umMaeAlone } from '../testing/command-line.js';

const python = process.env.UM_MAE_PYTHON ?? 'python3';
const succeeds = (...args: readonly string[]) => spawnSync(python, args).status === 0;
const hasPython = succeeds('--version');
const hasPytorch = succeeds('-c', 'import torch');
const needsPytorch = '(needs PyTorch in UM_MAE_PYTHON or python3)';

describe('um-mae bench pytorch', () => {
  test.skipIf(!hasPython)('refuses a Python without PyTorch (needs python3)', async () => {
    const bare = join(temporaryFolder(), 'bare-python');
    writeFileSync(bare, `#!/bin/sh\nexec ${python} -S -E "$@"\n`, { mode: 0o755 });
    expect(await refusal('bench', 'pytorch', '--python', bare)).toMatch(
      /^Expected a Python with PyTorch for `--python` but got .+: No module named 'torch'\.\nName one that has it, .+\n$/,
    );
  });

  test.each([
    ['--python no-python', '`--python` but got `no-python`'],
    ['--models swin-huge', 'models out of swin-tiny, pvt-small, vit-base but got `swin-huge`'],
    ['--batch-size none', 'above 0 for --batch-size but got `none`'],
    ['--precision f16', 'f32 or bf16 for --precision but got `f16`'],
  ])('refuses %s', async (options, sentence) => {
    expect(await refusal('bench', 'pytorch', ...options.split(' '))).toContain(sentence);
  });

  const lacksCuda = succeeds('-c', 'import torch, sys; sys.exit(torch.cuda.is_available())');
  test.skipIf(!lacksCuda)(`refuses cuda where PyTorch has none ${needsPytorch}`, async () => {
    const options = ['--python', python, '--device', 'cuda'];
    expect(await refusal('bench', 'pytorch', ...options)).toMatch(
      /^Expected a PyTorch that finds a GPU for `--device cuda` but got .+\nInstall one .+\n$/,
    );
  });

  test.skipIf(!hasPytorch)(
    `measures either side ${needsPytorch}`,
    async () => {
      const options =
        '--models swin-tiny --batch-size 2 --rounds 1 --counted 1 --compile none --json';
      const args = ['bench', 'pytorch', '--python', python, ...options.split(' ')];
      const { code, stdout, stderr } = await umMaeAlone(...args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const rows = stdout.trimEnd().split('\n');
      const found = rows.map((line) => JSON.parse(line));
      expect(found).toMatchObject([
        { name: 'swin-tiny um-mae', batchSize: 2, precision: 'f32', device: 'cpu' },
        { name: 'swin-tiny simmim', batchSize: 1, precision: 'f32', device: 'cpu' },
      ]);
      for (const { ours, pytorch } of found) {
        const [eager] = pytorch;
        expect(eager.compile).toBe('none');
        expect(eager.speedRatio).toBeCloseTo(
          ours.sustainedImagesPerSecond / eager.sustainedImagesPerSecond,
        );
        expect(eager.memoryRatio).toBeCloseTo(ours.peakMemoryBytes / eager.peakMemoryBytes);
      }
    },
    300_000,
  );
});

const fixtures = fileURLToPath(new URL('../../../../../../shared/fixtures/', import.meta.url));
const canCheck = existsSync(fixtures) && succeeds('-c', 'import torch, safetensors');

describe.skipIf(!canCheck)(
  'the step in PyTorch (needs ../shared/fixtures, and PyTorch and safetensors in UM_MAE_PYTHON or python3)',
  () => {
    test.each(['um_mae_swin_vmr025', 'um_mae_pvt_vmr025', 'simmim_swin', 'mae_vit_random'])(
      'has the loss and the gradients of %s',
      async (name) => {
        const script = fileURLToPath(new URL('../../../bench/pytorch/step.py', import.meta.url));
        const args = [script, '--check', join(fixtures, name), '--json'];
        const { stdout } = await promisify(execFile)(python, args);
        const { off, compared, shareOfTolerance } = JSON.parse(stdout);
        expect(off).toEqual({});
        expect(compared).toBeGreaterThan(40);
        expect(shareOfTolerance).toBeLessThan(1);
      },
    );
  },
);
