import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { decodeBytes } from '../decode.js';
import { type TiffContent, writeTiff } from '../testing/write-tiff.js';

/** The colour of the first pixel; all are alike. */
async function colourOf(content: TiffContent): Promise<number[]> {
  const { width, height, data } = await decodeBytes(writeTiff(content));
  expect([width, height, data.length]).toEqual([4, 3, 36]);
  expect(data.subarray(0, 3)).toEqual(data.subarray(-3));
  return [...data.subarray(0, 3)];
}

describe('TIFF files', () => {
  const cases: [what: string, content: TiffContent, colour: number[]][] = [
    ['RGB', { samples: [10, 20, 30] }, [10, 20, 30]],
    ['RGB and near infrared', { samples: [10, 20, 30, 0], extra: [0] }, [10, 20, 30]],
    ['RGB and a band that nothing is said of', { samples: [10, 20, 30, 0] }, [10, 20, 30]],
    ['RGB and opacity', { samples: [10, 20, 30, 0], extra: [2] }, [255, 255, 255]],
    ['RGB and half opacity', { samples: [0, 100, 255, 51], extra: [2] }, [204, 224, 255]],
    ['colours multiplied with opacity', { samples: [0, 20, 51, 51], extra: [1] }, [204, 224, 255]],
    ['five bands', { samples: [10, 20, 30, 0, 99], extra: [0, 0] }, [10, 20, 30]],
    ['a band, then opacity', { samples: [10, 20, 30, 9, 0], extra: [0, 2] }, [255, 255, 255]],
    [
      'six bands that begin with grey',
      { samples: [10, 20, 30, 40, 50, 60], photometric: 1, extra: [0, 0, 0, 0, 0] },
      [10, 20, 30],
    ],
    ['three bands as grey', { samples: [10, 20, 30], photometric: 1, extra: [0, 0] }, [10, 20, 30]],
    ['grey and another band', { samples: [10, 0], extra: [0] }, [10, 10, 10]],
    ['grey and opacity', { samples: [10, 0], extra: [2] }, [255, 255, 255]],
    ['grey where white is 0', { samples: [10], photometric: 0 }, [245, 245, 245]],
    ['16 bits', { samples: [2570, 5140, 7710], bits: 16 }, [10, 20, 30]],
    [
      '16 bits of four bands',
      { samples: [2570, 5140, 7710, 0], bits: 16, extra: [0] },
      [10, 20, 30],
    ],
    [
      '16 bits of five bands that begin with grey',
      { samples: [2570, 5140, 7710, 0, 0], bits: 16, photometric: 1, extra: [0, 0, 0, 0] },
      [10, 20, 30],
    ],
    [
      '12 bits in 16, and so said',
      { samples: [4095], bits: 16, tags: { 281: 4095 } },
      [255, 255, 255],
    ],
    [
      '12 bits of RGB, and so said',
      { samples: [0, 819, 4095], bits: 16, tags: { 281: 4095 } },
      [0, 51, 255],
    ],
    ['12 bits in 16, which nothing says', { samples: [4095], bits: 16 }, [15, 15, 15]],
    ['floats to 1', { samples: [0.2], bits: 32, format: 3 }, [51, 51, 51]],
    ['floats to 1 in colours', { samples: [0, 0.2, 1], bits: 32, format: 3 }, [0, 51, 255]],
    ['floats to 255', { samples: [10, 20, 200], bits: 32, format: 3 }, [10, 20, 200]],
    ['grey floats to 255', { samples: [100], bits: 32, format: 3 }, [100, 100, 100]],
    [
      'floats of four bands',
      { samples: [0, 0.2, 1, 900], bits: 32, format: 3, extra: [0] },
      [0, 51, 255],
    ],
    [
      'floats of five bands that begin with grey',
      { samples: [0, 0.2, 1, 7, 7], bits: 32, format: 3, photometric: 1, extra: [0, 0, 0, 0] },
      [0, 51, 255],
    ],
    [
      'floats where white is 0',
      { samples: [0.2], bits: 32, format: 3, photometric: 0 },
      [204, 204, 204],
    ],
    [
      'floats a rounding beyond 1',
      { samples: [1.0005, 0, -0.0005], bits: 32, format: 3 },
      [255, 0, 0],
    ],
  ];

  test.each(cases)('of %s are shown', async (_, content, colour) => {
    expect(await colourOf(content)).toEqual(colour);
  });

  const refused: [what: string, content: TiffContent, reason: RegExp][] = [
    [
      'floats to 4',
      { samples: [0, 1, 4], bits: 32, format: 3 },
      /floats from 0\.00 to 4\.00, which is neither/,
    ],
    ['floats below 0', { samples: [-3], bits: 32, format: 3 }, /floats from -3\.00/],
    ['floats to 1000', { samples: [1000], bits: 32, format: 3 }, /floats from/],
    ['floats that are none', { samples: [Number.NaN], bits: 32, format: 3 }, /no numbers/],
    ['floats of 16 bits', { samples: [0x3800], bits: 16, format: 3 }, /float samples of 16 bits/],
    ['signed samples', { samples: [-5], bits: 16, format: 2 }, /signed samples of 16 bits/],
    ['signed bytes', { samples: [5, 6, 7], format: 2 }, /signed samples of 8 bits/],
    ['integers of 32 bits', { samples: [70_000], bits: 32 }, /unsigned samples of 32 bits/],
    ['inks beyond four', { samples: [1, 2, 3, 4, 5], photometric: 5, extra: [0] }, /5 inks/],
    ['bands apart', { samples: [1, 2], photometric: 1, tags: { 284: 2 } }, /bands that lie apart/],
    ['tiles apart', { samples: [1, 2, 3], tags: { 284: 2, 322: 16 } }, /bands that lie apart/],
    ['YCbCr', { samples: [1, 2, 3], photometric: 6 }, /YCbCr colours without JPEG/],
    ['CIELAB', { samples: [1, 2, 3], photometric: 8 }, /CIELAB colours/],
    ['a sensor', { samples: [1], photometric: 32_803 }, /a raw file of a camera/],
    [
      'a negative with a preview',
      { samples: [1, 2, 3], tags: { 50706: 1 } },
      /raw file of a camera/,
    ],
    ['a preview', { samples: [1, 2, 3], tags: { 254: 1, 330: 8 } }, /raw file of a camera/],
  ];

  test.each(refused)('of %s are refused by name', async (_, content, reason) => {
    await expect(decodeBytes(writeTiff(content))).rejects.toThrow(reason);
  });

  test('that are cut off are truncated or damaged', async () => {
    const bytes = writeTiff({ samples: [1, 2, 3, 4], extra: [0] });
    for (const length of [10, 60, 150, bytes.length - 5]) {
      await expect(decodeBytes(bytes.subarray(0, length))).rejects.toThrow(/damaged|truncated|not/);
    }
  });
});

describe('files that are no images', () => {
  const heif = (...brands: string[]) =>
    Buffer.concat([
      Buffer.from([0, 0, 0, 8 + 4 * brands.length + 4]),
      Buffer.from(`ftyp${brands[0]}\0\0\0\0${brands.slice(1).join('')}`, 'latin1'),
      Buffer.alloc(64),
    ]);
  const named: [what: string, bytes: Buffer, reason: RegExp][] = [
    ['HEIC', heif('heic', 'mif1', 'heic'), /a HEIC photo, which is not read here \(convert/],
    ['HEIC of a sequence', heif('hevc', 'hevc', 'msf1'), /a HEIC photo/],
    ['HEIF of no brand of its own', heif('mif1', 'mif1', 'miaf'), /a HEIC photo/],
    ['a damaged AVIF', heif('avif', 'avif', 'mif1'), /truncated/],
    ['JPEG XL', Buffer.from('\xff\x0aabc', 'latin1'), /a JPEG XL image/],
    ['JPEG 2000', Buffer.from('\0\0\0\x0cjP  \r\n\x87\n', 'latin1'), /a JPEG 2000 image/],
    ['Photoshop', Buffer.from('8BPS\0\x01'), /a Photoshop file/],
    ['OpenEXR', Buffer.from('v/1\x01'), /an OpenEXR image/],
    ['DICOM', Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')]), /a DICOM file/],
    ['a raw photo', Buffer.from('FUJIFILMCCD-RAW 0201'), /a raw file of a camera/],
    ['Canon CR3', heif('crx ', 'isom'), /a raw file of a camera/],
    ['a video', heif('isom', 'mp42'), /a video/],
    ['a download that failed', Buffer.from('<!DOCTYPE html><html></html>'), /a web page/],
    ['a pointer of Git LFS', Buffer.from('version https://git-lfs.github.com/spec/v1'), /Git LFS/],
    ['text', Buffer.from('a shopping list'), /not an image of a known format/],
  ];

  test.each(named)('are named: %s', async (_, bytes, reason) => {
    await expect(decodeBytes(bytes)).rejects.toThrow(reason);
  });
});

test('other images are read as before', async () => {
  const raw = { raw: { width: 2, height: 1, channels: 3 } } as const;
  const pixels = sharp(Buffer.from([10, 20, 30, 200, 210, 220]), raw);
  for (const bytes of [
    await pixels.tiff({ compression: 'lzw' }).toBuffer(),
    await pixels.png().toBuffer(),
  ]) {
    expect([...(await decodeBytes(bytes)).data]).toEqual([10, 20, 30, 200, 210, 220]);
  }
});
