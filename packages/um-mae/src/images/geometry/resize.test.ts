import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { publishedPath, publishedText } from '../../parity/published/published-files.js';
import { seededRandom } from '../../random.js';
import { decodeImage } from '../decode.js';
import { nativePixels } from '../native-pixels.js';
import { stretch } from './crop.js';
import { type Box, type RgbImage, resample, resampleHere } from './resize.js';

const whole = ({ width, height }: RgbImage): Box => ({ left: 0, top: 0, width, height });

function noise(width: number, height: number): RgbImage {
  const random = seededRandom(width, height);
  return {
    width,
    height,
    data: Uint8Array.from({ length: width * height * 3 }, () => random() * 256),
  };
}

/** Cuts a window out of an image. */
function cut({ data, width }: RgbImage, { left, top, ...size }: Box): Uint8Array {
  const rows = Array.from({ length: size.height }, (_, row) => {
    const from = ((top + row) * width + left) * 3;
    return [...data.subarray(from, from + size.width * 3)];
  });
  return Uint8Array.from(rows.flat());
}

describe('resample', () => {
  test('copies when the size stays', () => {
    const image = noise(13, 9);
    expect(resample(image, stretch(whole(image), image))).toEqual(image.data);
  });

  test('keeps a flat colour flat', () => {
    const image = { width: 7, height: 5, data: new Uint8Array(105).fill(201) };
    for (const [width, height] of [
      [3, 2],
      [40, 31],
      [7, 50],
    ] as const) {
      expect(new Set(resample(image, stretch(whole(image), { width, height })))).toEqual(
        new Set([201]),
      );
    }
  });

  test('sees nothing outside its source', () => {
    const image = noise(40, 30);
    const source = { left: 5, top: 6, width: 20, height: 17 };
    const alone = { width: 20, height: 17, data: cut(image, source) };
    const size = { width: 31, height: 9 };
    expect(resample(image, stretch(source, size))).toEqual(
      resample(alone, stretch(whole(alone), size)),
    );
  });

  test('computes a window as part of the whole', () => {
    const image = noise(40, 30);
    for (const [width, height] of [
      [23, 60],
      [81, 11],
    ] as const) {
      const window = { left: 3, top: 2, width: 17, height: 8 };
      const all = {
        width,
        height,
        data: resample(image, stretch(whole(image), { width, height })),
      };
      expect(resample(image, { source: whole(image), width, height, window })).toEqual(
        cut(all, window),
      );
    }
  });
});

describe.skipIf(!nativePixels)('resample in the addon', () => {
  test('gives the same bytes as here', () => {
    const random = seededRandom(5);
    const side = () => 1 + Math.floor(80 * random() ** 2);
    for (let i = 0; i < 200; i++) {
      const image = noise(side(), side());
      const source = {
        left: Math.floor(random() * image.width),
        top: Math.floor(random() * image.height),
        width: 1,
        height: 1,
      };
      source.width += Math.floor(random() * (image.width - source.left));
      source.height += Math.floor(random() * (image.height - source.top));
      const [width, height] = [side(), side()];
      const [left, top] = [Math.floor(random() * width), Math.floor(random() * height)];
      const window = { left, top, width: width - left, height: height - top };
      const sampling = { source, width, height, window };
      expect(resample(image, sampling), JSON.stringify(sampling)).toEqual(
        resample(image, sampling, resampleHere),
      );
    }
  });
});

describe('resample, as Pillow', () => {
  const tensor = readTensors(publishedPath('transforms/tensors.safetensors'));
  const published = JSON.parse(publishedText('transforms/case.json'));
  const photo = (name: string) => decodeImage(publishedPath(`transforms/${name}`));

  test('equals the published crops', async () => {
    for (const { name, photo: file, output_side: side, flip, ...source } of published.crops) {
      const pixels = resample(await photo(file), stretch(source, { width: side, height: side }));
      const expected = tensor(name);
      expect(pixels, name).toEqual(flip ? mirrored(expected) : expected.data);
    }
  });

  test('equals the published evaluation images', async () => {
    for (const row of published.evaluation) {
      const image = await photo(row.photo);
      const [width, height] = row.size_after_resize_width_height;
      const [top, left] = row.crop_top_left;
      const window = { left, top, width: row.input_size, height: row.input_size };
      const pixels = resample(image, { source: whole(image), width, height, window });
      expect(pixels, row.name).toEqual(tensor(row.name).data);
    }
  });

  test('equals the published probes', () => {
    for (const { name } of published.resize_probes) {
      const image = tensor(`${name}.in`);
      const expected = tensor(`${name}.out`);
      expect(resample(image, stretch(whole(image), expected)), name).toEqual(expected.data);
    }
  });
});

function mirrored({ data, width }: RgbImage): Uint8Array {
  return data.map((_, i) => {
    const pixel = Math.floor(i / 3);
    const column = pixel % width;
    return data[(pixel - column + width - 1 - column) * 3 + (i % 3)] as number;
  });
}

/** Reads [colour, row, column] tensors of a safetensors file as images. */
function readTensors(file: string): (name: string) => RgbImage {
  const bytes = readFileSync(file);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start));
  return (name) => {
    const { shape, data_offsets: offsets } = header[name];
    const [, height, width] = shape;
    const plane = width * height;
    const levels = bytes.subarray(start + offsets[0], start + offsets[1]);
    const data = Uint8Array.from(
      levels,
      (_, i) => levels[(i % 3) * plane + Math.floor(i / 3)] as number,
    );
    return { width, height, data };
  };
}
