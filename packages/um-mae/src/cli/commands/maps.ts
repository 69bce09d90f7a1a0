/** `um-mae maps`: pictures of what a backbone makes of an image. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { replaceFile } from '@um-mae/torch/files';
import type { Command } from 'commander';
import { writeNewFolder } from '../../data/curation/new-folder.js';
import { DataError } from '../../errors.js';
import type { MapsReport } from '../../reports.js';
import { encoderArgument } from '../flags/encoder-flags.js';
import { deviceOption, entryOption, verifyOption } from '../flags/option-values.js';
import { tellNotes } from '../output/terminal/terminal.js';

interface MapsFlags {
  readonly out: string;
  readonly device: string;
  readonly entry?: string;
  readonly verify: boolean;
  readonly json?: boolean;
}

export function addMaps(command: Command): void {
  command
    .argument(...encoderArgument)
    .argument('<image>', 'a file')
    .requiredOption('--out <folder>', 'a new folder for the pictures')
    .option(...entryOption)
    .option(...verifyOption)
    .option(...deviceOption)
    .option('--json', 'print one JSON object')
    .action(run);
}

async function run(path: string, image: string, flags: MapsFlags): Promise<void> {
  const { out, device, entry, verify, json } = flags;
  if (existsSync(out)) {
    throw new DataError(`Expected a new folder but got ${out}, which exists; name another one.`);
  }
  const { load } = await import('../../features/load.js');
  const { stagePictures } = await import('../../pictures/stage-pictures.js');
  using frozen = await load(path, { device, entry, verify });
  tellNotes(frozen.notes);
  const { input, pictures } = await stagePictures(frozen, image);
  const files = await writeNewFolder(out, 'the pictures', async (aside) => {
    const write = (name: string, png: Buffer) => {
      replaceFile(join(aside, name), (append) => append(png));
      return name;
    };
    write('input.png', input);
    return pictures.map(({ png, ...picture }) => ({
      file: write(`stage${picture.stage}-${picture.kind}.png`, png),
      ...picture,
    }));
  });
  const report: MapsReport = { out, input: 'input.png', files };
  if (json) console.log(JSON.stringify(report));
  else for (const file of files) console.log(describe(out, file));
}

function describe(out: string, picture: MapsReport['files'][number]): string {
  const { file, kind, rows, columns, range } = picture;
  const [low, high] = range;
  const what =
    kind === 'features'
      ? `${(100 * high).toFixed(0)} % of the variance`
      : `attention from ${low.toFixed(2)} to ${high.toFixed(2)} times the mean`;
  return `${join(out, file)}  ${rows} x ${columns}, ${what}`;
}
