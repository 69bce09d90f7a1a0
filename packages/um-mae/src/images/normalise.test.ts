import type { Tensor } from '@um-mae/torch';
import { expectClose } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import { publishedTensors } from '../parity/published/published-files.js';
import { denormaliseImages, normaliseImages } from './normalise.js';

test('denormaliseImages undoes normaliseImages', () => {
  const bytes = Uint8Array.from({ length: 2 * 16 * 8 * 3 }, (_, i) => i % 256);
  const images = normaliseImages(bytes, { height: 16, width: 8 }, 'cpu');
  expect(images.shape).toEqual([2, 3, 16, 8]);
  expect(Buffer.concat(denormaliseImages(images))).toEqual(Buffer.from(bytes));
});

describe('normaliseImages', () => {
  test.each(['crop_0_0', 'crop_1_0'])('equals the published numbers of %s', (name) => {
    const tensors = publishedTensors('transforms/tensors.safetensors');
    const crop = (tensors.get(name) as Tensor).permute([1, 2, 0]).toArray() as Uint8Array;
    const images = normaliseImages(crop, { height: 64, width: 64 }, 'cpu');
    expectClose(images.at(0), tensors.get(`${name}.normalised`) as Tensor, { atol: 2e-6 });
  });
});
