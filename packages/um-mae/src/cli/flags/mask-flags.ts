/** Options that say what the values of masks mean. */
import { type Command, InvalidArgumentError } from 'commander';
import type { PixelValue } from '../../data/segmentation/classes/class-rules.js';
import type { SegmentRules } from '../../data/segmentation/open-segmented-images.js';

/** Values of the options. */
export interface MaskFlags {
  readonly classes?: Readonly<Record<string, readonly PixelValue[]>>;
  readonly ignore?: readonly PixelValue[];
  readonly exif?: SegmentRules['exif'];
}

/** Adds the options to a command. */
export function addMaskFlags(command: Command): Command {
  return command
    .option(
      '--classes <list>',
      'values of masks by name: background=0,object=255; or colours: road=#804080',
      readClasses,
    )
    .option('--ignore <values>', 'values of masks that are not learnt: 0,254', readValues)
    .option('--exif <rule>', 'upright: EXIF data turn images and masks; ignore: none', readExif);
}

/** The rules that the options say; null: what the data tell. */
export function maskRules({ classes, ignore, exif }: MaskFlags): SegmentRules {
  return { classes: classes ?? null, ignore: ignore ?? null, exif: exif ?? 'upright' };
}

function readClasses(text: string): Record<string, PixelValue[]> {
  const classes: [string, PixelValue[]][] = text.split(',').map((item) => {
    const [, name, value] = /^\s*(.+?)\s*=\s*(\S+)\s*$/.exec(item) ?? [];
    if (name === undefined || value === undefined) {
      throw new InvalidArgumentError('Expected NAME=VALUE, NAME=VALUE ...');
    }
    return [name, [readValue(value)]];
  });
  const joined = new Map<string, PixelValue[]>();
  for (const [name, values] of classes) joined.set(name, [...(joined.get(name) ?? []), ...values]);
  return Object.fromEntries(joined);
}

function readValues(text: string): PixelValue[] {
  return text.trim() === '' ? [] : text.split(',').map((value) => readValue(value.trim()));
}

function readValue(text: string): PixelValue {
  if (/^#[0-9a-f]{6}$/i.test(text)) return text.toLowerCase();
  if (/^\d{1,5}$/.test(text) && Number(text) < 65_536) return Number(text);
  throw new InvalidArgumentError('Expected values from 0 to 65535, or colours such as #804080.');
}

function readExif(text: string): SegmentRules['exif'] {
  if (text === 'upright' || text === 'ignore') return text;
  throw new InvalidArgumentError('Expected upright or ignore.');
}
