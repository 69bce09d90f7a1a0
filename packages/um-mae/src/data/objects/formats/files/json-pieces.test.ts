import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJsonPieces } from './json-pieces.js';

/** Reads a text in pieces of so many bytes. */
async function inPieces(text: string, bytes: number): Promise<unknown> {
  const whole = Buffer.from(text);
  const starts = Array.from({ length: Math.ceil(whole.length / bytes) }, (_, i) => i * bytes);
  async function* chunks() {
    for (const start of starts) yield whole.subarray(start, start + bytes);
  }
  return parseJsonPieces(chunks());
}

const spaced = fc
  .tuple(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(0, 1, '\r\n'))
  .map(([value, space]) => JSON.stringify(value, null, space));
/** Lists of objects, as annotations are. */
const listed = fc
  .dictionary(fc.string(), fc.array(fc.jsonValue({ maxDepth: 3 })))
  .map((value) => JSON.stringify(value));
const text = fc.oneof(spaced, listed, fc.constant('{"1": [{}], "0": [{"a": 1}], "1": [[3], 4]}'));

describe('JSON in pieces', () => {
  test('is what JSON.parse returns, wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 40 }), async (json, bytes) => {
        expect(await inPieces(json, bytes)).toEqual(JSON.parse(json));
      }),
    );
    expect(await inPieces('\uFEFF[{"ü": "€"}]', 1)).toEqual([{ ü: '€' }]);
  });

  test('is refused where JSON.parse refuses it', async () => {
    const damaged = fc
      .tuple(text, fc.nat(), fc.constantFrom(',', '{', ']', '"', '\\', ''))
      .map(([json, place, letter]) => {
        const at = place % (json.length + 1);
        return json.slice(0, at) + letter + json.slice(at + (letter === '' ? 1 : 0));
      });
    await fc.assert(
      fc.asyncProperty(damaged, fc.integer({ min: 1, max: 40 }), async (json, bytes) => {
        const whole = await Promise.resolve(json)
          .then(JSON.parse)
          .catch(() => 'refused');
        expect(await inPieces(json, bytes).catch(() => 'refused')).toEqual(whole);
      }),
    );
  });

  test('is refused beyond the limits of depth and values, and where an item is none', async () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    expect(await inPieces(`{"a": [{"b": ${nested(61)}}]}`, 16)).toBeTypeOf('object');
    for (const text of [nested(65), `{"a": [{"b": ${nested(62)}}]}`, '['.repeat(100_000)]) {
      await expect(inPieces(text, 16)).rejects.toThrow('more than 64 levels of nesting');
    }
    const chunks = (async function* () {
      yield Buffer.from('{"a": [{"b": [1, 2, 3, 4, 5, 6, 7, 8]}]}');
    })();
    await expect(parseJsonPieces(chunks, { mostValues: 10 })).rejects.toThrow(
      'more than 10 values',
    );
    const endless = (async function* () {
      yield Buffer.from('[{"a": "');
      while (true) yield Buffer.alloc(2 ** 26, 'x');
    })();
    await expect(parseJsonPieces(endless)).rejects.toThrow(/^more than 134217728 bytes/);
  });
});
