/**
 * Makes one of the sets behind docs/results.md out of the public one, or checks a copy of it.
 *
 * Run: node scripts/data-sets/make.mjs tiny-imagenet-20 tiny-imagenet-200 data/tiny-imagenet-20
 *      node scripts/data-sets/make.mjs --check nuclei data/nuclei
 *
 * docs/data-sets.md says where the public sets are.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileDigests, setDigest } from './digest.mjs';
import { contentOf, makers, recordedSet } from './sets.mjs';

const checked = [...Object.keys(makers), 'coco-mini', 'nuclei'];
const usage = `usage: make.mjs ${Object.keys(makers).join('|')} PUBLIC OUT
       make.mjs --check ${checked.join('|')} FOLDER`;

/** Makes a set in a new folder. @returns the number of its files */
export async function makeSet(files, source, out) {
  if (existsSync(out)) throw new SetError(`Expected a new folder but got ${out}, which is there.`);
  let count = 0;
  for (const file of files) {
    const bytes = await contentOf(file, (path) => sourceBytes(join(source, path)));
    const path = join(out, file.to);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    count++;
  }
  return count;
}

/** A sentence about the folders that were given. */
export class SetError extends Error {}

function sourceBytes(path) {
  if (existsSync(path)) return readFileSync(path);
  throw new SetError(`Expected ${path} in the public set but got nothing there.`);
}

/** Says whether a folder holds the copy that was measured on. */
function describe(folder, { digest, files }) {
  // The same boxes in another format, which some copies have beside.
  const all = [...fileDigests(folder)].filter(([path]) => !path.startsWith('annotations_coco/'));
  const found = setDigest(new Map(all));
  return found === digest
    ? `${folder} is the copy that the tables were measured on: ${files} files, ${digest}.`
    : `${folder} is another copy: ${all.length} files of ${files}, ${found} instead of ${digest}.`;
}

async function run([first, ...others]) {
  const isCheck = first === '--check';
  const [name, source, out] = isCheck ? others : [first, ...others];
  const known = isCheck ? checked.includes(name) : Object.hasOwn(makers, name ?? '');
  if (!known || source === undefined || (!isCheck && out === undefined)) throw new SetError(usage);
  const set = recordedSet(name);
  if (!isCheck) console.log(`${await makeSet(makers[name](set), source, out)} files in ${out}`);
  console.log(describe(isCheck ? source : out, set));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await run(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof SetError)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}
