import { describe, expect, test } from 'vitest';
import { readModelMetadata } from '#web/model/model-file.js';
import { withMetadata } from './testing/onnx-metadata.js';

/** A version of the format, and an empty graph. */
const empty = Uint8Array.of(0x08, 8, 0x3a, 0);

const written = {
  kind: 'classifier',
  classes: '["cat","dog"]',
  height: '64',
  width: '96',
  cropShare: '0.875',
  interpolation: 'bicubic',
  mean: '[0.485,0.456,0.406]',
  deviation: '[0.229,0.224,0.225]',
};

describe('readModelMetadata', () => {
  test('tells what um-mae export wrote', () => {
    expect(readModelMetadata(withMetadata(empty, written), 'a.onnx')).toEqual({
      kind: 'classifier',
      classes: ['cat', 'dog'],
      height: 64,
      width: 96,
      cropShare: 0.875,
      interpolation: 'bicubic',
      mean: [0.485, 0.456, 0.406],
      deviation: [0.229, 0.224, 0.225],
    });
  });

  test('needs no classes of a backbone', () => {
    const { classes: _, ...rest } = { ...written, kind: 'backbone', strides: '[4,8]' };
    expect(readModelMetadata(withMetadata(empty, rest), 'a.onnx').kind).toBe('backbone');
  });

  test('tells colours of a segmentor, and how images fit', () => {
    const { cropShare: _, ...rest } = { ...written, kind: 'segmentor', fitting: 'scale' };
    const colours = '["#804080","#00ff00"]';
    const model = withMetadata(empty, { ...rest, colours, long: '1024', short: '256' });
    expect(readModelMetadata(model, 'a.onnx')).toMatchObject({
      kind: 'segmentor',
      colours: ['#804080', '#00ff00'],
      fitting: 'scale',
      short: 256,
    });
    const odd = withMetadata(empty, { ...rest, colours: '["red","#00ff00"]' });
    expect(() => readModelMetadata(odd, 'a.onnx')).toThrow('another `colours` in its metadata');
  });

  test.each([
    ['kind', 'detector'],
    ['classes', 'cat, dog'],
    ['classes', '{"0": "cat"}'],
    ['classes', '[]'],
    ['height', '1e9'],
    ['width', 'wide'],
    ['cropShare', '0'],
    ['interpolation', 'nearest'],
    ['mean', '[0.5, 0.5]'],
    ['deviation', '[0, 1, 1]'],
  ])('refuses %s of %s', (key, value) => {
    const model = withMetadata(empty, { ...written, [key]: value });
    expect(() => readModelMetadata(model, 'a.onnx')).toThrow(
      `Expected a model that \`um-mae export\` wrote but got a.onnx, an ONNX file with another \`${key}\` in its metadata.`,
    );
  });

  test('refuses a model that is cut off, wherever that is', () => {
    const model = withMetadata(empty, written);
    for (let length = 3; length < model.length; length++) {
      expect(() => readModelMetadata(model.subarray(0, length), 'a.onnx')).toThrow(
        /^Expected .+\.$/,
      );
    }
  });

  test.each([
    ['an image', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a), 'is no ONNX'],
    ['nothing', new Uint8Array(), 'is empty'],
  ])('refuses %s', (_, bytes, reason) => {
    expect(() => readModelMetadata(bytes, 'a.onnx')).toThrow(
      `Expected an .onnx file that \`um-mae export\` wrote but got a.onnx, which ${reason}.`,
    );
  });
});
