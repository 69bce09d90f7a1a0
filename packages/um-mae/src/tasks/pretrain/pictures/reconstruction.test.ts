import { Generator } from '@um-mae/torch';
import { describe, expect, test } from 'vitest';
import type { RgbImage } from '../../../images/geometry/resize.js';
import { MaskedAutoencoder } from '../../../objectives/masked-autoencoder.js';
import { parsePretrainRecipe } from '../../../recipes/parse.js';
import { swinMicro } from '../../../recipes/pretrain/folder.js';
import { reconstruct } from './reconstruction.js';

const size = { height: 32, width: 64 };
const recipe = { ...parsePretrainRecipe(swinMicro), image: size };
const model = new MaskedAutoencoder(recipe, { generator: new Generator(0) });
const { unit, grid } = model;
const image: RgbImage = {
  ...size,
  data: Uint8Array.from({ length: 32 * 64 * 3 }, (_, i) => (i * i * 7 + i) % 256),
};
const mask = model.drawMask(1, new Generator(1));
const [visible, hidden] = [mask.visible, mask.hidden].map((flags) => [...flags.toArray()]);

/** A unit of which no prediction is shown, in the colour of the sheet. */
const blank = Array.from({ length: unit ** 2 }, () => [251, 251, 249]).flat();

/** All values of a unit, one after the other. */
function unitOf({ data, width }: RgbImage, index: number): number[] {
  const top = Math.floor(index / grid.columns) * unit;
  const left = (index % grid.columns) * unit;
  return Array.from({ length: unit }, (_, row) => {
    const start = ((top + row) * width + left) * 3;
    return [...data.subarray(start, start + unit * 3)];
  }).flat();
}

describe('reconstruct', () => {
  const units = Array.from({ length: grid.rows * grid.columns }, (_, index) => index);
  const dropped = units.filter((index) => !visible?.[index]);
  const seen = units.filter((index) => visible?.[index] && !hidden?.[index]);
  const [result] = reconstruct(model, [image], mask);

  test('marks what was dropped and what was hidden, and leaves what was seen', () => {
    if (!result) return expect(result).toBeDefined();
    expect(dropped).toHaveLength(24);
    for (const index of dropped) expect(new Set(unitOf(result.masked, index)).size).toBe(3);
    for (const index of seen) expect(unitOf(result.masked, index)).toEqual(unitOf(image, index));
    const hatched = units.filter((index) => hidden?.[index]);
    expect(hatched).toHaveLength(2);
    for (const index of hatched) {
      expect(unitOf(result.masked, index)).not.toEqual(unitOf(image, index));
    }
  });

  test('shows predictions of dropped units alone, beside what was seen', () => {
    if (!result) return expect(result).toBeDefined();
    const { predicted, pasted, masked } = result;
    for (const index of dropped) {
      expect(unitOf(pasted, index)).toEqual(unitOf(predicted, index));
      expect(new Set(unitOf(predicted, index)).size).toBeGreaterThan(3);
    }
    for (const index of seen) expect(unitOf(pasted, index)).toEqual(unitOf(image, index));
    const kept = units.filter((index) => visible?.[index]);
    for (const index of kept) {
      expect(unitOf(predicted, index)).toEqual(blank);
      expect(unitOf(pasted, index)).toEqual(unitOf(masked, index));
    }
  });

  test('gives predictions of normalised units their own mean and deviation', () => {
    const flat = new MaskedAutoencoder(recipe, { generator: new Generator(0) });
    flat.decoder_pred.weight.detach().fill_(0);
    const [prediction] = reconstruct(flat, [image], mask);
    if (!prediction) return expect(prediction).toBeDefined();
    for (const index of units) {
      // Nothing but the mean of the normalised pixels, which differs per colour once it is undone.
      expect(new Set(unitOf(prediction.predicted, index)).size).toBeLessThanOrEqual(3);
    }
  });

  test('leaves the model in training', () => {
    expect(model.training).toBe(true);
  });
});
