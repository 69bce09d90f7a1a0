/**
 * The inner width of an MLP, as a ratio to its channels. Recipes and published constructors state
 * the ratio.
 */

/** The hidden channels of an MLP, rounded down. */
export function hiddenChannels(channels: number, ratio: number): number {
  return Math.trunc(ratio * channels);
}

/** The channels of an MLP, and its hidden ones. */
export interface MlpWidth {
  readonly channels: number;
  readonly hidden: number;
}

/**
 * The shortest decimal ratio of which `hiddenChannels` makes the hidden channels of all of some
 * MLPs.
 */
export function mlpRatioOf(widths: readonly MlpWidth[]): number {
  const exact = Math.max(...widths.map(({ channels, hidden }) => hidden / channels));
  for (let digits = 0; digits < 12; digits++) {
    const ratio = Math.ceil(exact * 10 ** digits) / 10 ** digits;
    if (widths.every(({ channels, hidden }) => hiddenChannels(channels, ratio) === hidden))
      return ratio;
  }
  return exact;
}
