/**
 * Writes `src/generated/` from `schemas.json`, which holds the schemas of libtorch 1.13 for the
 * operators in `names.ts`. `--check` fails when the files differ; `--schemas` first reads the
 * schemas again from the libtorch that the addon is linked with.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { emitFunctions, emitMethods, emitNames, type OverloadGroup, publicName } from './emit.js';
import { functions, methods } from './names.js';
import { parseSchema, type Schema } from './parse.js';

const packageRoot = new URL('../../', import.meta.url);
const schemaFile = new URL('codegen/schemas.json', packageRoot);

function readSchemas(): Map<string, Schema> {
  const texts = JSON.parse(readFileSync(schemaFile, 'utf8')) as string[];
  return new Map(texts.map((text) => [parseSchema(text).fullName, parseSchema(text)]));
}

/** Asks the addon, and keeps only what `names.ts` lists, in that order. */
function refreshSchemas(): void {
  const require = createRequire(import.meta.url);
  const native = require('../../build/torch.node') as { schemas(): string[] };
  const wanted = new Set([...methods, ...functions].map((name) => `aten::${name}`));
  const texts = native
    .schemas()
    .filter((text) => wanted.has(text.slice(0, text.indexOf('('))))
    .sort();
  writeFileSync(schemaFile, `${JSON.stringify(texts, null, 1)}\n`);
}

function groupByName(names: readonly string[], schemas: Map<string, Schema>): OverloadGroup[] {
  const groups = new Map<string, Schema[]>();
  for (const name of names) {
    const schema = schemas.get(`aten::${name}`);
    if (!schema) throw new RangeError(`libtorch has no operator aten::${name}`);
    const key = publicName(schema);
    groups.set(key, [...(groups.get(key) ?? []), schema]);
  }
  return [...groups.values()];
}

function main(flags: readonly string[]): void {
  if (flags.includes('--schemas')) refreshSchemas();
  const schemas = readSchemas();
  const names = [...methods, ...functions].map((name) => `aten::${name}`);
  const indices = new Map(names.map((name, i) => [name, i]));
  const files = {
    'tensor-methods.ts': emitMethods(groupByName(methods, schemas), indices),
    'operators.ts': emitFunctions(groupByName(functions, schemas), indices),
    'names.ts': emitNames(names),
  };
  for (const [file, text] of Object.entries(files)) {
    const target = new URL(`src/generated/${file}`, packageRoot);
    if (!flags.includes('--check')) writeFileSync(target, text);
    else if (readFileSync(target, 'utf8') !== text) {
      process.stderr.write(`src/generated/${file} is stale; run npm run generate.\n`);
      process.exitCode = 1;
    }
  }
}

main(process.argv.slice(2));
