/** Describes a recipe in words. */
import {
  type AnyRecipe,
  backbonePresets,
  classesOf,
  enlargement,
  kindOf,
  type PretrainRecipe,
  parseRecipe,
  shapeOf,
  sheetGrid,
} from 'um-mae/runs';
import type { SheetPlaces } from '../../shared/protocol.js';

/** A recipe, checked. */
export interface ReadRecipe {
  readonly text: string;
  /** The recipe as it is written. */
  readonly written: object;
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
  return {
    text,
    written,
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

function methodOf(recipe: AnyRecipe): string {
  return 'method' in recipe ? (recipe.objective?.name ?? recipe.method) : recipe.task;
}

function modelName(backbone: PretrainRecipe['backbone']): string {
  const asText = JSON.stringify(Object.entries(backbone).sort());
  const known = Object.entries(backbonePresets).find(
    ([, preset]) => JSON.stringify(Object.entries(preset).sort()) === asText,
  );
  return known?.[0] ?? `${backbone.kind}, ${[backbone.channels].flat()[0]} channels`;
}

/** Sheets of reconstructions are those of `um-mae`, whose images are all of one size. */
function sheetPlaces({ image, backbone }: PretrainRecipe): SheetPlaces {
  const factor = enlargement(image);
  const cell = { width: image.width * factor, height: image.height * factor };
  return { ...sheetGrid({ cell, noteLines: 1 }), unit: shapeOf(backbone).unit, factor };
}
