/** `um-mae evaluate`: how well a fine-tuned network does on images of which the truth is known. */
import { replaceFile } from '@um-mae/torch/files';
import type { Command } from 'commander';
import { counted } from '../../counted.js';
import type { ReadingOptions } from '../../data/reading-options.js';
import { UmMaeError } from '../../errors.js';
import { printableLine } from '../../printable.js';
import type { Assignment } from '../../recipes/values/assignments.js';
import type { EvaluatedImages } from '../../tasks/labelled-task.js';
import type { Evaluation } from '../../training/evaluation.js';
import { weightsDigest } from '../../weights/weights-digest.js';
import {
  deviceOption,
  entryOption,
  inferenceOption,
  png,
  verifyOption,
  workersOption,
} from '../flags/option-values.js';
import { addReadingFlags, type ReadingFlags, readingOf } from '../flags/reading-flags.js';
import { addTeamFlags, type TeamFlags } from '../flags/team-flags.js';
import { printRemarks } from '../output/remarks.js';
import { complainOfSkipped } from '../output/skipped-images.js';
import { describeScores } from '../output/tables/scores.js';
import { StatusLine } from '../output/terminal/status-line.js';
import { complain } from '../output/terminal/terminal.js';
import { type SharedWork, shareWork } from '../team/shared-work.js';

interface EvaluateFlags extends ReadingFlags, TeamFlags {
  readonly data?: string;
  readonly picture?: string;
  readonly entry?: string;
  readonly verify: boolean;
  readonly set?: readonly Assignment[];
  readonly device: string;
  readonly workers: number;
  readonly json?: boolean;
}

export function addEvaluate(command: Command): void {
  command
    .argument(
      '<run>',
      'a run of um-mae finetune, whose best weights are taken, or a file of weights',
    )
    .option('--data <path>', 'images of the same classes (default: what the run was evaluated on)');
  addReadingFlags(command)
    .option(
      '--picture <png>',
      'write a picture of the evaluation; for a classifier, the confusion matrix',
      png,
    )
    .option(...entryOption)
    .option(...verifyOption)
    .option(...inferenceOption)
    .option(...deviceOption)
    .option(...workersOption());
  addTeamFlags(command)
    .option(
      '--json',
      'print one JSON object, with the details that scores leave out, and the skipped images',
    )
    .action(run);
}

/** @throws UmMaeError for a flag about reading that the task of the network has no use for */
function checkReading(reading: ReadingOptions, data: object, network: string): void {
  const { root: _, ...choices } = reading;
  const odd = Object.entries(choices).find(
    ([name, value]) => value !== undefined && !(name in data),
  );
  if (!odd) return;
  const flag = odd[0].replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new UmMaeError('data', `Expected no --${flag} for a ${network} but got ${odd[1]}.`);
}

async function run(path: string, flags: EvaluateFlags, command: Command): Promise<void> {
  await shareWork(flags, command, (work) => evaluate(path, flags, work));
}

async function evaluate(path: string, flags: EvaluateFlags, work: SharedWork): Promise<void> {
  const { resolveDevice } = await import('@um-mae/torch');
  const { readTrained } = await import('../../tasks/finetune/trained.js');
  const { team, signal, workers } = work;
  const device = resolveDevice(work.device);
  const { task, model, recipe } = readTrained(path, {
    device,
    entry: flags.entry,
    verify: flags.verify,
    inference: flags.set,
  });
  const reading = readingOf(flags);
  checkReading(reading, recipe.data, task.kind.network);
  const images = await task.openEvaluated(recipe, { path: flags.data, ...reading });
  await team?.agreeOn({ recipe, weights: weightsDigest(model.state()) });
  await team?.agreeOnImages(images.images);
  const status = new StatusLine('evaluated');
  const onProgress = (done: number, total: number) => status.show(done, total);
  const options = { device, workers, team, signal, onProgress };
  const found = await task.begin(recipe).evaluate(model, images, options);
  status.clear();
  if (found) await tell(found, images, flags);
}

async function tell(
  { scores, details, skipped, picture, images, notes = [] }: Evaluation,
  { path: data, remarks = [] }: EvaluatedImages<unknown>,
  flags: EvaluateFlags,
): Promise<void> {
  complainOfSkipped(skipped);
  if (flags.picture !== undefined) {
    const drawn = await picture?.draw();
    if (drawn) replaceFile(flags.picture, (append) => append(drawn));
    else
      complain(`um-mae: There is no picture of this evaluation: ${flags.picture} is not written.`);
  }
  if (flags.json) console.log(JSON.stringify({ data, ...scores, ...details, skipped, remarks }));
  else {
    printRemarks(remarks);
    console.log(`${counted(images - skipped.length, 'image')} of ${data}`);
    console.log(describeScores(scores).join('  '));
    for (const line of notes) console.log(printableLine(line));
  }
}
