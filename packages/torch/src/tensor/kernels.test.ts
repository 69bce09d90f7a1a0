import { afterEach, describe, expect, test } from 'vitest';
import { rand } from '../generated/operators.js';
import { selfAttention } from '../nn/attention.js';
import { expectClose } from '../testing/expect-close.js';
import { hasKernel, useKernels } from './kernels.js';

describe('useKernels', () => {
  afterEach(() => useKernels(true));

  test('turns kernels off and on again', () => {
    const qkv = rand([1, 8, 3, 2, 16]);
    const byKernel = selfAttention(qkv);
    expect(hasKernel('um::attention', qkv)).toBe(true);
    useKernels(false);
    expect(hasKernel('um::attention', qkv)).toBe(false);
    expectClose(selfAttention(qkv), byKernel, { atol: 1e-6 });
    useKernels(true);
    expect(hasKernel('um::attention', qkv)).toBe(true);
  });
});
