/** `um-mae similar`: finds the images of an index that are most like another. */
import { replaceFile } from '@um-mae/torch/serialization';
import type { Command } from 'commander';
import { findSimilar } from '../../features/similar.js';
import { similarSheet } from '../../pictures/similar-sheet.js';
import { deviceOption, png, positive } from '../option-values.js';
import { refuseInput } from '../picture-file.js';
import { printable } from '../terminal.js';

interface SimilarFlags {
  readonly index: string;
  readonly from?: string;
  readonly count: number;
  readonly out?: string;
  readonly device: string;
  readonly json?: boolean;
}

export function addSimilar(program: Command): void {
  program
    .command('similar')
    .description('Find the images of an index that are most like another image')
    .argument('<image>', 'a file')
    .requiredOption('--index <file>', 'what um-mae embed wrote')
    .option('--from <run>', 'the weights that made the index (default: where they were then)')
    .option('-k, --count <n>', 'how many images', positive, 12)
    .option('--out <png>', 'a picture of them to write', png)
    .option(...deviceOption)
    .option('--json', 'print one JSON object')
    .action(run);
}

async function run(image: string, flags: SimilarFlags): Promise<void> {
  const { index, from, count, out, device } = flags;
  if (out !== undefined) refuseInput(out, [image]);
  const found = await findSimilar(image, { index, from, count, device });
  if (out !== undefined) {
    const sheet = await similarSheet(image, found);
    replaceFile(out, (append) => append(sheet));
  }
  if (flags.json) {
    console.log(JSON.stringify({ image, ...found, ...(out !== undefined && { out }) }));
    return;
  }
  const { classes } = found.origin;
  for (const { path, similarity, label } of found.neighbours) {
    const name = label === null ? '' : `  ${classes[label] ?? `class ${label}`}`;
    console.log(printable(`${similarity.toFixed(3)}  ${path}${name}`));
  }
  if (out !== undefined) console.log(out);
}
