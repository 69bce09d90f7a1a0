import { engine } from '@um-mae/torch';
import { describe, expect, test } from 'vitest';
import { RecipeError } from '../../errors.js';
import { precisionOn } from './precision.js';

describe('precisionOn', () => {
  test.each(['f32', 'bf16'] as const)('leaves %s as it is', (precision) => {
    expect(precisionOn('cpu', { precision })).toBe(precision);
  });

  test('decides auto by what the device multiplies', () => {
    const precision = 'auto';
    expect(precisionOn('cuda:0', { precision })).toBe('bf16');
    expect(precisionOn('mps', { precision })).toBe('f32');
    expect(precisionOn('cpu', { precision })).toBe(engine().isFastInHalf ? 'bf16' : 'f32');
  });

  test('refuses f16 where there is no CUDA', () => {
    expect(precisionOn('cuda', { precision: 'f16' })).toBe('f16');
    expect(() => precisionOn('cpu', { precision: 'f16' })).toThrow(RecipeError);
  });
});
