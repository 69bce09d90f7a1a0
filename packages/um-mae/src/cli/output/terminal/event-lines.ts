/** The events of a run as lines of text. */
import { basename } from 'node:path';
import { counted } from '../../../counted.js';
import { describeRemark } from '../../../data/sources/remarks.js';
import { printableLine } from '../../../printable.js';
import { recipeKinds } from '../../../recipes/kind.js';
import type { Plan } from '../../../recipes/schedule/plan.js';
import type { FinetuneEvent } from '../../../tasks/finetune/events.js';
import type { PretrainEvent } from '../../../tasks/pretrain/events.js';
import type { Summary } from '../../../training/recording/events.js';
import type { ScoresLine } from '../../../training/run-files/metrics/metrics-line.js';
import { count, duration, significant } from '../format.js';
import { shellWord } from '../shell-word.js';
import { describeSkipped } from '../skipped-images.js';
import { describeChoice } from '../tables/choice-lines.js';
import { describeScore, describeScores } from '../tables/scores.js';
import { fittingColumns, headOf, rowOf, type TableRow } from '../tables/step-table.js';

/** An event of a run of any task. */
export type TrainingEvent = PretrainEvent | FinetuneEvent;

/** Rows after which the head of the table comes again. */
const rowsUnderHead = 30;

/** Seconds of a run from which on it is worth a word how to shorten it. */
const long = 3600;
/** Seconds of a run below which its length needs no word. */
const short = 60;

/** Steps of pre-training below which nearest neighbours are hardly alike. */
const fewSteps = 500;

export class EventLines {
  private plan: Plan | undefined;
  private head = '';
  private rows = 0;

  /** @param width the widest row, in characters; sentences are as long as they are */
  constructor(private readonly width: () => number) {}

  /** The row of a step or an epoch, and the head above it where that has to be shown first. */
  row(row: Omit<TableRow, 'steps'>): { readonly head: string | undefined; readonly row: string } {
    const complete = { ...row, steps: this.plan?.steps };
    const shown = fittingColumns(this.width(), complete);
    const head = headOf(shown);
    const isDue = head !== this.head || this.rows >= rowsUnderHead;
    if (isDue) this.rows = 0;
    this.head = head;
    return { head: isDue ? head : undefined, row: rowOf(shown, complete) };
  }

  /** The text of an event; undefined for what needs none. */
  text(event: TrainingEvent): string | undefined {
    if (event.kind === 'started') this.plan = event.plan;
    if (event.kind === 'step' || event.kind === 'epoch') {
      const { head, row } = this.row(event);
      this.rows++;
      return head === undefined ? row : `${head}\n${row}`;
    }
    return this.describe(event);
  }

  private describe(event: Exclude<TrainingEvent, { kind: 'step' | 'epoch' }>): string | undefined {
    switch (event.kind) {
      case 'started':
        return describeStart(event);
      case 'chosen':
        return describeChoice(event.choice);
      case 'revised':
        return this.describeRevision(event);
      case 'estimated':
        return this.describeEstimate(event.secondsLeft);
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
        return [
          describeEnd(event.kind, event.summary),
          ...(event.kind === 'finished' ? this.describeLength(event.summary) : []),
        ].join('\n');
      case 'failed':
        return describeFailure(event);
    }
  }

  private describeRevision(event: Extract<TrainingEvent, { kind: 'revised' }>): string {
    const before = this.plan?.steps;
    if (this.plan) this.plan = { ...this.plan, steps: event.steps };
    const than = before === undefined ? '' : ` instead of ${count(before)}`;
    return `After step ${count(event.step)}: ${counted(event.steps, 'step')} in all${than}, to end on time.`;
  }

  /** Says of a short pre-training that it was short: its features look like a fault otherwise. */
  private describeLength({ command, step, directory }: Summary): string[] {
    const { recipe } = this.plan ?? {};
    const isWarm = recipe !== undefined && 'from' in recipe && recipe.from !== null;
    if (command !== 'pretrain' || step >= fewSteps || isWarm) return [];
    return [
      `In ${counted(step, 'step')} features hardly form; a thousand are a beginning. To train on:`,
      `  um-mae pretrain --extend --out ${shellWord(directory)} --epochs N`,
    ];
  }

  private describeEstimate(secondsLeft: number): string | undefined {
    // Whoever gives a time knows how long the run takes.
    if (secondsLeft < short || !this.plan || this.plan.recipe.budget) return undefined;
    const { steps, stepsPerEpoch } = this.plan;
    const epochs = steps / stepsPerEpoch;
    const length = `${Number(epochs.toFixed(2))} ${epochs === 1 ? 'epoch' : 'epochs'}`;
    const estimate = `By its first steps, this run of ${length} has about ${duration(secondsLeft)} to go.`;
    if (secondsLeft < long) return estimate;
    return `${estimate} Shorten it by fewer --epochs, a smaller --image-size or a smaller --model.`;
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
    `${counted(images, 'image')}${of}${others}, ${size}`,
    `${count(plan.imagesPerStep)} images a step, learning rate ${rate}, products in ${precision}`,
    `${describeBeginning(plan, step)} to step ${count(plan.steps)} into ${directory}`,
    ...describeNewSchedule(plan, step),
    ...event.remarks.map(describeRemark).map(printableLine),
    ...(event.fit ? describeFit(event.fit) : []),
  ].join('\n');
}

function describeBeginning({ stretches }: Plan, step: number): string {
  if (step === 0) return 'Training';
  const isExtended = stretches.some(({ start }) => start.step === step);
  return isExtended
    ? `Extending the run after step ${count(step)}, training`
    : `Resuming after step ${count(step)}, training`;
}

/** Says where the learning rate begins anew. */
function describeNewSchedule({ stretches, steps }: Plan, step: number): string[] {
  const stretch = stretches.find(({ start }) => start.step === step && step > 0);
  if (!stretch) return [];
  const { warmupSteps, peakLearningRate } = stretch;
  const rise = `rises within ${counted(warmupSteps, 'step')} to ${significant(peakLearningRate)}`;
  return [`A new schedule begins: the learning rate ${rise} and falls until step ${count(steps)}.`];
}

type Fit = NonNullable<Extract<TrainingEvent, { kind: 'started' }>['fit']>;

function describeFit({ missing, leftOut, resized, notes }: Fit): string[] {
  const parts = (names: readonly string[]) => [...new Set(names.map((name) => name.split('.')[0]))];
  const lists = { Initialised: missing, 'Not used from the weights': leftOut, Resized: resized };
  const lines = Object.entries(lists).flatMap(([what, names]) =>
    names.length === 0 ? [] : [`${what}: ${parts(names).join(', ')}`],
  );
  return [...notes, ...lines];
}

/** The scores of a line, whatever the task. */
function describeLine({ kind: _, step: __, epoch, seconds: ___, ...scores }: ScoresLine): string[] {
  return [`epoch ${epoch.toFixed(2)}`, ...describeScores(scores)];
}

function describeEnd(kind: 'finished' | 'interrupted', summary: Summary): string {
  const { command, directory, step, loss, elapsedSeconds } = summary;
  const after = `after step ${count(step)} and ${duration(elapsedSeconds)}`;
  const run = shellWord(directory);
  if (kind === 'interrupted') {
    return [
      `Stopped ${after}.`,
      ...describeLeftOut(summary),
      'Resume with:',
      `  um-mae ${command} --resume --out ${run}`,
    ].join('\n');
  }
  return [
    `Finished ${after}: loss ${significant(loss, 4)}.`,
    ...describeLeftOut(summary),
    ...describeBest(summary),
    `The run is in ${directory}, its pictures in ${directory}/images. Next:`,
    command === 'pretrain'
      ? `  um-mae reconstruct ${run} IMAGE --out sheet.png`
      : `  um-mae predict ${run} IMAGE`,
  ].join('\n');
}

/** The reason itself goes to standard error. */
function describeFailure({
  savedStep,
  summary,
}: Extract<TrainingEvent, { kind: 'failed' }>): string {
  const { command, directory, step, elapsedSeconds } = summary;
  const saved =
    savedStep === null
      ? 'before the first checkpoint'
      : `with a checkpoint of step ${count(savedStep)}`;
  return [
    `Failed after step ${count(step)} and ${duration(elapsedSeconds)}, ${saved}. Go on with:`,
    `  um-mae ${command} --resume --out ${shellWord(directory)}`,
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
