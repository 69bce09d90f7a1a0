/**
 * The families of backbones: the only place that asks of which family options are. Loads no
 * libtorch. A new family is one line here, and its network one line in `build.ts`.
 */
import { ok as assert } from 'node:assert';
import { z } from 'zod';
import type { BackboneFamily, BackboneShape, EncoderArithmetic, EncoderGrid } from './family.js';
import type { SizeOf } from './parts/weight-shapes.js';
import { pvt } from './pvt/family.js';
import { swin } from './swin/family.js';
import { vit } from './vit/family.js';

const families = [swin, pvt, vit] as const;

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

/** Returns the shape of a backbone with these options. */
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

/**
 * Infers the backbone from the names and shapes of weights. Undefined for weights of something
 * else.
 */
export function inferBackbone(size: SizeOf): InferredBackbone | undefined {
  const [reading] = families.flatMap(({ infer }) => infer(size) ?? []);
  if (!reading) return undefined;
  const { inferred, assumed } = reading;
  const named = Object.entries(backbonePresets).find(([, preset]) =>
    Object.entries(inferred).every(([key, value]) => isSame(Reflect.get(preset, key), value)),
  );
  if (named) return { options: named[1], preset: named[0] as BackboneName, open: [] };
  return {
    options: { ...inferred, ...assumed } as BackboneOptions,
    preset: undefined,
    open: Object.keys(assumed).map((key) => `backbone.${key}`),
  };
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
