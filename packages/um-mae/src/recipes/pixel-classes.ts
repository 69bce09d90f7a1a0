/** The part of a recipe that says what masks mean. */
import { z } from 'zod';

const colour = z.string().regex(/^#[0-9a-fA-F]{6}$/, 'a colour such as #804080');
const value = z.union([z.int().min(0).max(65_535), colour], {
  error: 'a whole number up to 65535 or a colour such as #804080',
});

const rule = z.strictObject({
  name: z.string(),
  masks: z.array(value).readonly().describe('values of masks that mean the class'),
  colour: colour.describe('the colour that shows it'),
});

const classes = z.union(
  [
    z.array(rule).readonly(),
    z.record(z.string(), z.union([value, z.array(value).readonly()])).readonly(),
  ],
  { error: 'values of masks by the names of classes, such as {background: 0, object: 255}' },
);

/** Fields of the data of a recipe whose images have masks. */
export const maskFields = {
  classes: classes
    .nullable()
    .default(null)
    .describe(
      'values of masks, or colours, by names: {background: 0, object: 255}; null: those of the data',
    ),
  ignore: z
    .array(value)
    .readonly()
    .nullable()
    .default(null)
    .describe('mask values to ignore, in addition to 255; null: those of the data'),
  exif: z
    .enum(['upright', 'ignore'])
    .default('upright')
    .describe('upright: EXIF data turn images, as programs show them; ignore: they turn nothing'),
};
