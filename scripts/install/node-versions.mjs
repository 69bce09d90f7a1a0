#!/usr/bin/env node
/**
 * Runs the test of an installed package by every version of Node that is supported: `npm run
 * test:nodes`, or `-- 24` for some of them. npm's packages of Node bring them.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { arch, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { repository } from '../setup/repository.mjs';

const supported = ['20', '22', '24'];
const chosen = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'um-mae-node-'));
const failed = [];
try {
  for (const version of chosen.length > 0 ? chosen : supported) {
    const node = install(version);
    const found = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout?.trim();
    process.stdout.write(`Node ${found ?? version}\n`);
    if (!passes(node)) failed.push(version);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (failed.length > 0) {
  process.stderr.write(`Expected the installed package to work by Node ${failed.join(', ')}.\n`);
  process.exitCode = 1;
}

/** Installs a version of Node. @returns its path */
function install(version) {
  const name = `node-linux-${arch()}`;
  const prefix = join(folder, version);
  spawnSync('npm', ['install', '--prefix', prefix, '--no-audit', `${name}@${version}`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return join(prefix, 'node_modules', name, 'bin/node');
}

/** Whether the test passes with this Node in front of all others on the path. */
function passes(node) {
  const env = { ...process.env, PATH: `${join(node, '..')}${delimiter}${process.env.PATH}` };
  const vitest = join(repository, 'node_modules/vitest/vitest.mjs');
  const options = { cwd: repository, env, stdio: ['ignore', 'inherit', 'inherit'] };
  return spawnSync(node, [vitest, 'run', 'scripts/install'], options).status === 0;
}
