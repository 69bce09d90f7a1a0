/** Describes a recipe in words. */
import { createHash } from 'node:crypto';
import {
  type AnyRecipe,
  backbonePresets,
  classesOf,
  enlargement,
  kindOf,
  type Leaf,
  leavesOf,
  type PretrainRecipe,
  parseRecipe,
  shapeOf,
  sheetGrid,
} from 'um-mae/runs';
import type { SheetPlaces } from '../../shared/protocol/run-details.js';

/** A recipe, checked. */
export interface ReadRecipe {
  readonly text: string;
  /** All its values, those by default too. */
  readonly leaves: readonly Leaf[];
  /** Differs from that of other recipes unless only the seed or the initial weights do. */
  readonly digest: string;
  /** The initial weights as the recipe names them. */
  readonly from: string | null;
  /** Losses of one kind can be compared. */
  readonly lossKind: string;
  readonly task: string;
  /** The command that trains it. */
  readonly command: string;
  readonly model: string;
  readonly method: string;
  readonly classes: readonly string[];
  readonly sheet: SheetPlaces | null;
  readonly imagesPerStep: number;
  /** The length of the run. */
  readonly duration: AnyRecipe['duration'];
}

/** @throws RecipeError when the text is no recipe that this version knows */
export function readRecipe(text: string, path: string): ReadRecipe {
  const written = parseRecipe(text, path);
  const { task, command, parse } = kindOf(written);
  const recipe = parse(written);
  const leaves = leavesOf(recipe);
  return {
    text,
    leaves,
    digest: digestOf(leaves),
    from: leaves.find(([name, value]) => name === 'from' && value !== 'none')?.[1] ?? null,
    lossKind: lossKindOf(recipe),
    task,
    command,
    model: modelName(recipe.backbone),
    method: methodOf(recipe),
    classes: classesOf(recipe),
    // Of an objective of another program the sheet has feature maps, which are not cut out.
    sheet: 'method' in recipe && !recipe.objective ? sheetPlaces(recipe) : null,
    imagesPerStep: recipe.batchSize * recipe.accumulation,
    duration: recipe.duration,
  };
}

/** The values that runs that repeat each other may differ in. */
const repeated: readonly string[] = ['seed', 'from'];

function digestOf(leaves: readonly Leaf[]): string {
  const kept = leaves.filter(([path]) => !repeated.includes(path)).sort();
  return createHash('sha256').update(JSON.stringify(kept)).digest('hex').slice(0, 16);
}

function lossKindOf(recipe: AnyRecipe): string {
  if (!('method' in recipe)) return `${recipe.task}, ${classesOf(recipe).length} classes`;
  const measure = recipe.method === 'simmim' ? 'absolute' : 'squared';
  const { unit } = shapeOf(recipe.backbone);
  const pixels = recipe.normPixels ? `normalised pixels, units of ${unit} px` : 'pixels';
  return `${measure} error of ${pixels}`;
}

function methodOf(recipe: AnyRecipe): string {
  return 'method' in recipe ? (recipe.objective?.name ?? recipe.method) : recipe.task;
}

function modelName(backbone: PretrainRecipe['backbone']): string {
  const asText = JSON.stringify(Object.entries(backbone).sort());
  const known = Object.entries(backbonePresets).find(
    ([, preset]) => JSON.stringify(Object.entries(preset).sort()) === asText,
  );
  if ('name' in backbone) return backbone.name;
  return known?.[0] ?? `${backbone.kind}, ${[backbone.channels].flat()[0]} channels`;
}

/** Sheets of reconstructions are those of `um-mae`, whose images are all of one size. */
function sheetPlaces({ image, backbone }: PretrainRecipe): SheetPlaces {
  const factor = enlargement(image);
  const cell = { width: image.width * factor, height: image.height * factor };
  return { ...sheetGrid({ cell, noteLines: 1 }), unit: shapeOf(backbone).unit, factor };
}
