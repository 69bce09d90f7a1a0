/** Checkpoints that the published code has written, read to the last value. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type DType, Tensor } from '@um-mae/torch';
import { PickleMap, type PickleTree, readTorchFile } from '@um-mae/torch/serialization';
import { z } from 'zod';
import { type Comparison, compareNumbers } from '../comparison.js';
import type { Case } from '../fixture.js';

const checkpointCase = z.object({
  files: z.record(z.string(), z.object({ content: z.unknown() })),
});

/**
 * A value as the case describes it: a tensor by its digest, a container by its items, or a leaf.
 */
const described = z.object({
  type: z.string().optional(),
  items: z.array(z.unknown()).optional(),
  value: z.unknown().optional(),
  repr: z.string().optional(),
  dtype: z.string().optional(),
  shape: z.array(z.number()).optional(),
  sha256_16: z.string().optional(),
});

/** The kind of a value that is not what the case describes. */
type Difference = 'tensor' | 'value';

type Described = z.infer<typeof described>;

const elementTypes: Readonly<Record<DType, string>> = {
  f32: 'float32',
  f64: 'float64',
  f16: 'float16',
  bf16: 'bfloat16',
  i64: 'int64',
  i32: 'int32',
  u8: 'uint8',
  bool: 'bool',
};

/** Counts the values of each file that are not those that the case describes. */
export function runCheckpointCase({ folder, json }: Case): Comparison[] {
  return Object.entries(checkpointCase.parse(json).files).flatMap(([file, { content }]) => {
    const differing = [...differences(readTorchFile(join(folder, file)), content)];
    const count = (kind: Difference) => differing.filter((each) => each === kind).length;
    return [
      compareNumbers(`tensors of ${file} that differ`, count('tensor'), 0, 0),
      compareNumbers(`other values of ${file} that differ`, count('value'), 0, 0),
    ];
  });
}

function* differences(found: PickleTree | undefined, expected: unknown): Generator<Difference> {
  const value = described.parse(expected);
  if (value.sha256_16 !== undefined) {
    if (!(found instanceof Tensor) || !isSameTensor(found, value)) yield 'tensor';
  } else if (found instanceof PickleMap) yield* mapDifferences(found, value);
  else if (Array.isArray(found)) {
    const items = value.items ?? [];
    if (items.length !== found.length) yield 'value';
    for (const [i, item] of items.entries()) yield* differences(found[i], item);
  } else if (!isSameLeaf(found, value)) yield 'value';
}

function* mapDifferences(found: PickleMap, { items = [] }: Described): Generator<Difference> {
  const entries = z.array(z.tuple([z.unknown(), z.unknown()])).parse(items);
  if (entries.length !== found.size) yield 'value';
  const keys = [...found.keys()];
  for (const [i, [key, item]] of entries.entries()) {
    if (keys[i] !== key) yield 'value';
    yield* differences(found.get(keys[i] ?? null), item);
  }
}

function isSameTensor(found: Tensor, { dtype, shape, sha256_16: digest }: Described): boolean {
  const bytes = new Uint8Array(found.contiguous().toArray().buffer);
  const own = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  return (
    own === digest && elementTypes[found.dtype] === dtype && found.shape.join() === shape?.join()
  );
}

function isSameLeaf(found: PickleTree | undefined, { type, value, repr }: Described): boolean {
  if (type === 'NoneType') return found === null;
  if (found instanceof Uint8Array) return repr === `b'${Buffer.from(found).toString('latin1')}'`;
  if (typeof found === 'number' && repr !== undefined) {
    const infinity = Number.POSITIVE_INFINITY;
    return Object.is(found, { inf: infinity, '-inf': -infinity }[repr] ?? Number.NaN);
  }
  if (repr !== undefined) return typeof found === 'string' && repr.includes(found);
  if (typeof found === 'bigint') return String(found) === String(value);
  return Object.is(found, value);
}
