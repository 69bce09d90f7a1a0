/** The figures that a run can have. */
import type { StepColumn } from '../../../shared/protocol/series.js';
import { bytes, duration, percent, significant } from '../../format.js';
import { wordsOf } from '../../words.js';

interface Figure<Column> {
  readonly title: string;
  readonly columns: readonly { readonly column: Column; readonly label: string }[];
  readonly format: (value: number) => string;
  /** Whether these are losses, not all of which can be compared. Default false. */
  readonly isLoss?: boolean;
}

export const stepFigures: readonly Figure<StepColumn>[] = [
  {
    title: 'Loss',
    columns: [{ column: 'loss', label: 'loss' }],
    format: significant,
    isLoss: true,
  },
  {
    title: 'Learning rate',
    columns: [{ column: 'learningRate', label: 'learning rate' }],
    format: significant,
  },
  {
    title: 'Gradient norm',
    columns: [{ column: 'gradientNorm', label: 'norm' }],
    format: significant,
  },
  {
    title: 'Images per second',
    columns: [{ column: 'imagesPerSecond', label: 'images/s' }],
    format: significant,
  },
  {
    title: 'Waiting for images',
    columns: [{ column: 'dataWaitSeconds', label: 'wait' }],
    format: seconds,
  },
  {
    title: 'Images per second of a process',
    columns: [
      { column: 'slowestImagesPerSecond', label: 'slowest' },
      { column: 'fastestImagesPerSecond', label: 'fastest' },
    ],
    format: significant,
  },
  {
    title: 'Longest waits of a process',
    columns: [
      { column: 'longestDataWait', label: 'for images' },
      { column: 'longestExchange', label: 'for others' },
      { column: 'shortestExchange', label: 'of the slowest for others' },
    ],
    format: seconds,
  },
  {
    title: 'Memory',
    columns: [
      { column: 'residentBytes', label: 'process' },
      { column: 'peakTensorBytes', label: 'tensors' },
    ],
    format: bytes,
  },
];

/** Scores that share a figure; every other score has one of its own. */
const knownFigures: readonly Figure<string>[] = [
  {
    title: 'Accuracy on unseen images',
    columns: [
      { column: 'topOne', label: 'top-1' },
      { column: 'topFive', label: 'top-5' },
      { column: 'perClass', label: 'per class' },
    ],
    format: percent,
  },
  {
    title: 'Segmentation of unseen images',
    columns: [
      { column: 'meanIou', label: 'mean IoU' },
      { column: 'pixelAccuracy', label: 'pixels' },
      { column: 'meanAccuracy', label: 'per class' },
    ],
    format: percent,
  },
  {
    title: 'Boxes in unseen images',
    columns: [
      { column: 'boxAp', label: 'AP' },
      { column: 'boxAp50', label: 'AP at 0.5' },
      { column: 'boxAp75', label: 'AP at 0.75' },
    ],
    format: percent,
  },
  {
    title: 'Masks in unseen images',
    columns: [
      { column: 'maskAp', label: 'AP' },
      { column: 'maskAp50', label: 'AP at 0.5' },
      { column: 'maskAp75', label: 'AP at 0.75' },
    ],
    format: percent,
  },
  {
    title: 'Loss by epoch',
    columns: [
      { column: 'epochLoss', label: 'training' },
      { column: 'evaluationLoss', label: 'evaluation' },
    ],
    format: significant,
    isLoss: true,
  },
  {
    title: 'Accuracy of probes',
    columns: [
      { column: 'linearProbe', label: 'linear' },
      { column: 'neighbours', label: 'kNN' },
    ],
    format: percent,
  },
  {
    title: 'Effective rank',
    columns: [{ column: 'rankMe', label: 'RankMe' }],
    format: significant,
  },
];

/** Figures for scores of these names. */
export function epochFigures(names: readonly string[]): readonly Figure<string>[] {
  const known = new Set(knownFigures.flatMap(({ columns }) => columns.map(({ column }) => column)));
  const own = names.filter((name) => !known.has(name));
  const figures = own.map((column) => ({
    title: wordsOf(column),
    columns: [{ column, label: wordsOf(column).toLowerCase() }],
    format: significant,
  }));
  return [...knownFigures, ...figures];
}

function seconds(value: number): string {
  return value < 60 ? `${significant(value)} s` : duration(value);
}
