/** `um-mae pretrain --from`: pre-training that begins with weights. */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Generator } from '@um-mae/torch';
import { writeSafetensors, writeTorchFile } from '@um-mae/torch/serialization';
import { beforeAll, describe, expect, test } from 'vitest';
import { openImages } from '../../../data/sources/open-images.js';
import { buildObjective } from '../../../objectives/build.js';
import { composeFinetuneRecipe } from '../../../recipes/finetune/compose-finetune.js';
import { parsePretrainRecipe } from '../../../recipes/parse.js';
import { modelRecipe } from '../../../recipes/pretrain/named.js';
import type { PretrainRecipe } from '../../../recipes/pretrain/pretrain-recipe.js';
import { readRecipeFile } from '../../../recipes/recipe-file.js';
import { parseAssignment } from '../../../recipes/values/assignments.js';
import { labelledTaskOf } from '../../../tasks/labelled-tasks.js';
import { trainingLoader } from '../../../tasks/pretrain/pretrain-events.js';
import { PretrainTask } from '../../../tasks/pretrain/pretrain-task.js';
import { RunLock } from '../../../training/run-files/run-lock.js';
import { Trainer } from '../../../training/steps/trainer.js';
import { openWeights } from '../../../weights/open-weights.js';
import { refusal, startUmMae, temporaryFolder, umMae } from '../../testing/command-line.js';
import { timm, WeightsFolder } from '../../testing/foreign-vit.js';
import { checkpointDigests } from '../../testing/golden-runs.js';
import { copyKeptRuns, lossesOf } from '../../testing/kept-runs.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);

const small = ['--threads', '1', '--workers', '1', '--batch-size', '4', '--set', 'logEvery=1'];
/** For weights whose sizes are those of no preset, and which come without a decoder. */
const smallDecoder = ['--set', 'decoder={channels: 16, depth: 1, heads: 2}'];

beforeAll(() => {
  // A run with averaged weights, a classifier that began with it, and their weights in files.
  copyKeptRuns(folder);
});

function command(from: string, out: string, ...args: readonly string[]): string[] {
  const length = args.includes('--epochs') ? [] : ['--steps', '1'];
  const data = ['--data', at('images/train')];
  return ['pretrain', '--from', from, '--out', at(out), ...data, ...small, ...length, ...args];
}

/** Begins a run, and gives what it says of the weights. */
async function goOn(from: string, out: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await umMae(...command(from, out, ...args));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.split('\n');
  return lines
    .slice(
      3,
      lines.findIndex((line) => line.includes('images/s')),
    )
    .join('\n');
}

async function recipeOf(out: string): Promise<PretrainRecipe> {
  return parsePretrainRecipe(await readRecipeFile(at(`${out}/recipe.yaml`)));
}

/** Computes the loss of the first batch of a run with the weights that are in `from`. */
async function firstLoss(out: string, from: string): Promise<number> {
  const recipe = await recipeOf(out);
  const trainer = new Trainer(new PretrainTask(recipe), 'cpu');
  trainer.model.loadState(openWeights(from).tensors);
  const { images } = await openImages(recipe.data.paths);
  const loader = trainingLoader(recipe, images, { workers: 1, team: undefined });
  try {
    for await (const batch of loader.epoch(0)) return trainer.accumulate(batch).total.value();
  } finally {
    await loader.close();
  }
  throw new TypeError('no batch');
}

describe('um-mae pretrain --from', () => {
  test('begins with all weights of a run, with its loss on the same images and masks', async () => {
    const lock = await RunLock.take(at('pretraining'));
    const said = await goOn(at('pretraining'), 'on', '--seed', '7');
    lock.release();
    const file = at('pretraining/checkpoints/last/average.safetensors');
    expect(said).toBe(
      `Took the backbone and the decoder from the averaged weights in ${file}; the optimizer begins anew.\n` +
        `The run in ${at('pretraining')} is still at work; its last checkpoint is that of step 9.`,
    );
    expect(lossesOf(at('on'))).toEqual([await firstLoss('on', file)]);
    const source = parsePretrainRecipe(await readRecipeFile(at('pretraining/recipe.yaml')));
    const { from, seed, duration, ...kept } = await recipeOf('on');
    expect({ from, seed, duration }).toEqual({
      from: at('pretraining'),
      seed: 7,
      duration: { steps: 1 },
    });
    const { method, decoder, masking, normPixels, learningRate, augmentation } = source;
    expect(kept).toMatchObject({
      method,
      decoder,
      masking,
      normPixels,
      learningRate,
      augmentation,
    });
    expect(kept.watch.labelled).toBeNull();
  });

  test('takes the backbone alone where the objective is another one', async () => {
    const from = at('pretraining');
    const alone = /^Took the backbone alone from the averaged weights in .*, as/;
    const other = await goOn(from, 'simmim', '--method', 'simmim');
    expect(other).toMatch(alone);
    expect(other).toContain('as `method` is "um-mae" there and "simmim" here; the optimizer');
    expect(other).toContain('\nInitialised: mask_token, decoder_pred\nNot used');
    expect(await goOn(from, 'plain', '--set', 'normPixels=false')).toContain(
      ', as `normPixels` is true there and false here; ',
    );
  });

  test('takes published weights with their decoder or without, and names of others', async () => {
    const image = { height: 32, width: 32 };
    const model = parsePretrainRecipe({ ...modelRecipe('swin-micro'), image });
    const objective = buildObjective(model, { generator: new Generator(3) });
    const args = { norm_pix_loss: false };
    writeTorchFile(at('published.pth'), { model: objective.state(), args, epoch: 199 });
    writeTorchFile(at('encoder.pth'), { model: objective.encoder.state() });
    expect(await goOn(at('published.pth'), 'published')).toMatch(
      /^Took the backbone and the decoder from the weights in [^\n]*\.pth; the optimizer begins anew\.$/,
    );
    expect(await recipeOf('published')).toMatchObject({
      image,
      normPixels: false,
      decoder: { channels: 128, heads: 4, positions: 'published' },
    });
    expect(lossesOf(at('published'))).toEqual([await firstLoss('published', at('published.pth'))]);
    // The decoder of a named model has other positions.
    expect(await goOn(at('published.pth'), 'named', '--model', 'swin-micro')).toContain(
      ', as `decoder.positions` is "published" there and "aligned" here; ',
    );
    expect(await goOn(at('encoder.pth'), 'encoder', '--image-size', '32')).toMatch(
      /^Took the backbone alone from the weights in .*, which come without a decoder; .*\nInitialised: vis_mask_token, mask_token, decoder_embed, decoder_blocks, decoder_norm, decoder_pred$/,
    );
    const foreign = new WeightsFolder();
    foreign.say('.');
    const vit = foreign.write('timm.safetensors', timm());
    expect(await refusal(...command(vit, 'larger', ...smallDecoder, '--image-size', '64'))).toMatch(
      /^Expected `pos_embed` of shape .*\nAdd --resize-positions for images of another size/,
    );
    const larger = ['--image-size', '64', '--resize-positions'];
    expect(await goOn(vit, 'larger', ...smallDecoder, ...larger)).toContain('\nResized: pos_embed');
  });

  test('takes the backbones of fine-tuned networks, without their heads', async () => {
    expect(await goOn(at('finetuning'), 'tuned', ...smallDecoder)).toMatch(
      /^Took the backbone alone from the best weights in .*, which come without a decoder; .*\nInitialised: .*\bnorm, .*\nNot used from the weights: fc_norm, head$/,
    );
    const colour = "colour: '#804080'";
    const tasks = {
      segmentation: [
        `data.classes=[{name: a, masks: [0], ${colour}}, {name: b, masks: [1], ${colour}}]`,
        ...['crop={height: 32, width: 32}', 'scale={long: 32, short: 32}'],
      ],
      detection: ['data.classes=[a, b]'],
    };
    for (const [task, values] of Object.entries(tasks)) {
      const texts = ['from=null', 'image={height: 32, width: 32}', ...values];
      const assignments = texts.map(parseAssignment);
      const request = { task, model: 'swin-micro', folder, assignments };
      const recipe = await composeFinetuneRecipe(request);
      const network = labelledTaskOf(recipe).network(recipe, new Generator(1));
      const metadata = { format: 'um-mae', recipe: JSON.stringify(recipe) };
      writeSafetensors(at(`${task}.safetensors`), network.state(), { metadata });
      expect(await goOn(at(`${task}.safetensors`), task)).toMatch(
        /^Took the backbone alone from .*, which come without a decoder;/,
      );
    }
  });

  test('needs no source once it has a checkpoint, and ends as without a kill', async () => {
    const source = at('source');
    cpSync(at('pretraining'), source, { recursive: true, verbatimSymlinks: true });
    const args = ['--epochs', '1', '--checkpoint-every', '2', '--json'];
    await goOnSilently(source, 'unbroken', ...args);
    const killed = startUmMae(command(source, 'killed', ...args), (line) => {
      const { kind, metrics } = JSON.parse(line);
      if (kind === 'step' && metrics.step === 3) killed.child.kill('SIGKILL');
    });
    expect((await killed.outcome).code).toBe(null);
    rmSync(source, { recursive: true });
    await goOnSilently(source, 'killed', ...args, '--continue');
    expect(checkpointDigests(at('killed'))).toEqual(checkpointDigests(at('unbroken')));
    const longer = ['--extend', '--epochs', '2', '--out', at('killed')];
    expect(await umMae('pretrain', ...longer)).toMatchObject({ code: 0, stderr: '' });
    expect(await refusal('pretrain', ...longer, '--from', 'none')).toContain(
      `Expected \`from\` "${source}", as in the run in `,
    );
  });

  test('refuses what has no weights for it', async () => {
    mkdirSync(at('begun'));
    cpSync(at('pretraining/recipe.yaml'), at('begun/recipe.yaml'));
    writeFileSync(
      at('cut.safetensors'),
      readFileSync(at('weights/half.safetensors')).subarray(0, 9000),
    );
    const run = at('pretraining');
    const cases: [from: string, args: readonly string[], sentence: RegExp][] = [
      [at('gone'), [], /^Expected a run, a checkpoint or a file of weights at .*gone but got none/],
      [at('gone.pth'), [], /^Expected .*gone\.pth.*no such file/],
      [at('images'), [], /^Expected a run, a checkpoint or a file of weights at .*images but got/],
      [at('begun'), [], /^Expected a run with a checkpoint in .*begun but got one that has none\./],
      [at('cut.safetensors'), [], /^Expected .*cut\.safetensors/],
      ['https://example.org/a.pth', [], /^Expected weights in a file .*\nDownload them first\.\n$/],
      [
        run,
        ['--out', run, '--overwrite'],
        /^Expected initial weights outside of the run directory/,
      ],
      [run, ['--model', 'pvt-micro'], /^Expected weights of this model in .*\nLeave out --model/],
      [run, ['--set', 'backbone.channels=8'], /^Expected `patch_embed\.proj\.weight` of shape/],
      [
        run,
        ['--set', 'backbone.depths=[1, 1, 2]'],
        /^Expected weights of this model in .*: blocks/,
      ],
      [
        run,
        ['--set', 'backbone.patch=2'],
        /^Expected `patch_embed\.proj\.weight` of shape \[4, 3, 2/,
      ],
      [run, ['--entry', 'teacher'], /^Expected weights under `teacher` in .* but got none\./],
    ];
    for (const [from, args, sentence] of cases) {
      expect(await refusal(...command(from, 'refused', ...args))).toMatch(sentence);
    }
    expect(existsSync(at('refused'))).toBe(false);
  });
});

async function goOnSilently(from: string, out: string, ...args: readonly string[]): Promise<void> {
  expect(await umMae(...command(from, out, ...args))).toMatchObject({ code: 0, stderr: '' });
}
