import { readEnd, stateOf } from 'um-mae/runs';
import { describe, expect, test } from 'vitest';
import { stepLine, stepLines } from './testing/run-directories.js';

const signs = {
  isLocked: false,
  silentSeconds: 3600,
  lineSeconds: 1,
  isDone: false,
  isSaved: false,
  hasFailed: false,
};

describe('stateOf', () => {
  test.each([
    ['running', { isLocked: true, silentSeconds: 1 }],
    ['running', { isLocked: true, silentSeconds: 1000, lineSeconds: 600 }],
    ['running', { isLocked: true, silentSeconds: 1, isDone: true }],
    ['stalled', { isLocked: true }],
    ['finished', { isDone: true }],
    ['stopped', { isSaved: true }],
    ['stopped', { isSaved: true, silentSeconds: 1 }],
    ['stopped', { isSaved: true, isLocked: undefined }],
    ['failed', {}],
    ['failed', { hasFailed: true, isSaved: true, isDone: true }],
    ['running', { hasFailed: true, isLocked: true, silentSeconds: 1 }],
    ['failed', { silentSeconds: 60 }],
    ['running', { silentSeconds: 2 }],
    ['running', { isLocked: undefined, silentSeconds: 60 }],
    ['stalled', { isLocked: undefined }],
  ])('is %s with %j', (state, differing) => {
    expect(stateOf({ ...signs, ...differing })).toBe(state);
  });
});

describe('readEnd', () => {
  test('tells the pace from the last lines', () => {
    expect(readEnd(stepLines(30).join('\n'))).toMatchObject({ step: 30, loss: 1 / 30 });
    expect(readEnd(stepLines(30).join('\n')).stepSeconds).toBeCloseTo(0.1);
  });

  test('knows nothing before the first line, and no pace before the second', () => {
    expect(readEnd('')).toMatchObject({ step: 0, loss: null, stepSeconds: undefined });
    expect(readEnd(stepLine(1))).toMatchObject({ step: 1, stepSeconds: undefined });
  });

  test('leaves a half-written line alone', () => {
    expect(readEnd(`${stepLine(1)}\n{"kind":"step","st`)).toMatchObject({ step: 1 });
  });
});
