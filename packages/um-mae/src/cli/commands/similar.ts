/** `um-mae similar`: finds the images of an index that are most like another. */
import { replaceFile } from '@um-mae/torch/files';
import type { Command } from 'commander';
import { printableLine } from '../../printable.js';
import type { SimilarReport } from '../../reports.js';
import { encoderArgument } from '../flags/encoder-flags.js';
import { deviceOption, entryOption, png, positive, verifyOption } from '../flags/option-values.js';
import { showOrder } from '../flags/run-first.js';
import { refuseInput } from '../output/picture-file.js';
import { tellNotes } from '../output/terminal/terminal.js';

interface SimilarFlags {
  readonly index: string;
  readonly count: number;
  readonly out?: string;
  readonly device: string;
  readonly entry?: string;
  readonly verify: boolean;
  readonly json?: boolean;
}

export function addSimilar(command: Command): void {
  command
    .argument(...encoderArgument)
    .argument('<image>', 'a file')
    .requiredOption('--index <file>', 'a file written by um-mae embed')
    .option('-k, --count <n>', 'how many images', positive, 12)
    .option('--out <png>', 'write a picture of them', png)
    .option(...entryOption)
    .option(...verifyOption)
    .option(...deviceOption)
    .option('--json', 'print one JSON object')
    .action(run);
  showOrder(command, (from) => `um-mae similar ${from} IMAGE --index FILE`);
}

async function run(from: string, image: string, flags: SimilarFlags): Promise<void> {
  const { index, count, out, device, entry, verify } = flags;
  if (out !== undefined) refuseInput(out, [image]);
  const { findSimilar } = await import('../../features/similar.js');
  const onNote = (note: string) => tellNotes([note]);
  const found = await findSimilar(from, image, { index, count, device, entry, verify, onNote });
  if (out !== undefined) {
    const { similarSheet } = await import('../../pictures/similar-sheet.js');
    const sheet = await similarSheet(image, found);
    replaceFile(out, (append) => append(sheet));
  }
  if (flags.json) {
    const report: SimilarReport = { image, ...found, ...(out !== undefined && { out }) };
    console.log(JSON.stringify(report));
    return;
  }
  const { classes } = found.origin;
  for (const { path, similarity, label } of found.neighbours) {
    const name = label === null ? '' : `  ${classes[label] ?? `class ${label}`}`;
    console.log(printableLine(`${similarity.toFixed(3)}  ${path}${name}`));
  }
  if (out !== undefined) console.log(out);
}
