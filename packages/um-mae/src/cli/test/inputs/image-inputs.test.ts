/** Images that people have, shown as a good viewer does or refused by name: see docs/inputs.md. */
import { gzipSync } from 'node:zlib';
import { readSafetensors, writeSafetensors } from '@um-mae/torch/serialization';
import { beforeAll, describe, expect, test } from 'vitest';
import { writeTiff } from '../../../images/testing/write-tiff.js';
import { refusal } from '../../testing/command-line.js';
import { InputFolder } from '../../testing/sets/input-folder.js';

const inputs = new InputFolder();
beforeAll(() => inputs.prepare());

describe('TIFF whose bands lie apart', () => {
  const colour = [200, 100, 50];
  const apart = { 284: 2 };

  test.each([
    ['called grey', { samples: colour, photometric: 1, tags: apart }],
    ['called grey, of four bands', { samples: [...colour, 9], photometric: 1, tags: apart }],
    [
      'called grey, with extra samples',
      { samples: [...colour, 9, 8], photometric: 1, extra: [0, 0, 0, 0], tags: apart },
    ],
    ['called colours', { samples: colour, photometric: 2, tags: apart }],
    [
      'of 16 bits',
      { samples: colour.map((level) => level * 257), bits: 16, photometric: 1, tags: apart },
    ],
  ] as const)('is read in its colours: %s', async (name, content) => {
    inputs.write(`${name}/a.tif`, writeTiff(content));
    const { unreadable, channels } = await inputs.check(inputs.path(name));
    expect(unreadable).toEqual([]);
    for (const [i, level] of colour.entries()) expect(channels.mean[i]).toBeCloseTo(level / 255, 5);
  });
});

describe('files that have no pixels of their own', () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect/></svg>';

  test.each([
    ['a drawing', svg, /an SVG drawing, which is not read \(convert it to JPEG or PNG\)/],
    ['with a declaration', `<?xml version="1.0"?>\n<!-- a -->\n${svg}`, /an SVG drawing/],
    ['with a mark', `\uFEFF\n  ${svg}`, /an SVG drawing/],
    ['packed', gzipSync(svg), /a gzip file/],
    ['a document', '%PDF-1.4', /a PDF document/],
  ])('are refused by name under .png: %s', async (name, bytes, reason) => {
    inputs.write(`${name}/a.png`, bytes);
    const { unreadable } = await inputs.check(inputs.path(name));
    expect(unreadable).toEqual([
      { path: inputs.path(`${name}/a.png`), reason: expect.stringMatching(reason) },
    ]);
  });
});

test('a moment that is no number is named when a run is resumed', async () => {
  const path = inputs.path('run/checkpoints/last/optimizer.safetensors');
  const { tensors, metadata } = readSafetensors(path);
  const [name = '', moment] = [...tensors].find(([key]) => key.includes('norm.weight')) ?? [];
  if (!moment) throw new TypeError('no moment');
  writeSafetensors(path, new Map(tensors).set(name, moment.mul(Number.NaN)), { metadata });
  const resumed = ['pretrain', '--resume', '--out', inputs.path('run')];
  expect(await refusal(...resumed)).toMatch(/optimizer\.safetensors/);
  expect(await refusal(...resumed, '--no-verify')).toMatch(
    /^Expected finite numbers in .*optimizer\.safetensors but got NaN or infinite ones in 1 of \d+: .*norm\.weight\.\nStart a new run/,
  );
});
