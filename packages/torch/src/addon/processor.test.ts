import { describe, expect, test } from 'vitest';
import { areTooOld, processorIn, productInstructions, suitableKernels } from './processor.js';

const avx512 = 'avx2 fma avx512f avx512dq avx512cd avx512bw avx512vl';
const of = (vendor: string, flags: string) =>
  processorIn(
    `processor\t: 0\nvendor_id\t: ${vendor}\nflags\t\t: fpu ${flags} sse2\n\nprocessor\t: 1\n`,
  );

describe('suitableKernels', () => {
  test.each([
    ['AuthenticAMD', `${avx512} avx512_bf16`, 'SkylakeX'],
    ['GenuineIntel', `${avx512} avx512_bf16 amx_bf16`, 'SkylakeX'],
    ['GenuineIntel', 'avx2 fma avx_vnni', 'Haswell'],
    ['AuthenticAMD', 'avx2 fma', 'Zen'],
    // Knights Landing has the first instructions of AVX-512 only.
    ['GenuineIntel', 'avx2 fma avx512f avx512cd', 'Haswell'],
    ['GenuineIntel', 'avx', undefined],
  ])('of %s with %s are %s', (vendor, flags, expected) => {
    expect(suitableKernels(of(vendor, flags))).toBe(expected);
  });

  test('are not known where the system says nothing of the processor', () => {
    expect(suitableKernels(processorIn(''))).toBeUndefined();
  });
});

describe('areTooOld', () => {
  const young = of('AuthenticAMD', avx512);

  test.each(['Prescott', 'Haswell', 'Zen'])('is true of %s on a processor with AVX-512', (name) => {
    expect(areTooOld(name, young)).toBe(true);
  });

  test.each(['SkylakeX', 'Cooperlake', 'SAPPHIRERAPIDS', ''])('is not true of "%s"', (name) => {
    expect(areTooOld(name, young)).toBe(false);
  });
});

test('productInstructions leaves out what does not matter', () => {
  const found = productInstructions(of('GenuineIntel', `${avx512} amx_bf16 sgx`));
  expect(found).toEqual(['avx2', 'fma', 'avx512f', 'amx_bf16']);
});
