#!/usr/bin/env node
/**
 * Checks the documentation, packs the packages into release/, checks them, and publishes them:
 *
 *     npm run release -- --dry-run    # all but the last step
 *     npm run release
 *
 * On Debian 12 it compiles the addons for its libtorch, too, as a package of their own.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { run, SetupError } from '../packages/torch/scripts/setup/run.mjs';
import { refusedLicences } from './bundle/licences.mjs';
import { workspaces } from './bundle/npm-packages.mjs';
import { checkTarball } from './release/check-tarball.mjs';
import { packPrebuilt } from './release/prebuilt.mjs';
import { build } from './setup/build.mjs';
import { repository } from './setup/repository.mjs';

const out = join(repository, 'release');

try {
  await main(parseArgs({ options: { 'dry-run': { type: 'boolean' } } }).values['dry-run']);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`${error.output ? `${error.output}\n` : ''}release: ${error.message}\n`);
  process.exitCode = error.exitCode;
}

async function main(isDry = false) {
  if (!isDry) requireRepositoryFields();
  requireLicences();
  await build();
  await npm('run', ['docs']);
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const own = await pack(workspaces.flatMap((path) => ['--workspace', path]));
  const tarballs = [...own, ...(await packPrebuilt(join(out, 'debian-12-x64'), pack))];
  for (const file of tarballs) await checkTarball(file);
  if (isDry) return process.stdout.write(`release: nothing is published; see ${out}\n`);
  for (const file of tarballs) await npm('publish', ['--access', 'public', file]);
}

/** Refuses packages that may not be passed on; `npm run licences` lists all. */
function requireLicences() {
  for (const { name, license } of refusedLicences()) {
    throw new SetupError(`Expected a licence of ${name} that is allowed but got ${license}.`);
  }
}

/** A registry shows where a package comes from. */
function requireRepositoryFields() {
  for (const path of workspaces) {
    const file = join(path, 'package.json');
    const { repository: address } = JSON.parse(readFileSync(join(repository, file), 'utf8'));
    if (address) continue;
    throw new SetupError(`Expected the address of the repository in ${file} but got none.`);
  }
}

/** Packs into the folder of the release. @returns {Promise<string[]>} paths of tarballs */
async function pack(args) {
  const options = ['--json', '--loglevel=error', '--pack-destination', out, ...args];
  return JSON.parse(await npm('pack', options)).map(({ filename }) => join(out, filename));
}

async function npm(command, args) {
  const { succeeded, output } = await run('npm', [command, ...args], { folder: repository });
  if (succeeded) return output;
  throw new SetupError(`npm ${command} failed; see what it says above.`, { exitCode: 1, output });
}
