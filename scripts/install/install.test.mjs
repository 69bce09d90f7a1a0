import { spawn, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { workspaces } from '../bundle/npm-packages.mjs';
import { repository } from '../setup/repository.mjs';
import { writeColourImages } from '../testing/colour-images.mjs';
import { writeQuickCompiler } from '../testing/quick-compiler.mjs';
import { lockOf } from './lock.mjs';

const project = mkdtempSync(join(tmpdir(), 'um-mae-install-'));
const installed = join(project, 'node_modules');

beforeAll(async () => {
  const packing = runIn(repository, 'npm', [
    ...['pack', '--json', '--loglevel=error', '--pack-destination', project],
    ...workspaces.flatMap((path) => ['--workspace', path]),
  ]);
  const tarballs = JSON.parse(packing.stdout);
  const dependencies = Object.fromEntries(
    tarballs.map(({ name, filename }) => [name, `file:${filename}`]),
  );
  writeJson('package.json', { private: true, type: 'module', dependencies });
  writeJson('package-lock.json', lockOf(dependencies));
  runIn(project, 'npm', ['install', '--prefer-offline', '--no-audit', '--no-fund']);
  await writeColourImages(join(project, 'photos'));
}, 300_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

function writeJson(name, value) {
  writeFileSync(join(project, name), JSON.stringify(value));
}

function runIn(cwd, command, args, environment = {}) {
  const env = { ...process.env, ...environment };
  const outcome = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  expect(outcome.status, `${command} ${args.join(' ')}\n${outcome.stderr}`).toBe(0);
  return outcome;
}

const program = join(installed, '.bin/um-mae');

function umMae(...args) {
  return spawnSync(program, args, { cwd: project, encoding: 'utf8' });
}

test('no package runs a script, and ours have a licence and a text', () => {
  const lock = JSON.parse(readFileSync(join(installed, '.package-lock.json'), 'utf8'));
  const entries = Object.entries(lock.packages);
  expect(entries.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
  expect(entries.map(([path]) => path)).not.toContain('node_modules/onnxruntime-node');
  const licence = readFileSync(join(repository, 'LICENSE'), 'utf8');
  for (const name of ['@um-mae/torch', '@um-mae/studio', 'um-mae']) {
    expect(readFileSync(join(installed, name, 'LICENSE'), 'utf8')).toBe(licence);
    expect(readFileSync(join(installed, name, 'README.md'), 'utf8')).toMatch(`# ${name}\n`);
  }
});

test('commands that need no libtorch run before the addons are built', async () => {
  expect(umMae('--version')).toMatchObject({ status: 0, stderr: '' });
  expect(umMae('--help').stdout).toContain('pretrain');
  expect(umMae('recipes').stdout).toContain('swin-tiny');
  expect(umMae('data', 'check', 'photos').stdout).toContain('4 images');
  const { warnings } = JSON.parse(umMae('doctor', '--json').stdout);
  expect(warnings).toEqual([expect.stringContaining('`npx um-mae setup` builds it')]);
  const refused = umMae('pretrain', '--data', 'photos');
  expect(refused.stderr).toMatch(/^um-mae: Expected the addon .*\n`npx um-mae setup` .*\n$/);
  expect(refused.status).toBe(2);
  expect(await addressOfStudio()).toMatch(/^http:/);
});

/** Starts the studio, and ends it when it has told its address. */
async function addressOfStudio() {
  const studio = spawn(program, ['studio', '.', '--port', '0'], { cwd: project });
  for await (const text of studio.stdout) {
    studio.kill();
    return String(text).split(' ').at(-1);
  }
}

test('set-up builds the addons, by which runs and a strict program work', () => {
  const CXX = join(project, 'quick-g++');
  writeQuickCompiler(CXX);
  const built = runIn(project, program, ['setup'], { CXX });
  expect(built.stdout).toMatch(/^setup: compiling torch\.node \.\.\. 10 % .*\d+ s$/m);
  expect(built.stdout).toMatch(/^setup: compiling pixels\.node \.\.\. .*\d+ s$/m);
  const size = ['--model', 'pvt-micro', '--steps', '1', '--batch-size', '2', '--out', 'run'];
  runIn(project, program, ['pretrain', '--data', 'photos', ...size]);

  for (const name of ['@types/node', 'undici-types']) link(name);
  const compiler = join(repository, 'node_modules/typescript/bin/tsc');
  writeFileSync(join(project, 'program.ts'), programText);
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    target: 'es2022',
    module: 'nodenext',
    // As in TypeScript 6 and later, where a program that names none has none.
    types: [],
  };
  const configuration = { compilerOptions, files: ['program.ts'] };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(configuration));
  runIn(project, process.execPath, [compiler, '-p', '.']);
  const { stdout } = runIn(project, process.execPath, ['program.js']);
  expect(JSON.parse(stdout)).toEqual({ shape: [4, expect.any(Number)], loss: expect.any(Number) });
}, 300_000);

test('the package of compiled addons is taken where none is compiled', () => {
  const folder = join(installed, '@um-mae/debian-12-x64');
  mkdirSync(folder);
  const exports = {};
  for (const [name, own] of [
    ['torch.node', '@um-mae/torch'],
    ['pixels.node', 'um-mae'],
  ]) {
    renameSync(join(installed, own, 'build', name), join(folder, name));
    exports[`./${name}`] = `./${name}`;
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ exports }));
  expect(JSON.parse(umMae('doctor', '--json').stdout)).toMatchObject({ devices: ['cpu'] });
});

/** Lends the project a package of types that the repository has. */
function link(name) {
  mkdirSync(join(installed, '@types'), { recursive: true });
  symlinkSync(join(repository, 'node_modules', name), join(installed, name));
}

/** A head on frozen features, which learns to tell how red an image is. */
const programText = `
import { Generator, mseLoss, noGrad, scope, tensor } from '@um-mae/torch';
import { Gelu, Linear, Sequential } from '@um-mae/torch/nn';
import { AdamW, warmupCosine } from '@um-mae/torch/optim';
import { serveStudio } from '@um-mae/studio';
import { load } from 'um-mae';
import { detectorSettings } from 'um-mae/detect';
import { parseHeader } from 'um-mae/features';
import type { SimilarReport } from 'um-mae/reports';

export type Entries = [typeof serveStudio, typeof detectorSettings, typeof parseHeader, SimilarReport];
const reds = [0, 80, 160, 240];
using backbone = await load('run');
using features = await backbone.features(reds.map((red) => \`photos/\${red}.jpg\`));
const x = features.embedding;
const [, channels = 0] = x.shape;
const generator = new Generator(0);
const model = new Sequential(
  new Linear(channels, 8, { generator }),
  new Gelu(),
  new Linear(8, 1, { generator }),
);
const y = tensor(reds.map((red) => [red / 255]));
const optimizer = new AdamW([{ parameters: model.namedParameters(), weightDecay: 0 }]);
const rate = warmupCosine({ peak: 0.01, minimum: 0, warmup: 5, total: 20 });
for (let step = 0; step < 20; step++) {
  scope(() => {
    optimizer.zeroGrad();
    mseLoss(model.forward(x), y).backward();
    optimizer.step(rate(step));
  });
}
const loss = scope(() => noGrad(() => mseLoss(model.forward(x), y).number()));
console.log(JSON.stringify({ shape: x.shape, loss }));
`;
