/**
 * The classes of pixels: their names, the values of masks that mean them, and the colours that show
 * them.
 */
import { DataError } from '../../../errors.js';
import { ignoredClass } from '../../../images/masks/class-map.js';
import type { Colour } from '../../../images/masks/class-map-file.js';
import { colourOfValue, colourValue } from '../../../images/masks/mask.js';
import { isVoid, type NamedClass } from './class-file.js';
import type { ClassTable } from './class-table.js';
import { colourOf, type KnownClasses } from './known-classes.js';

/** A class of pixels; its number is its place in a list. */
export interface PixelClass {
  readonly name: string;
  readonly colour: Colour;
}

/** A value of masks: a whole number, or a colour such as `#804080`. */
export type PixelValue = number | string;

/** A class with everything that decoding and drawing it takes. */
export interface ClassRule {
  readonly name: string;
  /** The values of masks that mean it. */
  readonly masks: readonly PixelValue[];
  /** The colour that shows it, such as `#804080`. */
  readonly colour: string;
}

/** All rules, as recipes record them. */
export interface ClassRules {
  readonly classes: readonly ClassRule[];
  /** Values whose pixels are neither learnt nor counted. */
  readonly ignore: readonly PixelValue[];
}

/** Classes as people write them: rules, or values by names. */
export type WrittenClasses =
  | readonly ClassRule[]
  | Readonly<Record<string, PixelValue | readonly PixelValue[]>>;

/** The form of the masks that rules are made for. */
export interface RuleContext {
  /** Whether masks are colours, and not numbers. */
  readonly isColoured: boolean;
  /** Colours of the indices that masks store; none where they have no palette. */
  readonly palette: readonly Colour[];
}

/** The value of `um-mae`'s decoder for one that is written. */
export function storedValue(value: PixelValue): number {
  return typeof value === 'number' ? value : colourValue(Number.parseInt(value.slice(1), 16));
}

/** A stored value as it is written. */
export function writtenValue(value: number): PixelValue {
  const colour = colourOfValue(value);
  return colour === undefined ? value : hexOf(colour);
}

/** A colour as it is written. */
export function writtenColour([red, green, blue]: Colour): string {
  return hexOf((red << 16) | (green << 8) | blue);
}

function hexOf(colour: number): string {
  return `#${colour.toString(16).padStart(6, '0')}`;
}

/** The rules that a person has written. */
export function rulesOfWritten(written: WrittenClasses, context: RuleContext): ClassRule[] {
  if (isList(written)) return [...written];
  return Object.entries(written).map(([name, values], number) => {
    const masks = isList(values) ? values : [values];
    return { name, masks, colour: colourFor(masks, number, context) };
  });
}

function isList<Item>(value: readonly Item[] | object | Item): value is readonly Item[] {
  return Array.isArray(value);
}

/** The rules of a file of classes, of which void ones are ignored. */
export function rulesOfFile(named: readonly NamedClass[], context: RuleContext): ClassRules {
  const rules = new Map<string, ClassRule>();
  const ignore: PixelValue[] = [];
  for (const [line, { name, value, colour }] of named.entries()) {
    const isColour = context.isColoured && colour !== undefined;
    const stored = isColour ? hexOf(colour) : (value ?? line);
    if (isVoid(name)) {
      ignore.push(stored);
      continue;
    }
    const before = rules.get(name);
    const masks = [...(before?.masks ?? []), stored];
    const shown = colour === undefined ? colourFor(masks, rules.size, context) : hexOf(colour);
    rules.set(name, { name, masks, colour: before?.colour ?? shown });
  }
  return { classes: [...rules.values()], ignore };
}

/** The rules of a published data set; undefined where its masks are colours that are not known. */
export function rulesOfKnown(
  { title, names, values, ignored, colours }: KnownClasses,
  context: RuleContext,
): ClassRules | undefined {
  const shown = (number: number) => writtenColour(colours?.[number] ?? colourOf(number));
  if (!context.isColoured) {
    const classes = names.map((name, number) => {
      const masks = [values?.[number] ?? number];
      return { name, masks, colour: shown(number) };
    });
    return { classes, ignore: ignored };
  }
  if (!colours && title !== 'Pascal VOC') return undefined;
  const classes = names.map((name, number) => ({
    name,
    masks: [shown(number)],
    colour: shown(number),
  }));
  return { classes, ignore: [] };
}

/** A class for every value, where nothing names them. */
export function rulesOfValues(values: readonly number[], context: RuleContext): ClassRule[] {
  return values.map((value, number) => ({
    name: `class ${value}`,
    masks: [value],
    colour: colourFor([value], number, context),
  }));
}

/** The colour in masks, or in their palette, or else one of our own. */
function colourFor(masks: readonly PixelValue[], number: number, { palette }: RuleContext): string {
  const [first] = masks;
  if (typeof first === 'string') return first.toLowerCase();
  return writtenColour((first === undefined ? undefined : palette[first]) ?? colourOf(number));
}

/** The classes as they are shown. */
export function pixelClassesOf(rules: readonly ClassRule[]): PixelClass[] {
  return rules.map(({ name, colour }) => {
    const [red = 0, green = 0, blue = 0] = Buffer.from(colour.slice(1), 'hex');
    return { name, colour: [red, green, blue] };
  });
}

/**
 * The look-up from stored values to classes.
 *
 * @param isGrey whether levels also stand in masks as colours of three equal ones
 * @throws DataError when a value means two things
 */
export function tableOf({ classes, ignore }: ClassRules, isGrey: boolean): ClassTable {
  const table = new Map<number, number>();
  const meanings = [
    ...classes.map(({ name, masks }, number) => ({ name: `\`${name}\``, masks, number })),
    { name: '`ignore`', masks: ignore, number: ignoredClass },
  ];
  const owners = new Map<number, string>();
  for (const { name, masks, number } of meanings) {
    for (const value of masks.map(storedValue)) {
      const owner = owners.get(value);
      if (owner !== undefined && owner !== name) {
        throw new DataError(
          `Expected each value of masks to have one meaning but got ${writtenValue(value)} for ${owner} and ${name}.`,
        );
      }
      owners.set(value, name);
      table.set(value, number);
      if (isGrey && value < 256) table.set(colourValue(value * 0x010101), number);
    }
  }
  return table;
}
