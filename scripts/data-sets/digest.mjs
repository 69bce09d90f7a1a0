/** Digests of sets of files, by which two copies of a set are told apart. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** Computes the SHA-256 of every file of a folder, by its path with slashes. */
export function fileDigests(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  const named = paths.map((path) => [relative(folder, path).split(sep).join('/'), path]);
  return new Map(named.map(([name, path]) => [name, sha256(readFileSync(path))]));
}

/** The SHA-256 of the lines `digest  path`, as sha256sum prints them, in the order of the bytes. */
export function setDigest(digests) {
  const lines = [...digests].map(([path, digest]) => [Buffer.from(path), `${digest}  ${path}\n`]);
  lines.sort(([a], [b]) => Buffer.compare(a, b));
  return sha256(Buffer.from(lines.map(([, line]) => line).join('')));
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}
