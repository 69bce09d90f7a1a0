/** The choice for a budget of time as lines of text: a table of candidates, and why. */
import { counted } from '../../../counted.js';
import type { BudgetChoice, ConsideredCandidate } from '../../../recipes/budget/choose.js';
import { timeText } from '../../../recipes/budget/time-text.js';
import { compact, count } from '../format.js';

/** A text of several lines, the chosen candidate with a star. */
export function describeChoice({
  seconds,
  images,
  side,
  candidates,
  steps,
  epochs,
  values,
}: BudgetChoice): string {
  const sides = side === null ? '' : ` of ${side} px on their shorter side`;
  const width = Math.max(...candidates.map(({ name }) => name.length));
  const head = `  ${'candidate'.padEnd(width)} ${'images/s'.padStart(9)} ${'epochs'.padStart(7)}  why`;
  return [
    `Budget of ${timeText(seconds)} for ${counted(images, 'image')}${sides}:`,
    head,
    ...candidates.map((candidate) => rowOf(candidate, width)),
    ...values.map(({ path, value, because }) => `${path}: ${valueText(value)} (${because})`),
    `Planned are ${counted(steps, 'step')}, ${compact(epochs)} epochs; more or fewer where that ends the run on time.`,
  ].join('\n');
}

function rowOf(candidate: ConsideredCandidate, width: number): string {
  const { name, imagesPerSecond, isMeasured, epochs, isChosen, reason } = candidate;
  const rate = imagesPerSecond === null ? '-' : `${isMeasured ? '' : '~'}${shown(imagesPerSecond)}`;
  const passes = epochs === null ? '-' : shown(epochs);
  return `${isChosen ? '*' : ' '} ${name.padEnd(width)} ${rate.padStart(9)} ${passes.padStart(7)}  ${reason}`;
}

function shown(value: number): string {
  return value < 10 ? value.toFixed(1) : count(Math.round(value));
}

function valueText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  const entries = Object.entries(value);
  return entries.map(([key, each]: [string, unknown]) => `${key} ${each}`).join(', ');
}
