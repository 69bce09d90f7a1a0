/** `um-mae embed`: writes the features of images into a file. */
import { dirname, join, parse, resolve } from 'node:path';
import type { Command } from 'commander';
import { describeFeatures } from '../../backbones/pooled-stages.js';
import { counted } from '../../counted.js';
import { DataError, FileError } from '../../errors.js';
import type { EmbedReport } from '../../features/embed.js';
import { makeFolder, withFileErrors } from '../../files/file-errors.js';
import { RunDirectory } from '../../training/run-files/run-directory.js';
import {
  addEncoderFlags,
  type EncoderFlags,
  encoderArgument,
  loadEncoder,
} from '../flags/encoder-flags.js';
import { readingOf } from '../flags/reading-flags.js';
import { printRemarks } from '../output/remarks.js';
import { complainOfSkipped } from '../output/skipped-images.js';
import { StatusLine } from '../output/terminal/status-line.js';
import { shareWork } from '../team/shared-work.js';

interface EmbedFlags extends EncoderFlags {
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

const formsText = `
Formats of --out:
  features.parquet      columns path, label (where there are labels) and embedding, a list of floats
  features.npy          an array [images, channels]; paths and labels in features.json
  features.safetensors  the tensor features [images, channels]; paths and labels in the metadata
Without --out, features/<source>.safetensors in the run, with principal components and small pictures: um-mae studio shows them.`;

export function addEmbed(command: Command): void {
  command
    .argument(...encoderArgument)
    .argument('<source...>', 'folders, images, lists, tar shards and Parquet files')
    .option('--out <file>', 'a .parquet, .npy or .safetensors file (default: for the studio)')
    .option('--overwrite', 'replace the file if it exists');
  addEncoderFlags(command);
  command.option('--json', 'print one JSON object').addHelpText('after', formsText).action(run);
}

async function run(
  path: string,
  inputs: readonly string[],
  flags: EmbedFlags,
  command: Command,
): Promise<void> {
  const { stages, pooling, view, batchSize, overwrite } = flags;
  const gallery = flags.out === undefined;
  const out = flags.out ?? galleryIn(path, inputs);
  const { embed } = await import('../../features/embed.js');
  const status = new StatusLine('embedded');
  await shareWork(flags, command, async ({ team, signal, device, workers }) => {
    using frozen = await loadEncoder(path, flags, { device, team });
    if (gallery && team?.leads !== false) await makeFolderOf(out);
    const report = await embed(frozen, inputs, {
      out,
      gallery,
      overwrite,
      ...readingOf(flags),
      stages,
      pooling,
      view,
      batchSize,
      workers,
      team,
      signal,
      onProgress: (done, total) => status.show(done, total),
    });
    if (!report) return;
    status.clear();
    if (flags.json) console.log(JSON.stringify(report));
    else print(report);
  });
}

/** Returns the path at which the studio looks for features of a run. */
function galleryIn(path: string, [source = '']: readonly string[]): string {
  const run = new RunDirectory(path);
  if (!run.exists) {
    throw new DataError(
      `Expected a run directory to write to but got ${path}.\nName a file by --out.`,
    );
  }
  return join(run.features, `${parse(resolve(source)).name}.safetensors`);
}

async function makeFolderOf(out: string): Promise<void> {
  const path = dirname(out);
  await withFileErrors({ verb: 'write', path, as: FileError }, () => makeFolder(path));
}

function print(report: EmbedReport): void {
  const { out, images, channels, skipped, remarks } = report;
  complainOfSkipped(skipped);
  printRemarks(remarks);
  const features = `${channels} channels, ${describeFeatures(report)}`;
  console.log(`${counted(images, 'image')}, ${features}, in ${out}`);
}
