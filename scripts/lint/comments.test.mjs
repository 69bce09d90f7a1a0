import { expect, test } from 'vitest';
import { fragmentsIn } from './comments.mjs';

test('comments that need the name above them are found', () => {
  const text = `/** Of each image. */\n/** The width of each image. */\n/**\n * With what a step\n * is asked for.\n */\n`;
  expect(fragmentsIn(text)).toEqual([
    { line: 1, sentence: 'Of each image.' },
    { line: 3, sentence: 'With what a step is asked for.' },
  ]);
});

test('comments that begin with a noun or a verb are not', () => {
  expect(fragmentsIn('/** Officially, a sum. */ /** Draws a mask. */ /* Of none. */')).toEqual([]);
});
