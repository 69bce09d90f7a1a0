import { expect, test } from 'vitest';
import { decodeBytes } from '../decode.js';
import { decodeJpegRegion, jpegSize } from './jpeg-region.js';
import { checkScans } from './jpeg-scans.js';

function segment(code: number, ...content: readonly number[]): Buffer {
  const length = content.length + 2;
  return Buffer.from([0xff, code, length >> 8, length & 255, ...content]);
}

/** A progressive grey image of 64 x 64 pixels, each of whose scans is a run of empty blocks. */
function progressive(scans: number): Buffer {
  const side = 64;
  const codes = [1, ...Array(15).fill(0)];
  const head = [
    Buffer.from([0xff, 0xd8]),
    // What looks like a scan, in a comment, and a marker without a length.
    segment(0xfe, 0xff, 0xda, 0xff, 0xda),
    Buffer.from([0xff, 0x01]),
    segment(0xdb, 0, ...Array(64).fill(1)),
    segment(0xc2, 8, 0, side, 0, side, 1, 1, 0x11, 0),
    segment(0xc4, 0, ...codes, 0),
    segment(0xc4, 0x10, ...codes, 0x60),
    segment(0xda, 1, 1, 0, 0, 0, 0),
    Buffer.alloc(side / 8),
  ];
  const others = Array.from({ length: scans - 1 }, (_, i) => {
    const place = 1 + (i % 63);
    // All bits but the last thirteen first, then one bit more in each round.
    const bits = i < 63 ? 13 : ((14 - Math.floor(i / 63)) << 4) | (13 - Math.floor(i / 63));
    return [segment(0xda, 1, 1, 0, place, place, bits), Buffer.from([1])];
  });
  return Buffer.concat([...head, ...others.flat(), Buffer.from([0xff, 0xd9])]);
}

test('images of a hundred scans are read, whole and in part', async () => {
  const bytes = progressive(100);
  expect(jpegSize(bytes)).toEqual({ width: 64, height: 64 });
  const whole = await decodeBytes(bytes);
  const part = decodeJpegRegion(bytes, { left: 32, top: 16, width: 8, height: 4 });
  expect(new Set(whole.data)).toEqual(new Set([128]));
  expect(new Set(part?.data)).toEqual(new Set([128]));
});

test('images of more scans are refused by both decoders', async () => {
  const bytes = progressive(101);
  expect(jpegSize(bytes)).toEqual({ width: 64, height: 64 });
  expect(decodeJpegRegion(bytes, { left: 32, top: 16, width: 8, height: 4 })).toBeUndefined();
  await expect(decodeBytes(bytes)).rejects.toMatchObject({
    reason: 'a JPEG of more than 100 scans',
  });
});

test('the end of a file ends the search for scans wherever it is', () => {
  const bytes = progressive(101);
  for (let length = 0; length < 200; length++) checkScans(bytes.subarray(0, length));
});
