import { readFileSync } from 'node:fs';
import { type Tensor, tensor } from '@um-mae/torch';
import { expectClose } from '@um-mae/torch/testing';
import { describe, expect, test } from 'vitest';
import { publishedTensors, publishedText } from '../../parity/published/published-files.js';
import type { RgbImage } from '../geometry/resize.js';
import { amountOf, applyOperation, type Operation, operationKinds } from './operations.js';

/** Made by `operations.py` beside it. */
const pillow: {
  images: { name: string; width: number; height: number; pixels: string }[];
  cases: (Operation & { image: string; pixels: string })[];
} = JSON.parse(
  readFileSync(new URL('../../../test/pillow/operations.json', import.meta.url), 'utf8'),
);
const bytesOf = (pixels: string) => Uint8Array.from(Buffer.from(pixels, 'base64'));

function imageOf(wanted: string): RgbImage {
  const found = pillow.images.find(({ name }) => name === wanted);
  expect(found, wanted).toBeDefined();
  const { width, height, pixels } = found as (typeof pillow.images)[0];
  return { width, height, data: bytesOf(pixels) };
}

describe('applyOperation', () => {
  test.each(operationKinds)('does %s as Pillow does, and leaves its input', (kind) => {
    const cases = pillow.cases.filter((one) => one.kind === kind);
    expect(cases.length).toBeGreaterThan(0);
    for (const { image: name, pixels, ...operation } of cases) {
      const image = imageOf(name);
      const found = applyOperation(image, operation);
      expect(found, `${name} ${JSON.stringify(operation)}`).toEqual(bytesOf(pixels));
      expect(image).toEqual(imageOf(name));
    }
  });
});

describe('amountOf', () => {
  const amounts = (kind: Operation['kind'], increasing: boolean) =>
    [0, 0.5, 1].map((magnitude) => amountOf(kind, { magnitude, sign: -1, increasing }));

  test.each([
    ['rotate', [-0, -15, -30]],
    ['posterize', [4, 2, 0]],
    ['solarize', [256, 128, 0]],
    ['solarize-add', [0, 55, 110]],
    ['color', [1, 0.55, 0.1]],
    ['contrast', [1, 0.55, 0.1]],
    ['brightness', [1, 0.55, 0.1]],
    ['sharpness', [1, 0.55, 0.1]],
    ['shear-x', [-0, -0.15, -0.3]],
    ['shear-y', [-0, -0.15, -0.3]],
    ['translate-x', [-0, -0.225, -0.45]],
    ['translate-y', [-0, -0.225, -0.45]],
  ] as const)('goes from none to all of %s', (kind, expected) => {
    expectClose(tensor(amounts(kind, true)), [...expected], { atol: 1e-6 });
  });

  test.each([
    ['posterize', [0, 2, 4]],
    ['solarize', [0, 128, 256]],
    ['color', [0.1, 1, 1.9]],
  ] as const)('goes the original way with %s when not increasing', (kind, expected) => {
    expectClose(tensor(amounts(kind, false)), [...expected], { atol: 1e-6 });
  });
});

describe('operations as published', () => {
  const { augment_operations: published } = JSON.parse(publishedText('transforms/case.json'));
  const tensors = publishedTensors('transforms/tensors.safetensors');
  /** [height, width, 3] */
  const bytes = (name: string) => (tensors.get(name) as Tensor).permute([1, 2, 0]).toArray();

  /** `TranslateXRel` is our `translate-x`. */
  const kindOf = (name: string) =>
    operationKinds.find(
      (kind) => kind.replaceAll('-', '') === name.replace(/Increasing|Rel/, '').toLowerCase(),
    );

  test('names all operations', () => {
    const found = published.rows.map((row: { operation: string }) => kindOf(row.operation));
    expect(new Set(found)).toEqual(new Set(operationKinds));
  });

  for (const row of published?.rows ?? []) {
    test(`equals ${row.tensor}`, () => {
      const kind = kindOf(row.operation) as Operation['kind'];
      const sign = row.sign_draw > 0.5 ? -1 : 1;
      const amount = amountOf(kind, { magnitude: row.magnitude / 10, sign, increasing: true });
      expect(amount).toBe(row.resulting_argument[0] ?? 0);
      const image = { width: 40, height: 40, data: bytes(published.input) as Uint8Array };
      const found = applyOperation(image, { kind, amount, interpolation: 'bicubic' });
      expect(found).toEqual(bytes(row.tensor));
    });
  }
});
