import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { photoLike } from '../../bench/loader-benchmark.js';
import { randomInteger, seededRandom } from '../../random.js';
import { decodeBytes } from '../decode.js';
import type { Box, RgbImage } from '../geometry/resize.js';
import { nativePixels } from '../native-pixels.js';
import { decodeJpegRegion, jpegSize } from './jpeg-region.js';

const [width, height] = [83, 61];
const raw = { width, height, channels: 3 } as const;
const photo = () => sharp(photoLike(1, width, height), { raw });

const encodings: readonly (readonly [string, () => Promise<Buffer>])[] = [
  ['4:2:0', () => photo().jpeg({ quality: 90 }).toBuffer()],
  ['4:4:4', () => photo().jpeg({ chromaSubsampling: '4:4:4' }).toBuffer()],
  ['progressive', () => photo().jpeg({ progressive: true }).toBuffer()],
  ['grey', () => photo().greyscale().jpeg().toBuffer()],
];

function cut({ data, width }: RgbImage, { left, top, ...size }: Box): Uint8Array {
  const rows = Array.from({ length: size.height }, (_, row) => {
    const from = ((top + row) * width + left) * 3;
    return [...data.subarray(from, from + size.width * 3)];
  });
  return Uint8Array.from(rows.flat());
}

describe.skipIf(!nativePixels?.jpegSize(await photo().jpeg().toBuffer()))(
  'decodeJpegRegion (needs the addon with libjpeg-turbo)',
  () => {
    test.each(encodings)('gives the pixels of the whole image: %s', async (_, encode) => {
      const bytes = await encode();
      const whole = await decodeBytes(bytes);
      expect(jpegSize(bytes)).toEqual({ width, height });
      const random = seededRandom(1);
      for (let i = 0; i < 60; i++) {
        const size = {
          width: 1 + randomInteger(random, width),
          height: 1 + randomInteger(random, height),
        };
        const left = randomInteger(random, width - size.width + 1);
        const top = randomInteger(random, height - size.height + 1);
        const box = { left, top, ...size };
        expect(decodeJpegRegion(bytes, box)?.data, JSON.stringify(box)).toEqual(cut(whole, box));
      }
    });

    test('leaves to sharp what is turned, CMYK, cut off or no JPEG', async () => {
      const bytes = await photo().jpeg().toBuffer();
      const turned = await photo().withMetadata({ orientation: 6 }).jpeg().toBuffer();
      const upright = await photo().withMetadata({ orientation: 1 }).jpeg().toBuffer();
      const cmyk = await photo().toColourspace('cmyk').jpeg().toBuffer();
      const png = await photo().png().toBuffer();
      expect(jpegSize(upright)).toEqual({ width, height });
      const padded = Buffer.concat([bytes, Buffer.alloc(3)]);
      expect(jpegSize(padded)).toEqual({ width, height });
      const cutOff = bytes.subarray(0, bytes.length / 2);
      for (const other of [turned, cmyk, png, cutOff, Buffer.alloc(0), bytes.subarray(0, 3)]) {
        expect(jpegSize(other)).toBeUndefined();
      }
    });

    test('does not make up pixels of damaged images', async () => {
      const bytes = await photo().jpeg({ quality: 95 }).toBuffer();
      const middle = bytes.length >> 1;
      const damaged = Buffer.concat([
        bytes.subarray(0, middle),
        Buffer.from([0xff, 0xd9]),
        bytes.subarray(-2),
      ]);
      expect(jpegSize(damaged)).toEqual({ width, height });
      expect(decodeJpegRegion(damaged, { left: 0, top: 0, width, height })).toBeUndefined();
      const random = seededRandom(2);
      for (let i = 0; i < 300; i++) {
        const noisy = Buffer.from(bytes);
        for (let n = 0; n < 8; n++) noisy[randomInteger(random, noisy.length)] = 256 * random();
        const size = jpegSize(noisy);
        // Either outcome will do, as long as there is one.
        if (size) decodeJpegRegion(noisy, { left: 0, top: 0, ...size });
      }
    });
  },
);
