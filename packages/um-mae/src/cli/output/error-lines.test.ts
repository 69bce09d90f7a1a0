import { expect, test, vi } from 'vitest';
import { ErrorLines } from './error-lines.js';

test('a sentence of two processes is shown once, whichever of them ends first', () => {
  const shown = vi.spyOn(console, 'error').mockReturnValue();
  const lines = new ErrorLines();
  for (const rank of [1, 2]) lines.add(rank, 'um-mae: Expected an answer.');
  lines.endBecauseOf(2);
  lines.end();
  expect(shown.mock.calls).toEqual([['[2] um-mae: Expected an answer.']]);
  shown.mockRestore();
});
