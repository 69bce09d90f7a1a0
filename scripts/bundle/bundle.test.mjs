import { execFileSync, spawnSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repository } from '../setup/repository.mjs';
import { writeColourImages } from '../testing/colour-images.mjs';
import { writeQuickCompiler } from '../testing/quick-compiler.mjs';
import { archive } from './archive.mjs';

const scratch = mkdtempSync(join(tmpdir(), 'um-mae-bundle-'));
const bundle = join(scratch, 'um-mae-bundle');
const tools = join(scratch, 'tools');

const shell = ['sh', 'readlink', 'dirname', 'mkdir', 'mv', 'rm', 'cp', 'flock', 'python3'];
const compilers = ['make', 'g++', 'as', 'ld'];

const images = join(scratch, 'images');
const CXX = join(tools, 'quick-g++');

beforeAll(async () => {
  await writeColourImages(images);
  execFileSync(process.execPath, ['scripts/bundle.mjs', '--out', bundle], { cwd: repository });
  mkdirSync(tools);
  link(shell);
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Puts only these commands of this machine on the path of the tests. Node is not among them. */
function link(commands) {
  for (const command of commands) {
    const path = process.env.PATH.split(delimiter)
      .map((folder) => join(folder, command))
      .find((file) => lstatSync(file, { throwIfNoEntry: false }));
    if (path) symlinkSync(path, join(tools, command));
  }
}

function umMae(args, environment = {}) {
  const { LIBTORCH } = process.env;
  const env = { PATH: tools, HOME: '/nonexistent', ...(LIBTORCH && { LIBTORCH }), ...environment };
  return spawnSync(join(bundle, 'um-mae'), args, { cwd: scratch, env, encoding: 'utf8' });
}

describe('a bundle', () => {
  test('holds real files, and nothing that a run does not need', () => {
    const names = readdirSync(bundle, { recursive: true });
    expect(names.filter((name) => lstatSync(join(bundle, name)).isSymbolicLink())).toEqual([]);
    expect(
      names.filter((name) => name.startsWith('node_modules/um-mae/dist/')).length,
    ).toBeGreaterThan(100);
    const unneeded = /\.test\.|\.d\.ts$|vitest|typescript|biome|onnxruntime|huggingface|\.o$/;
    expect(names.filter((name) => unneeded.test(name))).toEqual([]);
    const images = readdirSync(join(bundle, 'node_modules/um-mae/build'));
    expect(images).toEqual([expect.stringMatching(/^libjpeg\.so\.\d+$/), 'pixels.node']);
  });

  test('says what is missing on the other machine', () => {
    const bare = umMae(['doctor']);
    expect(bare.stderr).toContain('Expected g++ and make on the PATH');
    expect(bare.status).toBe(2);
    const wrong = umMae(['doctor'], { LIBTORCH: scratch });
    expect(wrong.stderr).toContain(`in LIBTORCH but got ${scratch}`);
    expect(wrong.status).toBe(2);
  });

  test('builds once, and trains by its own Node', () => {
    link(compilers);
    writeQuickCompiler(CXX, 'random.cc');
    const first = umMae(['doctor', '--json'], { CXX });
    expect(first.stderr).toMatch(/^um-mae: building for libtorch \d.*\num-mae: built in \d+ s\n$/);
    expect(JSON.parse(first.stdout).versions.node).toBe(process.versions.node);

    const run = ['--model', 'pvt-micro', '--steps', '1', '--batch-size', '2', '--out', 'run'];
    const training = umMae(['pretrain', '--data', images, ...run]);
    expect(training.stderr).toBe('');
    expect(training.stdout).toContain('Finished after step 1');
    expect(training.status).toBe(0);

    const graph = umMae(['export', 'run', '--out', 'model.onnx']);
    expect(graph.stderr).toMatch(
      /^um-mae: Expected onnxruntime-node, .* is not installed\.\n.*\n$/,
    );
    expect(graph.status).toBe(2);
  }, 300_000);

  test('checks and measures a machine by one command, here without a GPU', () => {
    link(['date', 'env', 'nproc', 'tee', 'timeout']);
    const measure = (...args) => {
      const env = { PATH: tools, HOME: '/nonexistent', CXX };
      return spawnSync(join(bundle, 'measure'), args, { cwd: scratch, env, encoding: 'utf8' });
    };
    expect(measure('results').stderr).toContain('Expected ./measure OUT DATA [DEVICE]');

    const { stdout } = measure('results', images, 'cpu');
    const codes = [...stdout.matchAll(/^(\w+): exit code (\d+)/gm)].map(([, name, code]) => [
      name,
      Number(code),
    ]);
    const hasPytorch = spawnSync('python3', ['-c', 'import torch']).status === 0;
    expect(Object.fromEntries(codes)).toEqual({
      doctor: 0,
      check: 0,
      parity: 0,
      trace: 0,
      run: 0,
      alone: 0,
      two: 0,
      two_same: 0,
      segmentation: 0,
      instances: 0,
      pytorch: hasPytorch ? 0 : 2,
    });
    expect(stdout).toContain(`${hasPytorch ? 0 : 1} parts failed`);
    const check = readFileSync(join(scratch, 'results/check.txt'), 'utf8');
    expect(check).toMatch(/^check +precision +difference +allowed$/m);
    expect(check).toMatch(/^um-mae on swin-micro: gradients +f32 .* equal {2}ok$/m);
    expect(check).toMatch(/^(\d+) of \1 checks hold on cpu$/m);
    expect(check.match(/^parity case .* {2}ok$/gm)).toHaveLength(5);
    expect(check).not.toContain('Warning');
    const parity = readFileSync(join(scratch, 'results/parity.txt'), 'utf8');
    expect(parity.match(/^(\d+) of \1 within tolerance$/gm)).toHaveLength(4);
    expect(check).toMatch(/^um-mae on swin-micro: losses in a group by Gloo +f32 .* {2}ok$/m);
    expect(readdirSync(join(scratch, 'results/run'))).toContain('metrics.jsonl');
    const same = readFileSync(join(scratch, 'results/two_same.txt'), 'utf8');
    expect(same).toMatch(
      /^losses of 4 steps: largest difference \d\.\de[+-]\d+, allowed 0\.0001$/m,
    );

    expect(measure('results', images, 'cpu').stderr).toContain('Expected a new folder');
  }, 300_000);
});

describe('archive', () => {
  test('has one folder at its top', async () => {
    const folder = join(scratch, 'small');
    mkdirSync(join(folder, 'bin'), { recursive: true });
    writeFileSync(join(folder, 'bin/node'), '');
    const file = await archive(folder);
    const names = execFileSync('tar', ['tf', file], { encoding: 'utf8' }).split('\n');
    expect(names.slice(0, 3)).toEqual(['small/', 'small/bin/', 'small/bin/node']);
  });
});
