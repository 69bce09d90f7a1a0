import { expect, test } from 'vitest';
import { fragmentsIn } from './comments.mjs';

/** Joins a comment of parts, so that the check does not find it in this file. */
const comment = (body) => ['/*', '* ', body, ' */'].join('');

test('comments that need the name above them are found', () => {
  const bodies = [
    'Of each image.',
    'A width.',
    '\n * With what a step\n * begins.\n',
    'What a step returns.',
    'That of the list.',
  ];
  expect(fragmentsIn(bodies.map(comment).join('\n'))).toEqual([
    { line: 1, sentence: 'Of each image.' },
    { line: 3, sentence: 'With what a step begins.' },
    { line: 7, sentence: 'What a step returns.' },
    { line: 8, sentence: 'That of the list.' },
  ]);
});

test('comments that begin with a noun or a verb are not', () => {
  expect(fragmentsIn('/** Officially, a sum. */ /** Draws a mask. */ /* Of none. */')).toEqual([]);
});
