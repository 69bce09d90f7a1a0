import { expect, test } from 'vitest';
import { printable, printableLine } from './printable.js';

test.each([
  ['escapes', '\u001b[2J\u001b]0;owned\u0007', '\ufffd[2J\ufffd]0;owned\ufffd'],
  ['controls of one byte, as old terminals have them', 'a\u009b31m', 'a\ufffd31m'],
  ['turns of the direction of writing', 'cat\u202egpj.exe\u2066', 'cat\ufffdgpj.exe\ufffd'],
])('a terminal is shown no %s', (_, text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('line ends stay in a text, and go from a line', () => {
  expect(printable('one\ntwo')).toBe('one\ntwo');
  expect(printableLine('one\ntwo')).toBe('one\ufffdtwo');
});
