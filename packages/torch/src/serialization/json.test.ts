import { describe, expect, test } from 'vitest';
import { outermostNames, parseJson } from './json.js';

describe('parseJson', () => {
  test('reads what JSON.parse reads, whatever stands in its texts', () => {
    for (const text of ['{"a[": "\\\\", "b\\"{": [1, {"c": null}]}', '"[[["', '3', ' [] ']) {
      expect(parseJson(text, { deepest: 3 })).toEqual(JSON.parse(text));
    }
  });

  test.each([
    ['levels', '['.repeat(65), 'more than 64 levels of nesting'],
    ['levels of objects', '{"a":'.repeat(70), 'more than 64 levels of nesting'],
    ['values', `[${'{},'.repeat(60)}1]`, 'more than 100 values'],
    ['a text that does not end', '["a', 'JSON'],
  ])('refuses too many %s before it parses', (_, text, reason) => {
    const parse = () => parseJson(text, { mostValues: 100 });
    expect(parse).toThrow(SyntaxError);
    expect(parse).toThrow(reason);
  });
});

test('outermostNames gives the names of the outermost object alone, also equal ones', () => {
  const text = '{"a": {"b": "c"}, "d\\"": ["e", "f"], "\\u0061" : "g", "h": {}}';
  expect([...outermostNames(text)]).toEqual(['a', 'd"', 'a', 'h']);
  expect([...outermostNames('["a", {"b": 1}]')]).toEqual([]);
});
