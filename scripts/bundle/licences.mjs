import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../setup/repository.mjs';
import { npmPackages } from './npm-packages.mjs';

/** Licences, as SPDX names them, that allow to pass a package on beside Apache-2.0. */
const allowed = [
  ...['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT'],
  // Libraries that are loaded, not part of ours, and fonts.
  ...['LGPL-3.0-or-later', 'OFL-1.1'],
];

/** The name, version and licence of every package that a run needs. */
export function licences() {
  return npmPackages().map((path) => {
    const { name, version, license } = readManifest(path);
    return { path, name, version, license: typeof license === 'string' ? license : 'unknown' };
  });
}

/** The packages whose licence is not among those that are allowed. */
export function refusedLicences(packages = licences()) {
  return packages.filter(({ license }) => {
    const names = license.replace(/[()]/g, '').split(/ (?:AND|OR) /);
    return !names.every((name) => allowed.includes(name));
  });
}

/** A list for people, with the texts of licences where packages have them. */
export function licencesText() {
  const parts = licences().map(({ path, name, version, license }) => {
    const folder = join(repository, path);
    const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)/i.test(file));
    const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
    return [`${name} ${version}: ${license}`, ...texts].join('\n\n');
  });
  return `${parts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

function readManifest(path) {
  const manifest = join(repository, path, 'package.json');
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')) : {};
}
