/** Flags for the common values of recipes; `--set` reaches all of them. */
import type { Command } from 'commander';
import { at } from '../../at.js';
import { RecipeError } from '../../errors.js';
import { type Assignment, parseYamlValue } from '../../recipes/values/assignments.js';
import {
  describeRecipe,
  type RecipeSchema,
  recipeReference,
} from '../../recipes/values/reference.js';

interface RecipeFlag {
  readonly flags: string;
  /** The recipe value that the flag sets. */
  readonly path: string;
  /** Default: as YAML, so that numbers are numbers. */
  readonly read?: (text: string) => unknown;
}

/** Flags by the name that commander gives the value. */
const recipeFlags: Readonly<Record<string, RecipeFlag>> = {
  epochs: { flags: '--epochs <n>', path: 'duration.epochs' },
  steps: { flags: '--steps <n>', path: 'duration.steps' },
  batchSize: { flags: '--batch-size <n>', path: 'batchSize' },
  accumulation: { flags: '--accumulation <n>', path: 'accumulation' },
  imageSize: { flags: '--image-size <HxW>', path: 'image', read: imageSize },
  patch: { flags: '--patch <pixels>', path: 'backbone.patch' },
  lr: { flags: '--lr <rate>', path: 'learningRate.peak' },
  layerDecay: { flags: '--layer-decay <share>', path: 'layerDecay' },
  precision: { flags: '--precision <type>', path: 'precision' },
  secondaryRatio: { flags: '--secondary-ratio <share>', path: 'masking.secondaryRatio' },
  seed: { flags: '--seed <n>', path: 'seed' },
  maxUnreadable: { flags: '--max-unreadable <share>', path: 'data.maxUnreadable' },
  checkpointEvery: {
    flags: '--checkpoint-every <steps>',
    path: 'checkpoints.every',
    read: (text) => ({ steps: parseYamlValue(text, 'checkpoints.every') }),
  },
};

export interface RecipeFlagOptions {
  /** The flags to add, by name. Default: those of all values that a schema has. */
  readonly names?: readonly string[];
  /** The schema whose values `--help` lists. Default: the first. */
  readonly shown?: () => RecipeSchema;
}

/** Adds flags for values of recipes, of which a command may run several kinds. */
export function addRecipeFlags(
  command: Command,
  schemas: readonly RecipeSchema[],
  { names = Object.keys(recipeFlags), shown = () => at(schemas, 0) }: RecipeFlagOptions = {},
): void {
  for (const [name, { flags, path }] of Object.entries(recipeFlags)) {
    const description = descriptionIn(schemas, path);
    if (names.includes(name) && description !== undefined) {
      command.option(flags, `${description} (${path})`);
    }
  }
  command.addHelpText('after', () => referenceText(shown()));
}

function descriptionIn(schemas: readonly RecipeSchema[], path: string): string | undefined {
  return schemas.map((schema) => describeRecipe(schema, path)).find((text) => text !== '');
}

/** Adds the same flags, but for that of the seed, with several values and commas between them. */
export function addSweptFlags(command: Command, schemas: readonly RecipeSchema[]): void {
  for (const [name, { flags, path }] of Object.entries(recipeFlags)) {
    const description = descriptionIn(schemas, path);
    if (name === 'seed' || description === undefined) continue;
    command.option(flags.replace('>', ',...>'), `${description} (${path})`);
  }
}

/**
 * Writes the values of these flags as `path=value,value,...`.
 *
 * @param options what commander has read
 */
export function sweptValues(options: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(recipeFlags).flatMap(([name, { path, read }]) => {
    const text = options[name];
    if (typeof text !== 'string') return [];
    const values = read ? text.split(',').map((each) => JSON.stringify(read(each))) : [text];
    return [`${path}=${values.join(',')}`];
  });
}

/** @param options what commander has read */
export function recipeAssignments(options: Readonly<Record<string, unknown>>): Assignment[] {
  return Object.entries(recipeFlags).flatMap(([name, { path, read }]) => {
    const text = options[name];
    if (typeof text !== 'string') return [];
    return [{ path, value: read ? read(text) : parseYamlValue(text, path) }];
  });
}

/** `64`, or `64x96` for height x width. */
export function imageSize(text: string): { height: number; width: number } {
  const [, height, width = height] = /^(\d+)(?:x(\d+))?$/.exec(text) ?? [];
  if (height !== undefined) return { height: Number(height), width: Number(width) };
  const message = `Expected a size like 64 or 64x96 for --image-size but got \`${text}\`.`;
  throw new RecipeError([{ path: 'image', message }]);
}

function referenceText(schema: RecipeSchema): string {
  const lines = recipeReference(schema).map(({ path, description, fallback }) => {
    const otherwise = fallback === undefined ? '' : ` (default: ${JSON.stringify(fallback)})`;
    return `  ${path.padEnd(26)} ${description}${otherwise}`;
  });
  return `\nValues of a recipe, for --set PATH=VALUE and for YAML files:\n${lines.join('\n')}`;
}
