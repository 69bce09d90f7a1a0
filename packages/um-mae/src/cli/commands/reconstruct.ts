/** `um-mae reconstruct`: shows what a pre-trained model makes of images. */
import { replaceFile } from '@um-mae/torch/files';
import type { Command } from 'commander';
import { counted } from '../../counted.js';
import type { SkippedImage } from '../../data/loading/unreadable.js';
import type { RgbImage } from '../../images/geometry/resize.js';
import { reasonOf } from '../../images/unreadable-image.js';
import { encoderArgument } from '../flags/encoder-flags.js';
import { deviceOption, entryOption, natural, png, verifyOption } from '../flags/option-values.js';
import { showOrder } from '../flags/run-first.js';
import { refuseInput } from '../output/picture-file.js';
import { tellPassedOver } from '../output/skipped-images.js';
import { tellNotes } from '../output/terminal/terminal.js';

interface ReconstructFlags {
  readonly out: string;
  readonly seed: number;
  readonly device: string;
  readonly entry?: string;
  readonly verify: boolean;
}

export function addReconstruct(command: Command): void {
  command
    .argument(...encoderArgument)
    .argument('<image...>', 'files')
    .requiredOption('--out <png>', 'the picture to write', png)
    .option('--seed <n>', 'seed of the masks', natural, 0)
    .option(...entryOption)
    .option(...verifyOption)
    .option(...deviceOption)
    .action(run);
  showOrder(command, (from) => `um-mae reconstruct ${from} IMAGE... --out PNG`);
}

async function run(from: string, paths: readonly string[], flags: ReconstructFlags): Promise<void> {
  const { Generator, resolveDevice } = await import('@um-mae/torch');
  const { buildObjective } = await import('../../objectives/build.js');
  const { loadForReconstruction, reconstruct, reconstructionSheet } = await import(
    '../../tasks/pretrain/pictures/reconstruction.js'
  );
  const { openWeights, pretrainRecipeOf } = await import('../../weights/open-weights.js');
  const device = resolveDevice(flags.device);
  using weights = openWeights(from, undefined, flags);
  tellNotes(weights.notes);
  const recipe = pretrainRecipeOf(weights);
  const images: RgbImage[] = [];
  const skipped: SkippedImage[] = [];
  // One after the other: a photo takes tens of megabytes until it is small.
  for (const path of paths) {
    const image = await loadForReconstruction(path, recipe.image).catch(reasonOf);
    if (typeof image === 'string') skipped.push({ path, reason: image });
    else images.push(image);
  }
  tellPassedOver(skipped, paths.length);
  refuseInput(flags.out, paths);
  const generator = new Generator(flags.seed);
  const model = buildObjective(recipe, { generator });
  model.loadState(weights.tensors);
  model.to(device);
  const mask = model.drawMask(images.length, new Generator(flags.seed));
  const { normPixels } = recipe;
  const title = `Reconstruction of ${counted(images.length, 'image')}`;
  const sheet = await reconstructionSheet(reconstruct(model, images, mask), { title, normPixels });
  replaceFile(flags.out, (append) => append(sheet));
  console.log(flags.out);
}
