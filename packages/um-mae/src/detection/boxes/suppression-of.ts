/** Suppression of boxes as recipes and exported detectors say it. */
import type { SuppressionOptions } from './class-boxes.js';

/** The overlap from which on boxes suppress each other, and the way. */
export interface SuppressionChoice {
  readonly overlap: number;
  /** Lowers scores instead of dropping boxes; `least` is the score below which they are dropped. */
  readonly soft: {
    readonly decay: 'linear' | 'gaussian';
    readonly sigma: number;
    readonly least: number;
  } | null;
}

/** The same choice by the names of the operators of tensors. */
export function suppressionOf({
  overlap: threshold,
  soft,
}: SuppressionChoice): SuppressionOptions['suppression'] {
  if (!soft) return { threshold };
  return { soft: { decay: soft.decay, threshold, sigma: soft.sigma, minimum: soft.least } };
}
