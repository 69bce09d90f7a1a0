/**
 * Names of weights without what programs put in front of all of them: `module.` (several devices),
 * `_orig_mod.` (torch.compile), `model.` (Lightning), `backbone.`, `encoder.`, `student.`, and any
 * other.
 */
import type { Tensor } from '@um-mae/torch';
import { CheckpointError } from '../errors.js';

type Tensors = ReadonlyMap<string, Tensor>;

/**
 * Only an encoder has this one, behind whatever wraps it; in the second form in models of Hugging
 * Face.
 */
const mark = /^(|.*\.)(?:patch_embed\.proj|embeddings\.patch_embeddings\.projection)\.weight$/;

/** Whether a name is that of an encoder's patch embedding, wrapped or not. */
export function isEncoderMark(name: string): boolean {
  return mark.test(name);
}

/** Weights without their wrapper. */
export interface Unwrapped {
  readonly tensors: Tensors;
  /** The text that stood before the names of the encoder. */
  readonly prefix: string;
  /** Names of weights that stand beside the encoder: a head, or another network. */
  readonly beside: ReadonlySet<string>;
}

/**
 * @param part the beginning of the names that are asked for, without a dot behind; undefined: all
 * @param path where the weights are from, for messages
 * @throws CheckpointError when there is no such part, or two encoders
 */
export function unwrap(wrapped: Tensors, part: string | undefined, path: string): Unwrapped {
  if (part !== undefined) return unwrap(partOf(wrapped, `${part}.`, path), undefined, path);
  const tensors = withoutInner(wrapped);
  const marks = [...tensors.keys()].flatMap((name) => mark.exec(name)?.[1] ?? []);
  if (marks.length === 0) return withoutParallel(tensors);
  const [prefix = '', second] = marks.includes('') ? [''] : marks;
  if (second !== undefined) {
    const names = marks.map((each) => each.slice(0, -1)).join(', ');
    throw new CheckpointError(
      `Expected one encoder in ${path} but got ${names}.\nChoose one by --entry.`,
    );
  }
  return withoutPrefix(tensors, prefix);
}

/** Programs put these in front of single blocks, too, to compile or to share out each of them. */
const inner =
  /(?<=(?:^|\.)(?:blocks|layers?)\.\d+\.(?:\w+\.)*)(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\./g;

/** Names without what wraps blocks of a network; all names as they are where two would be one. */
function withoutInner(tensors: Tensors): Tensors {
  const short = new Map([...tensors].map(([name, tensor]) => [name.replace(inner, ''), tensor]));
  return short.size === tensors.size ? short : tensors;
}

/** The weights whose names begin with `start`, without it. */
function partOf(tensors: Tensors, start: string, path: string): Tensors {
  const own = [...tensors].filter(([name]) => name.startsWith(start));
  if (own.length > 0)
    return new Map(own.map(([name, tensor]) => [name.slice(start.length), tensor]));
  throw new CheckpointError(
    `Expected weights under \`${start.slice(0, -1)}\` in ${path} but got none.`,
  );
}

/** Names that an encoder has, which nothing beside it may take. */
const encoderName =
  /^(norm|blocks|pos_embed|cls_token|register_tokens|reg_tokens?|storage_tokens|patch_embed)\b/;

/** Takes the prefix off; other weights stay beside, by names that are not the encoder's. */
function withoutPrefix(tensors: Tensors, prefix: string): Unwrapped {
  const inside = new Map<string, Tensor>();
  for (const [name, tensor] of tensors) {
    if (name.startsWith(prefix)) inside.set(name.slice(prefix.length), tensor);
  }
  const others = [...tensors].filter(([name]) => !name.startsWith(prefix));
  const shared = sharedPrefix(
    prefix,
    others.map(([name]) => name),
  );
  const beside = new Set<string>();
  const all = new Map(inside);
  for (const [name, tensor] of others) {
    const short = name.slice(shared.length);
    const shown = encoderName.test(short) ? `beside.${short}` : short;
    all.set(shown, tensor);
    beside.add(shown);
  }
  return { tensors: all, prefix, beside };
}

/** The longest beginning of the prefix, up to a dot, that all names have. */
function sharedPrefix(prefix: string, names: readonly string[]): string {
  const parts = prefix.split('.');
  const starts = parts.map((_, count) =>
    parts
      .slice(0, count)
      .map((part) => `${part}.`)
      .join(''),
  );
  return starts.findLast((start) => names.every((name) => name.startsWith(start))) ?? '';
}

/**
 * Other networks keep their names, but for what wraps every one of them for several devices or a
 * compiler.
 */
function withoutParallel(tensors: Tensors): Unwrapped {
  for (const wrapper of ['module.', '_orig_mod.']) {
    if (tensors.size === 0 || ![...tensors.keys()].every((name) => name.startsWith(wrapper)))
      continue;
    const inner = withoutParallel(
      new Map([...tensors].map(([name, tensor]) => [name.slice(wrapper.length), tensor])),
    );
    return { ...inner, prefix: wrapper + inner.prefix };
  }
  return { tensors, prefix: '', beside: new Set() };
}
