/**
 * Shows the events of a run: a status line on a terminal, plain lines elsewhere, JSON for machines.
 */
import { basename } from 'node:path';
import { counted } from '../../counted.js';
import { describeRemark } from '../../data/sources/remarks.js';
import { recipeKinds } from '../../recipes/kind.js';
import type { FinetuneEvent } from '../../tasks/finetune/events.js';
import type { PretrainEvent } from '../../tasks/pretrain/events.js';
import type { Summary } from '../../training/recording/events.js';
import type { Metrics, ScoresLine } from '../../training/run-files/metrics-line.js';
import { bytes, count, duration, significant } from './format.js';
import { describeScore, describeScores } from './scores.js';
import { describeSkipped } from './skipped-images.js';
import { eraseLine, printable } from './terminal.js';

/** The part of a terminal that progress is written to. */
export type Terminal = Pick<NodeJS.WriteStream, 'columns' | 'write'>;

/** An event of a run of any task. */
export type TrainingEvent = PretrainEvent | FinetuneEvent;

export type Show = (event: TrainingEvent) => void;

/** One object per line; of the steps, those that are logged. */
export function showJson(event: { readonly kind: string; readonly logged?: boolean }): void {
  if (event.logged !== false) console.log(JSON.stringify(event));
}

export function showPlain(event: TrainingEvent): void {
  const text = event.kind === 'step' && !event.logged ? undefined : describeEvent(event);
  if (text !== undefined) console.log(printable(text));
}

/** Steps overwrite one line, everything else stays. */
export function showOnTerminal(terminal: Terminal): Show {
  return (event) => {
    const text = describeEvent(event);
    if (text === undefined) return;
    if (event.kind === 'step') terminal.write(eraseLine + text.slice(0, terminal.columns - 1));
    else terminal.write(`${eraseLine}${printable(text)}\n`);
  };
}

function describeEvent(event: TrainingEvent): string | undefined {
  switch (event.kind) {
    case 'started':
      return describeStart(event);
    case 'step':
      return `${describeMetrics(event.metrics)}  ${duration(event.secondsLeft)} left`;
    case 'epoch':
      return `${describeMetrics(event.metrics)}  epoch mean`;
    case 'watched':
      return describeLine(event.scores).join('  ');
    case 'evaluated':
      return [...describeLine(event.scores), ...(event.best ? ['best so far'] : [])].join('  ');
    case 'skipped':
      return `Skipped ${event.image.path}: it is ${event.image.reason}.`;
    case 'checkpoint':
      return undefined;
    case 'finished':
    case 'interrupted':
      return describeEnd(event.kind, event.summary);
  }
}

function describeStart(event: Extract<TrainingEvent, { kind: 'started' }>): string {
  const { plan, images, ignored, parameters, precision, step, directory } = event;
  const size = `${(parameters / 1e6).toFixed(1)} M parameters`;
  const others = ignored === 0 ? '' : ` (${counted(ignored, 'other file')} ignored)`;
  const rate = significant(plan.peakLearningRate);
  const of = 'classes' in event ? ` of ${counted(event.classes.length, 'class', 'classes')}` : '';
  return [
    ...('findings' in event ? event.findings : []),
    `${counted(images, 'image')}${of}${others}, ${size}, ${count(plan.imagesPerStep)} images a step, learning rate ${rate}, products in ${precision}`,
    `${step === 0 ? 'Training' : `Resuming after step ${count(step)}, training`} to step ${count(plan.steps)} into ${directory}`,
    ...event.remarks.map(describeRemark),
    ...('fit' in event && event.fit ? describeFit(event.fit) : []),
  ].join('\n');
}

type Fit = NonNullable<Extract<FinetuneEvent, { kind: 'started' }>['fit']>;

function describeFit({ missing, leftOut, resized, notes }: Fit): string[] {
  const parts = (names: readonly string[]) => [...new Set(names.map((name) => name.split('.')[0]))];
  const lists = { Initialised: missing, 'Not used from the weights': leftOut, Resized: resized };
  const lines = Object.entries(lists).flatMap(([what, names]) =>
    names.length === 0 ? [] : [`${what}: ${parts(names).join(', ')}`],
  );
  return [...notes, ...lines];
}

function describeMetrics(metrics: Metrics): string {
  return [
    `epoch ${metrics.epoch.toFixed(2)}`,
    `step ${count(metrics.step)}`,
    `loss ${significant(metrics.loss, 4)}`,
    `lr ${significant(metrics.learningRate)}`,
    `${significant(metrics.imagesPerSecond)} images/s`,
    `data wait ${metrics.dataWaitSeconds.toFixed(1)} s`,
    ...describeProcesses(metrics),
    bytes(metrics.residentBytes),
  ].join('  ');
}

function describeProcesses({ processes }: Metrics): string[] {
  if (!processes) return [];
  const { imagesPerSecond, slowest } = processes;
  return [`${imagesPerSecond.length} processes, slowest ${slowest}`];
}

/** The scores of a line, whatever the task. */
function describeLine({ kind: _, step: __, epoch, seconds: ___, ...scores }: ScoresLine): string[] {
  return [`epoch ${epoch.toFixed(2)}`, ...describeScores(scores)];
}

function describeEnd(kind: 'finished' | 'interrupted', summary: Summary): string {
  const { command, directory, step, loss, elapsedSeconds } = summary;
  const after = `after step ${count(step)} and ${duration(elapsedSeconds)}`;
  if (kind === 'interrupted') {
    return [
      `Stopped ${after}.`,
      ...describeLeftOut(summary),
      `Resume with: um-mae ${command} --resume --out ${directory}`,
    ].join('\n');
  }
  return [
    `Finished ${after}: loss ${significant(loss, 4)}. The run is in ${directory}.`,
    ...describeLeftOut(summary),
    ...describeBest(summary),
    command === 'pretrain'
      ? `Look at ${directory}/images, or try: um-mae reconstruct ${directory} IMAGE --out sheet.png`
      : `Look at ${directory}/images, or try: um-mae predict ${directory} IMAGE`,
  ].join('\n');
}

function describeBest({ task, best }: Summary): string[] {
  const primary = recipeKinds.find((kind) => kind.task === task)?.primaryScore;
  if (!best || !primary) return [];
  const score = describeScore(primary.name, best[primary.name]) ?? primary.name;
  return [`Best after epoch ${best.epoch.toFixed(2)}: ${score}, kept in checkpoints/best.`];
}

function describeLeftOut({ skipped, directory }: Summary): string[] {
  const files = skipped.map(({ path, reason }) => ({ path: basename(path), reason }));
  return describeSkipped(files, { where: `, see ${directory}/skipped.jsonl` });
}
