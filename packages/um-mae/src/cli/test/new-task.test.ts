/**
 * A task is added as a researcher adds one: a folder, and a line in each of two files, one for its
 * recipes and one for the task. The toy task is in a folder of the compiled package already; a
 * copy of the package gets the lines.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { writeScenes } from '../../demo/scenes.js';
import { addLines } from '../testing/add-lines.js';
import { programHost, startUmMae, temporaryFolder } from '../testing/command-line.js';
import { lossesOf } from '../testing/kept-runs.js';
import type { Outcome } from '../testing/program-host.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const packages = fileURLToPath(new URL('../../../..', import.meta.url));
const program = at('packages/um-mae/bin/um-mae.js');

/**
 * The lines that register the task, by the file that they go into and the text that they follow.
 */
const registrations = {
  'recipes/kind.js': [
    ['', "import { meanColour } from '../cli/testing/mean-colour/recipe.js';\n"],
    ['const labelled = { ', "'mean-colour': meanColour, "],
  ],
  'tasks/labelled-tasks.js': [
    ['', "import { meanColourTask } from '../cli/testing/mean-colour/labelled.js';\n"],
    ['const tasks = [', 'meanColourTask, '],
  ],
} as const;

/** The package of the program and that of the studio, which finds the copy of the former. */
function copyPackages(): void {
  for (const name of ['um-mae', 'studio']) {
    mkdirSync(at(`packages/${name}`), { recursive: true });
    for (const part of ['bin', 'dist', 'package.json']) {
      if (!readdirSync(join(packages, name)).includes(part)) continue;
      cpSync(join(packages, name, part), at(`packages/${name}/${part}`), { recursive: true });
    }
    symlinkSync(join(packages, name, 'build'), at(`packages/${name}/build`));
  }
  const modules = join(packages, '../node_modules');
  mkdirSync(at('node_modules'));
  for (const name of readdirSync(modules)) {
    if (name !== 'um-mae') symlinkSync(join(modules, name), at(`node_modules/${name}`));
  }
  symlinkSync(at('packages/um-mae'), at('node_modules/um-mae'));
  for (const [name, lines] of Object.entries(registrations))
    addLines(at(`packages/um-mae/dist/${name}`), lines);
}

const host = programHost(at('packages/um-mae/dist/cli/testing/host.js'));
const run = (...args: readonly string[]): Promise<Outcome> => host.run(args);

async function runs(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args);
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
  return stdout;
}

const recipe = {
  task: 'mean-colour',
  backbone: { kind: 'vit', channels: 16, depth: 1, heads: 2, patch: 8 },
  from: null,
  data: { path: at('scenes/train') },
  image: { height: 32, width: 32 },
  batchSize: 4,
  duration: { epochs: 3 },
  logEvery: 1,
};

const oneThread = ['--threads', '1', '--workers', '1'];
const linesOf = (name: string) =>
  readFileSync(at(`${name}/metrics.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
let output = '';

beforeAll(async () => {
  copyPackages();
  await writeScenes(at('scenes'), { perClass: { train: 2, val: 1 }, seed: 1, size: 40 });
  writeFileSync(at('toy.yaml'), stringify(recipe));
  const out = ['--recipe', at('toy.yaml'), '--out', at('whole')];
  output = await runs('finetune', ...out, ...oneThread);
});

describe('a task that is added by a folder and two lines', () => {
  test('learns, and writes its loss, the parts of it, and its scores by their names', () => {
    expect(Object.keys(registrations)).toHaveLength(2);
    const lines = linesOf('whole');
    const losses = lossesOf(at('whole'));
    expect(losses).toHaveLength(12);
    for (const { kind, loss, losses: parts } of lines) {
      if (kind !== 'step') continue;
      expect((parts.red + parts.green + parts.blue) / 3).toBeCloseTo(loss, 5);
    }
    const errors = lines.flatMap(({ kind, error }) => (kind === 'evaluation' ? [error] : []));
    expect(errors).toHaveLength(3);
    expect(errors[2]).toBeLessThan(errors[0]);
  });

  test('is shown on the terminal, the lowest error as the best', () => {
    expect(output).toMatch(/epoch 1\.00 {2}error [\d.]+ {2}best so far/);
    expect(output).toMatch(/Best after epoch \d\.\d\d: error [\d.]+, kept in checkpoints\/best\./);
    expect(readdirSync(at('whole/checkpoints'))).toContain('best');
  });

  test('goes on where it was stopped, to the same losses', async () => {
    const stopped = ['--out', at('stopped'), ...oneThread, '--json'];
    const running = startUmMae(
      ['finetune', '--recipe', at('toy.yaml'), ...stopped],
      (line) => {
        const event = JSON.parse(line);
        if (event.kind === 'step' && event.metrics.step === 5) running.child.kill('SIGINT');
      },
      program,
    );
    expect((await running.outcome).code).toBe(130);
    await runs('finetune', '--resume', ...stopped);
    expect(lossesOf(at('stopped'))).toEqual(lossesOf(at('whole')));
    expect(readFileSync(at('stopped/checkpoints/last/model.safetensors'))).toEqual(
      readFileSync(at('whole/checkpoints/last/model.safetensors')),
    );
    const other = await run('pretrain', '--resume', '--out', at('whole'));
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('but got one of um-mae finetune');
  });

  test('is listed by the studio, with its curves and its score', async () => {
    const module = pathToFileURL(at('packages/studio/dist/server/index.js')).href;
    const { serveStudio } = await import(module);
    const studio = await serveStudio({ folder, host: '127.0.0.1', port: 0 });
    try {
      const get = async (path: string) =>
        JSON.parse(await (await fetch(new URL(path, studio.url))).text());
      const { runs: listed } = await get('/api/runs');
      const shown = listed.find(({ name }: { name: string }) => name === 'whole');
      const error = linesOf('whole').at(-1)?.error;
      expect(shown).toMatchObject({ state: 'finished', task: 'mean-colour', problem: null });
      expect(shown.score).toEqual({ name: 'error', value: error, isShare: false });
      const { curves, epochs } = await get(`/api/runs/${shown.id}/series`);
      expect(curves.loss.mean).toHaveLength(12);
      expect(epochs.error.y.at(-1)).toBe(error);
      const { sheet } = await get(`/api/runs/${shown.id}`);
      expect(sheet).toBeNull();
    } finally {
      await studio.close();
    }
  });

  test('is evaluated, says what images show, and is inspected', async () => {
    const { error, data } = JSON.parse(await runs('evaluate', at('whole'), '--json'));
    const best = Math.min(...linesOf('whole').flatMap((line) => line.error ?? []));
    expect(error).toBeCloseTo(best, 6);
    expect(data).toBe(at('scenes/train'));
    const val = ['--data', at('scenes/val')];
    expect(await runs('evaluate', at('whole'), ...val)).toMatch(
      /^8 images of .*val\nerror [\d.]+\n$/,
    );
    const image = readdirSync(at('scenes/val'), { recursive: true }).find((name) =>
      String(name).endsWith('.png'),
    );
    const said = await runs('predict', at('whole'), at(`scenes/val/${image}`), '--json');
    expect(JSON.parse(said).colour).toHaveLength(3);
    expect(await runs('inspect', at('whole'))).toMatch(
      /colour meter, as recorded[\s\S]* 0 missing, 0 unex/,
    );
  });

  test('begins with a pre-trained encoder, and with that of another task', async () => {
    const some = ['--set', 'backbone.patch=8', '--steps', '1', ...oneThread];
    const out = ['--from', at('whole'), '--out', at('again')];
    const again = await runs('finetune', '--recipe', at('toy.yaml'), ...out, ...some);
    expect(again).toMatch('Initialised: colour');
    const data = ['--data', at('scenes'), '--batch-size', '4', '--image-size', '32'];
    const other = ['--from', at('whole'), '--out', at('classes'), ...data];
    expect(await runs('finetune', ...other, ...some.slice(2))).toMatch(
      'Initialised: fc_norm, head',
    );
  });

  test('is named by a flag, which lists its values in the help', async () => {
    const help = await runs('finetune', '--task', 'mean-colour', '--help');
    expect(help).toMatch('what to learn: mean-colour, classification');
    expect(help).toMatch(/^ {2}data\.path +images$/m);
    const named = ['--task', 'classification', '--recipe', at('toy.yaml'), '--out', at('wrong')];
    const { code, stderr } = await run('finetune', ...named);
    expect(stderr).toMatch('Expected classification for `task` but got "mean-colour"');
    expect(code).toBe(2);
  });

  test('is refused by exports but that of its backbone, in a sentence', async () => {
    const out = ['--kind', 'classifier', '--out', at('toy.onnx')];
    const { code, stderr } = await run('export', at('whole'), ...out);
    expect(stderr).toMatch(/^um-mae: Expected a classifier in .* but got a colour meter\.\n/);
    expect(code).toBe(2);
    const whole = await run('export', at('whole'), '--out', at('toy.onnx'));
    expect(whole.stderr).toMatch(
      /^um-mae: Expected a network that can be exported in .* but got a/,
    );
    const other = await run('reconstruct', at('whole'), at('toy.yaml'), '--out', at('toy.png'));
    expect(other.code).toBe(2);
  });

  test('is held to its recipe as any other', async () => {
    writeFileSync(at('wrong.yaml'), stringify({ ...recipe, batchSiz: 4 }));
    const out = ['--out', at('refused')];
    const { code, stderr } = await run('finetune', '--recipe', at('wrong.yaml'), ...out);
    expect(code).toBe(2);
    expect(stderr).toMatch(/got `batchSiz`; did you mean `batchSize`\?/);
  });
});
