import { describe, expect, test } from 'vitest';
import { parseYaml } from './yaml-text.js';

/** Ten levels of lists of ten, each of them an alias of the one before. */
function unfolding(): string {
  const letters = [...'abcdefghij'];
  return letters
    .map((letter, i) => `${letter}: &${letter} [${Array(9).fill(i ? `*${letters[i - 1]}` : 'x')}]`)
    .join('\n');
}

describe('parseYaml', () => {
  test('reads what recipes and lists of classes are written in', () => {
    const text = '\uFEFF# note\na: &a {b: [1, 2e-3]}\n"c": *a\n- 1: x\n'.replace('- 1', '1');
    expect(parseYaml(text)).toEqual({ a: { b: [1, 2e-3] }, c: { b: [1, 2e-3] }, 1: 'x' });
    expect(
      parseYaml(Array.from({ length: 90 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')),
    ).toEqual(expect.anything());
  });

  test.each([
    ['an alias of nothing', 'a: *nope', 'Unresolved alias'],
    ['aliases that unfold', unfolding(), 'Excessive alias count'],
    ['an alias of what is around it', 'a: &a [*a]', 'more than 100 levels of groups'],
    ['many aliases', `a: &a 1\nb: [${'*a, '.repeat(101)}]`, 'more than 100 aliases'],
    ['deep keys', `${'? '.repeat(500)}x`, 'more than 100 levels of groups'],
    ['keys that are groups', '{{a: 1}: 2}', 'a group or an alias as a key'],
    ['deep lists', `a: ${'['.repeat(20_000)}${']'.repeat(20_000)}`, 'more than 100 levels'],
    ['deep items', '- '.repeat(20_000), 'more than 100 levels of groups'],
    ['deep groups', Array.from({ length: 102 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), 'more'],
    ['a key twice', 'a: 1\nb: 2\na: 3', 'the key `a` twice'],
    ['a text of no end', 'a:\n  "b', 'Missing closing "quote at line 2, column 5'],
    ['long texts', '#'.repeat(2 ** 20 + 1), 'more than 1048576 letters'],
    ['binary data', `!!binary ${'A'.repeat(2 ** 19)}`, 'more than 262144 values'],
  ])('refuses %s', (_, text, reason) => {
    expect(() => parseYaml(text)).toThrow(SyntaxError);
    expect(() => parseYaml(text)).toThrow(reason);
  });
});
