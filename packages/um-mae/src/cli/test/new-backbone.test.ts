/**
 * A family of backbones is added as a researcher adds one: a folder, and a line in each of two
 * files. The toy family is in a folder of the compiled package already; a copy of the package gets
 * the two lines.
 */
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { writeScenes } from '../../demo/scenes.js';
import { addLines } from '../testing/add-lines.js';
import { programHost, startUmMae, temporaryFolder } from '../testing/command-line.js';
import { lossesOf } from '../testing/kept-runs.js';
import type { Outcome } from '../testing/program-host.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const packageFolder = fileURLToPath(new URL('../../..', import.meta.url));
const program = at('package/bin/um-mae.js');

/**
 * The lines that register the family, by the file that they go into and the text that they follow.
 */
const registrations = {
  'families.js': [
    ['', "import { toy } from './testing/toy/family.js';\n"],
    ['const families = [', 'toy, '],
  ],
  'build.js': [
    ['', "import { Toy } from './testing/toy/toy.js';\n"],
    ['switch (options.kind) {', " case 'toy': return new Toy(options, parts);"],
  ],
} as const;

function copyPackage(): void {
  mkdirSync(at('package'));
  for (const name of ['bin', 'dist', 'package.json'])
    cpSync(join(packageFolder, name), at(`package/${name}`), { recursive: true });
  symlinkSync(join(packageFolder, 'build'), at('package/build'));
  symlinkSync(join(packageFolder, '../../node_modules'), at('package/node_modules'));
  for (const [name, lines] of Object.entries(registrations))
    addLines(at(`package/dist/backbones/${name}`), lines);
}

const host = programHost(at('package/dist/cli/testing/host.js'));
const run = (...args: readonly string[]): Promise<Outcome> => host.run(args);

async function runs(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args);
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
  return stdout;
}

const recipe = {
  backbone: { kind: 'toy', channels: [8, 12, 16], patch: 4 },
  decoder: { channels: 16, depth: 1, heads: 2 },
  data: { paths: [at('scenes/train')] },
  image: { height: 32, width: 32 },
  batchSize: 4,
  duration: { steps: 8 },
  logEvery: 1,
  watch: { every: { epochs: 2 } },
};

const oneThread = ['--threads', '1', '--workers', '1'];

beforeAll(async () => {
  copyPackage();
  await writeScenes(at('scenes'), { perClass: { train: 2, val: 1 }, seed: 1, size: 40 });
  writeFileSync(at('toy.yaml'), stringify(recipe));
  await runs('pretrain', '--recipe', at('toy.yaml'), '--out', at('whole'), ...oneThread);
});

describe('a family that is added by a folder and two lines', () => {
  test('is pre-trained, with its options at their defaults', () => {
    expect(Object.keys(registrations)).toHaveLength(2);
    expect(lossesOf(at('whole'))).toHaveLength(8);
    expect(readFileSync(at('whole/recipe.yaml'), 'utf8')).toMatch(/kind: toy[\s\S]+mlpRatio: 4/);
  });

  test('goes on where it was stopped, to the same losses', async () => {
    const stopped = ['--out', at('stopped'), ...oneThread, '--json'];
    const running = startUmMae(
      ['pretrain', '--recipe', at('toy.yaml'), ...stopped],
      (line) => {
        const event = JSON.parse(line);
        if (event.kind === 'step' && event.metrics.step === 3) running.child.kill('SIGINT');
      },
      program,
    );
    expect((await running.outcome).code).toBe(130);
    await runs('pretrain', '--resume', ...stopped);
    expect(lossesOf(at('stopped'))).toEqual(lossesOf(at('whole')));
  });

  test('is fine-tuned, evaluated and used', async () => {
    const data = ['--data', at('scenes')];
    const finetuned = ['--from', at('whole'), ...data, '--out', at('classes'), '--epochs', '1'];
    await runs('finetune', ...finetuned, ...oneThread, '--batch-size', '4', '--json');
    await runs('evaluate', at('classes'), '--data', at('scenes/val'));
    await runs('embed', at('whole'), at('scenes/val'), '--out', at('toy.npy'));
    const picture = at('scenes/val/disc-above-square/0000.png');
    await runs('reconstruct', at('whole'), picture, '--out', at('sheet.png'));
    await runs('maps', at('whole'), picture, '--out', at('maps'));
  });

  test('is told by its weights, and trained with SimMIM', async () => {
    await runs('export', at('whole'), '--out', at('toy.pth'));
    const { model } = JSON.parse(await runs('inspect', at('toy.pth'), '--json'));
    expect(model.backbone).toEqual({ ...recipe.backbone, mlpRatio: 4 });
    const method = ['--method', 'simmim', '--steps', '2'];
    const out = ['--out', at('simmim'), ...oneThread];
    await runs('pretrain', '--recipe', at('toy.yaml'), ...method, ...out);
    expect(lossesOf(at('simmim'))).toHaveLength(2);
  });

  test('is refused by the export of graphs, in a sentence', async () => {
    for (const [source, name] of [
      ['whole', 'toy.onnx'],
      ['classes', 'transformers'],
    ] as const) {
      const { code, stderr } = await run('export', at(source), '--out', at(name));
      expect(stderr).toBe(
        'um-mae: Expected a Swin, PVT or ViT to export but got another backbone.\n',
      );
      expect(code).toBe(2);
    }
  });

  test('is held to its options as any other', async () => {
    const values = ['--set', 'backbone.mlpRatios=[4]'];
    const out = ['--out', at('refused')];
    const { code, stderr } = await run('pretrain', '--recipe', at('toy.yaml'), ...values, ...out);
    expect(code).toBe(2);
    expect(stderr).toMatch(/Expected a key of the recipe but got `backbone.mlpRatios`/);
  });
});
