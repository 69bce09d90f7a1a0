import { expect, test } from 'vitest';
import { fragmentsIn } from './comments.mjs';

test('comments that need the name above them are found', () => {
  const lines = [
    '** Of each image. *',
    '** A width. *',
    '**',
    ' * With what a step',
    ' * begins.',
    ' *',
  ];
  const text = `/${lines[0]}/\n/${lines[1]}/\n/${lines.slice(2).join('\n')}/\n`;
  expect(fragmentsIn(text)).toEqual([
    { line: 1, sentence: 'Of each image.' },
    { line: 3, sentence: 'With what a step begins.' },
  ]);
});

test('comments that begin with a noun or a verb are not', () => {
  expect(fragmentsIn('/** Officially, a sum. */ /** Draws a mask. */ /* Of none. */')).toEqual([]);
});
