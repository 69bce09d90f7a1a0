/**
 * Reads options of a network that stand beside its weights: in a config.json, arguments, metadata.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseJson } from '@um-mae/torch/files';
import type { SaidOptions } from '../backbones/families.js';
import { CheckpointError } from '../errors.js';
import { describeFailure } from '../files/file-errors.js';
import { mostOfRecord, wholeText } from '../files/whole-file.js';

/** A value by its name; what is in dicts inside comes after. */
type Said = ReadonlyMap<string, unknown>;

const names: Readonly<Record<string, readonly string[]>> = {
  epsilon: ['layer_norm_eps', 'layernorm_eps', 'norm_eps', 'ln_eps'],
  heads: ['num_attention_heads', 'num_heads', 'n_heads'],
  imageSize: ['image_size', 'img_size', 'input_size'],
};

/** Names of the activation of the MLPs. */
const activations = ['hidden_act', 'act_layer'];

/** Dicts in which programs keep the arguments of a network. */
const groups = [
  ...['args', 'config', 'cfg', 'hyper_parameters', 'hparams', 'model_args', 'model_config'],
  ...['model_kwargs', 'kwargs', 'backbone', 'model'],
];

/**
 * Reads options of ours off values that stand beside weights; the first source that has one tells
 * it.
 *
 * @param path where the weights are, for messages
 * @throws CheckpointError when the MLPs have another activation than ours
 */
export function saidOptions(sources: readonly unknown[], path: string): SaidOptions {
  const all = sources.flatMap((source) => [...dictsIn(source, 3)]);
  for (const said of all) {
    checkActivation(said, path);
    checkArchitecture(said, path);
  }
  const found = Object.entries(names).flatMap(([option, aliases]) => {
    const values = all.flatMap((said) => aliases.map((alias) => numbersOf(said.get(alias))));
    const value = values.find((each) => each !== undefined);
    return value === undefined ? [] : [[option, value] as const];
  });
  return Object.fromEntries(found);
}

/** Reads the config.json beside the weights; undefined where there is none. */
export function configBeside(path: string): unknown {
  const config = join(dirname(path), 'config.json');
  return existsSync(config) ? readJson(config) : undefined;
}

/** Reads a file of JSON. @throws CheckpointError when it is none */
export function readJson(path: string): unknown {
  return describeFailure({ verb: 'read', path, as: CheckpointError }, () => {
    try {
      return parseJson(
        wholeText(path, { as: CheckpointError, most: mostOfRecord }).replace(/^\uFEFF/, ''),
      );
    } catch (cause) {
      if (!(cause instanceof SyntaxError)) throw cause;
      throw new CheckpointError(`Expected JSON in ${path} but got other text.`, { cause });
    }
  });
}

function* dictsIn(source: unknown, levels: number): Generator<Said> {
  if (typeof source !== 'object' || source === null || Array.isArray(source)) return;
  const entries = source instanceof Map ? [...source] : Object.entries(source);
  const said = new Map(entries.map(([key, value]) => [String(key), value] as const));
  yield said;
  if (levels > 1) for (const group of groups) yield* dictsIn(said.get(group), levels - 1);
}

/** A positive number, as it is or as a text, or a list of such numbers. */
function numbersOf(value: unknown): number | readonly number[] | undefined {
  if (Array.isArray(value)) {
    const list = value.map(numbersOf).filter((each) => typeof each === 'number');
    return list.length === value.length ? list : undefined;
  }
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && number > 0 && Number.isFinite(number) ? number : undefined;
}

function checkActivation(said: Said, path: string): void {
  for (const name of activations) {
    const value = said.get(name);
    if (typeof value !== 'string' || /^(\w+\.)*gelu$/i.test(value)) continue;
    throw new CheckpointError(
      `Expected \`${name}\` gelu, the exact one, for the weights in ${path} but got ${value}.`,
    );
  }
}

/** timm's names of models whose activation is another one. */
function checkArchitecture(said: Said, path: string): void {
  const name = said.get('architecture');
  if (typeof name !== 'string' || !/quickgelu/i.test(name)) return;
  throw new CheckpointError(
    `Expected an architecture with the exact GELU for the weights in ${path} but got ${name}.`,
  );
}
