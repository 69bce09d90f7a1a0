import { expect, test } from 'vitest';
import { parseXml } from './xml.js';

test('a document is not read behind its first fault', () => {
  expect(parseXml(`<a>${'<b>1</c>'.repeat(100_000)}`)).toEqual({
    fault: 'damaged (Unexpected close tag)',
  });
  expect(parseXml(`<!DOCTYPE a><a>`)).toEqual({
    fault: 'with a document type, which may define entities',
  });
});

test('elements lie in each other up to a limit', () => {
  const nested = (depth: number) => parseXml('<a>'.repeat(depth) + '</a>'.repeat(depth));
  expect(nested(64)).toMatchObject({ name: 'a', children: [{ name: 'a' }] });
  expect(nested(65)).toEqual({ fault: 'of more than 64 levels' });
  expect(parseXml('<a>'.repeat(1_000_000))).toEqual({ fault: 'of more than 64 levels' });
});
