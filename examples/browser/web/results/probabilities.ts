export interface ClassProbability {
  readonly name: string;
  readonly probability: number;
}

/**
 * Softmax of logits, the likeliest class first.
 *
 * @param count how many classes to tell
 */
export function likeliest(
  logits: Float32Array,
  classes: readonly string[],
  count: number,
): ClassProbability[] {
  const largest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  const weights = Array.from(logits, (logit) => Math.exp(logit - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights
    .map((weight, label) => ({ name: classes[label] ?? `${label}`, probability: weight / total }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, count);
}
