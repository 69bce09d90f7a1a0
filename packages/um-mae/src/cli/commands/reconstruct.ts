/** `um-mae reconstruct`: shows what a pre-trained model makes of images. */
import { replaceFile } from '@um-mae/torch/files';
import type { Command } from 'commander';
import { counted } from '../../counted.js';
import { DataError } from '../../errors.js';
import { UnreadableImage } from '../../images/unreadable-image.js';
import { encoderArgument } from '../flags/encoder-flags.js';
import { deviceOption, entryOption, natural, png, verifyOption } from '../flags/option-values.js';
import { showOrder } from '../flags/run-first.js';
import { refuseInput } from '../output/picture-file.js';
import { tellNotes } from '../output/terminal.js';

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
    '../../tasks/pretrain/reconstruction.js'
  );
  const { openWeights, pretrainRecipeOf } = await import('../../weights/open-weights.js');
  const device = resolveDevice(flags.device);
  using weights = openWeights(from, undefined, flags);
  tellNotes(weights.notes);
  const recipe = pretrainRecipeOf(weights);
  const images = await Promise.all(
    paths.map((path) => loadForReconstruction(path, recipe.image).catch(naming(path))),
  );
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

/** Returns a handler that names the image in an error. */
function naming(path: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof UnreadableImage)) throw error;
    throw new DataError(`Expected an image at ${path} but it is ${error.reason}.`, {
      cause: error,
    });
  };
}
