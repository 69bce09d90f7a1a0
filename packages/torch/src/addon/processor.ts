/**
 * Tells what the processor is, and which kernels of OpenBLAS suit it. Linux on x86 only: elsewhere
 * nothing is known.
 */
import { existsSync, readFileSync } from 'node:fs';

/** Sets of instructions that decide how fast products of matrices are, as Linux calls them. */
const instructionsOfProducts = ['avx2', 'fma', 'avx512f', 'avx512_bf16', 'amx_bf16'] as const;

/** These are the instructions that SkylakeX has beyond Haswell. */
const avx512 = ['avx512f', 'avx512cd', 'avx512bw', 'avx512dq', 'avx512vl'];

export interface Processor {
  readonly vendor: string;
  /** The vendor's name for it, with the numbers of its family, model and stepping. */
  readonly model: string;
  /** All sets of instructions, as Linux calls them. */
  readonly flags: ReadonlySet<string>;
}

const description = '/proc/cpuinfo';

/** Reads off what Linux says of the first core. */
export function processor(): Processor {
  return processorIn(existsSync(description) ? readFileSync(description, 'utf8') : '');
}

/** @param text of `/proc/cpuinfo` */
export function processorIn(text: string): Processor {
  const line = (name: string) => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(text)?.[1] ?? '';
  const numbers = ['cpu family', 'model', 'stepping'].map(line);
  return {
    vendor: line('vendor_id'),
    model: [line('model name'), ...numbers].join(' ').trim(),
    flags: new Set(line('flags').split(' ')),
  };
}

/** Those of the processor's instructions that decide how fast products are. */
export function productInstructions({ flags }: Processor): string[] {
  return instructionsOfProducts.filter((name) => flags.has(name));
}

/**
 * Names that OpenBLAS has for its kernels, each list as fast as can be with the same instructions.
 */
const kernelsByStrength = [
  ['haswell', 'zen'],
  ['skylakex', 'cooperlake', 'sapphirerapids'],
];

/** Ranks kernels by how much of a processor they use, from 0 for those older than AVX2. */
function strength(kernels: string): number {
  return 1 + kernelsByStrength.findIndex((names) => names.includes(kernels.toLowerCase()));
}

/**
 * Names the kernels that suit the processor. OpenBLAS takes much older ones on a processor that is
 * younger than itself; all its versions since 2018 know these names.
 *
 * @returns undefined where OpenBLAS is to choose by itself
 */
export function suitableKernels({ vendor, flags }: Processor): string | undefined {
  if (avx512.every((name) => flags.has(name))) return 'SkylakeX';
  if (!flags.has('avx2') || !flags.has('fma')) return undefined;
  return vendor === 'AuthenticAMD' ? 'Zen' : 'Haswell';
}

/**
 * Whether kernels of OpenBLAS leave much of the processor unused.
 *
 * @param kernels their name; empty without OpenBLAS
 */
export function areTooOld(kernels: string, found: Processor): boolean {
  const suitable = suitableKernels(found);
  return kernels !== '' && suitable !== undefined && strength(kernels) < strength(suitable);
}
