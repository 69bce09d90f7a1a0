/**
 * The families of backbones: the only place that asks of which family options are. Loads no
 * libtorch. A new family is one line here, and its network one line in `build.ts`.
 */
import { ok as assert } from 'node:assert';
import { z } from 'zod';
import type {
  BackboneFamily,
  BackboneShape,
  EncoderArithmetic,
  EncoderGrid,
  InferredOptions,
} from './family.js';
import { own } from './own.js';
import type { SizeOf } from './parts/weight-shapes.js';
import { pvt } from './pvt/family.js';
import { swin } from './swin/family.js';
import { vit } from './vit/family.js';

const families = [swin, pvt, vit, own] as const;

const [first, ...others] = families;

/** The part of a recipe that says which network it is about. */
export const backboneOptions = z.discriminatedUnion('kind', [
  first.options,
  ...others.map(({ options }) => options),
]);

/** Options of a backbone of any family, as data. */
export type BackboneOptions = z.output<typeof backboneOptions>;

/** The name of a family. */
export type BackboneKind = BackboneOptions['kind'];

/** Backbones by the name that `--model` takes. */
export const backbonePresets = { ...swin.presets, ...pvt.presets, ...vit.presets } as const;

/** The name of a preset. */
export type BackboneName = keyof typeof backbonePresets;

/**
 * Returns the shape of a backbone with these options.
 *
 * @example
 * ```ts
 * import { backbonePresets, shapeOf } from 'um-mae/runs';
 *
 * console.log(shapeOf(backbonePresets['swin-tiny']));
 * ```
 */
export function shapeOf(options: BackboneOptions): BackboneShape {
  return familyOf(options).shape(options);
}

/** The matrix products of an encoder of these options on a grid of patches. */
export function encoderArithmetic(options: BackboneOptions, grid: EncoderGrid): EncoderArithmetic {
  return familyOf(options).arithmetic(options, grid);
}

/** Each method takes the options of its own family, of which `kind` makes sure. */
function familyOf({ kind }: BackboneOptions): BackboneFamily<BackboneOptions> {
  const family = families.find((candidate) => candidate.kind === kind);
  assert(family, `Expected a family of backbones but got ${kind}.`);
  return family;
}

/** The backbone that weights belong to. */
export interface InferredBackbone {
  readonly options: BackboneOptions;
  /** The preset of this shape, if any. It has the options that do not follow from shapes. */
  readonly preset: BackboneName | undefined;
  /** Paths of the options that neither shapes nor a preset determine. They hold a placeholder. */
  readonly open: readonly string[];
}

/** Options that a file says of its backbone and shapes do not tell, by our names. */
export type SaidOptions = Readonly<Record<string, unknown>>;

/**
 * Reads the backbone off the names and shapes of weights; undefined for weights of something else.
 *
 * @param said options that stand beside the weights
 */
export function inferBackbone(size: SizeOf, said: SaidOptions = {}): InferredBackbone | undefined {
  const readings: readonly InferredOptions<BackboneOptions>[] = families.flatMap(
    ({ infer }) => infer(size) ?? [],
  );
  const [reading] = readings;
  if (!reading) return undefined;
  const { inferred, assumed } = reading;
  const free: object = { ...reading.varying, ...assumed };
  const given = Object.entries(said).filter(([key, value]) =>
    isAlike(Reflect.get(free, key), value),
  );
  const varying: object = { ...reading.varying, ...Object.fromEntries(given) };
  const alike = Object.entries(backbonePresets).filter(([, preset]) => holds(preset, inferred));
  const named = alike.find(([, preset]) => holds(preset, varying));
  if (named) return { options: named[1], preset: named[0] as BackboneName, open: [] };
  // A model of the sizes of a preset has its heads, too, with whatever it has beside.
  const [, sized = assumed] = alike[0] ?? [];
  const open = sized === assumed ? Object.keys(assumed).filter((key) => !(key in varying)) : [];
  return {
    options: { ...sized, ...inferred, ...varying } as BackboneOptions,
    preset: undefined,
    open: open.map((key) => `backbone.${key}`),
  };
}

/** Whether both are numbers, or both lists of as many. */
function isAlike(own: unknown, said: unknown): boolean {
  if (Array.isArray(own)) return Array.isArray(said) && said.length === own.length;
  return typeof own === 'number' && typeof said === 'number';
}

function holds(preset: object, options: object): boolean {
  return Object.entries(options).every(([key, value]) => isSame(Reflect.get(preset, key), value));
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
