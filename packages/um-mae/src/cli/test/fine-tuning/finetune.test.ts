/** Fine-tuning as a user does it: what goes wrong ends with one sentence and exit code 2. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Generator, zeros } from '@um-mae/torch';
import { writeTorchFile } from '@um-mae/torch/serialization';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildBackbone } from '../../../backbones/build.js';
import { backbonePresets } from '../../../backbones/families.js';
import { writeScenes } from '../../../demo/scenes.js';
import {
  refusal,
  temporaryFolder,
  tinyModel,
  umMae,
  umMaeAlone,
} from '../../testing/command-line.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
const names: string[] = [];

const small = [
  ...['--image-size', '32', '--threads', '1', '--workers', '1', '--batch-size', '8'],
  ...['--epochs', '1', '--set', 'logEvery=1'],
];

beforeAll(async () => {
  await writeScenes(at('scenes'), { perClass: { train: 2, val: 1 }, seed: 1, size: 40 });
  names.push(...readdirSync(at('scenes/train')).sort());
  const data = ['--data', at('scenes/train'), '--batch-size', '8', '--epochs', '1'];
  expect((await umMae('pretrain', ...tinyModel, ...data, '--out', at('pretrained'))).code).toBe(0);
  const finetuned = await finetune('run');
  expect({ code: finetuned.code, stderr: finetuned.stderr }).toEqual({ code: 0, stderr: '' });
  expect(finetuned.stdout).toContain('16 images of 8 classes');
  expect(finetuned.stdout).toContain('Initialised: fc_norm, head\n');
  expect(finetuned.stdout).toMatch(/Not used from the weights: .*norm, decoder_embed/);
  expect(finetuned.stdout).toMatch(
    /Best after epoch 1\.00: top-1 .* %, kept in checkpoints\/best\./,
  );
});

/** Fine-tunes from the pre-training run, on the scenes, unless told otherwise. */
function command(out: string, ...args: readonly string[]): string[] {
  const from = args.includes('--from') ? [] : ['--from', at('pretrained')];
  const hasData = args.includes('--data') || args.includes('--train');
  const data = hasData ? [] : ['--data', at('scenes')];
  return ['finetune', ...from, ...data, ...small, '--out', at(out), ...args];
}

const finetune = (out: string, ...args: readonly string[]) => umMae(...command(out, ...args));

/** Gives the refusal of fine-tuning, which leaves no run directory behind. */
async function refusedTraining(...args: readonly string[]): Promise<string> {
  const sentence = await refusal(...command('refused', ...args));
  expect(sentence).toMatch(/^[Ee]xpected /);
  expect(existsSync(at('refused'))).toBe(false);
  return sentence;
}

function list(name: string, lines: readonly string[]): string {
  writeFileSync(at(name), `${lines.join('\n')}\n`);
  return at(name);
}

describe('um-mae finetune', () => {
  test('takes a list of few images without labels, and a published checkpoint file', async () => {
    const few = list(
      'few.txt',
      names.map((name) => `${name}/0000.png`),
    );
    const state = buildBackbone(
      backbonePresets['swin-micro'],
      { height: 32, width: 32 },
      { generator: new Generator(0) },
    ).state();
    writeTorchFile(at('encoder.pth'), { model: state });
    const data = ['--train', few, '--data-root', at('scenes/train'), '--val', at('scenes/val')];
    const { code, stdout, stderr } = await finetune('few', '--from', at('encoder.pth'), ...data);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('8 images of 8 classes');
    expect(readFileSync(at('few/recipe.yaml'), 'utf8')).toContain(`train: ${few}`);
  });

  test('goes on from a classifier, head included, or with a new head', async () => {
    const kept = await finetune('kept', '--from', at('run'));
    expect(kept.code).toBe(0);
    expect(kept.stdout).not.toContain('Initialised');
    const replaced = await finetune('replaced', '--from', at('run'), '--new-head');
    expect(replaced.stdout).toContain('Initialised: fc_norm, head\n');
    const renamed = ['--set', 'head.classes=[a, b, c, d, e, f, g, h]'];
    const lines = names.flatMap((name, i) =>
      [0, 1].map((n) => `scenes/train/${name}/000${n}.png ${i}`),
    );
    const numbers = list('numbers.txt', lines);
    const data = ['--train', numbers, '--val', numbers];
    expect(await refusedTraining('--from', at('run'), ...data, ...renamed)).toMatch(
      new RegExp(
        `^Expected a head for the class \`a\` in .* but got one for \`${names[0]}\`\\.\nAdd --new-head`,
      ),
    );
  });

  test('refuses data that are missing, of one class, or of classes that differ', async () => {
    expect(await refusedTraining('--data', at('missing'))).toMatch(
      /^Expected a folder or an image at `.*missing\/train` but got nothing there\.\n/,
    );
    for (const side of ['train', 'val']) {
      await writeScenes(at('other'), { perClass: { train: 1, val: 1 }, seed: 1, size: 32 });
      mkdirSync(at(`other/${side}/empty`), { recursive: true });
    }
    expect(await refusedTraining('--data', at('other'))).toMatch(
      /^Expected images in every class folder of .*other\/train but got none in `empty`\.\n/,
    );
    const one = list('one.txt', [`scenes/train/${names[0]}/0000.png 0`]);
    expect(await refusedTraining('--train', one, '--val', one)).toMatch(
      /^Expected at least two classes in .*one\.txt but got only `0`\.\n$/,
    );
    const few = list(
      'fewer.txt',
      names.slice(1).map((name) => `scenes/train/${name}/0000.png`),
    );
    expect(await refusedTraining('--train', few, '--val', at('scenes/val'))).toMatch(
      new RegExp(
        `^Expected the 7 classes of .*fewer\\.txt in .*scenes/val but got them also \`${names[0]}\`\\.\\n$`,
      ),
    );
    const wide = list('wide.txt', [`scenes/train/${names[0]}/0000.png 8`]);
    expect(await refusedTraining('--train', at('scenes/train'), '--val', wide)).toMatch(
      /^Expected labels from 0 to 7 in .*wide\.txt but got 8 for .*\.png\.\n$/,
    );
  });

  test('refuses weights without an encoder, of another model, or with another head', async () => {
    writeTorchFile(at('decoder.pth'), { model: new Map([['decoder_pred.weight', zeros([2, 2])]]) });
    expect(await refusedTraining('--from', at('decoder.pth'))).toMatch(
      /^Expected weights of an encoder, of a Swin, PVT or ViT, in .*decoder\.pth but got others\.\n$/,
    );
    expect(await refusedTraining('--from', at('missing.pth'))).toMatch(
      /^Expected .*missing\.pth.*no such file/,
    );
    expect(await refusedTraining('--from', at('scenes'))).toMatch(
      /^Expected a run, a checkpoint or a file of weights at .*scenes but got none of them\.\n$/,
    );
    const over = ['--from', at('run/checkpoints/last'), '--out', at('run'), '--overwrite'];
    expect(await refusedTraining(...over)).toMatch(
      /^Expected initial weights outside of the run directory .*run but got .*last\.\nChoose another/,
    );
    expect(await refusedTraining('--model', 'pvt-tiny')).toMatch(
      /^Expected weights of this model in .* but got none for \d+ of \d+ names of its encoder: .*\nLeave out --model/,
    );
    const two = list(
      'two.txt',
      [0, 1].flatMap((label) =>
        [0, 1].map((i) => `scenes/train/${names[label]}/000${i}.png ${label}`),
      ),
    );
    const data = ['--train', two, '--val', two, '--batch-size', '4'];
    expect(await refusedTraining('--from', at('run'), ...data)).toMatch(
      /^Expected a head of 2 classes in .* but got one of 8\.\nAdd --new-head to replace it, or .*\n$/,
    );
  });

  test('refuses what is missing or misspelt', async () => {
    const { code, stderr } = await umMae('finetune', '--data', at('scenes'));
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'um-mae: expected --from with a run, a file of weights, or none, but got nothing\n',
    });
    expect(await umMae('finetune', '--from', 'none', '--train', at('scenes'))).toMatchObject({
      code: 2,
      stderr: 'um-mae: expected --data FOLDER, or --train and --val, but got neither\n',
    });
    expect(await refusedTraining('--from', 'none')).toBe(
      'Expected a model but neither weights nor recipe give one; name it by --model.\n',
    );
    expect(await refusedTraining('--set', 'mixing.mixupp=1')).toBe(
      'Expected a key of the recipe but got `mixing.mixupp`; did you mean `mixing.mixup`?\n',
    );
    expect(await refusedTraining('--recipe', 'swin-tiny-finetune')).toMatch(
      /did you mean `swin-tiny-finetune-100e`\?/,
    );
    expect(await refusedTraining('--image-size', '40')).toMatch(
      /a multiple of 16 pixels but got 40x40/,
    );
  });
});

describe('um-mae evaluate', () => {
  test('repeats the scores of the run, and draws the confusion', async () => {
    const { code, stdout } = await umMaeAlone(
      'evaluate',
      at('run'),
      '--json',
      '--picture',
      at('c.png'),
    );
    expect(code).toBe(0);
    const lines = readFileSync(at('run/metrics.jsonl'), 'utf8').trimEnd().split('\n');
    const { topOne, loss } = lines
      .map((line) => JSON.parse(line))
      .find(({ kind }) => kind === 'evaluation');
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({ topOne, images: 8, classes: names, chance: 1 / 8 });
    const [low, high] = found.intervals.topOne;
    expect([low <= topOne, topOne <= high, high - low > 0.3]).toEqual([true, true, true]);
    expect(found.loss).toBeCloseTo(loss, 5);
    expect(existsSync(at('c.png'))).toBe(true);
  });

  test('takes other images, and refuses classes that the run does not know', async () => {
    const other = await umMae('evaluate', at('run'), '--data', at('scenes/train'));
    expect(other.stdout).toMatch(
      /^16 images of .*\ntop-1 .* % {2}top-5 .* % {2}mean per-class accuracy .* % {2}loss /,
    );
    const parts = await umMae('evaluate', at('run'), '--data', at('scenes'));
    expect(parts.stdout).toContain(`8 images of ${at('scenes/val')}\n`);
    expect(parts.stdout).toMatch(/^95 % interval of top-1 [\d.]+ % to [\d.]+ %, chance 12\.5 %$/m);
    const unknown = await umMae('evaluate', at('run'), '--data', folder);
    expect(unknown).toMatchObject({ code: 2, stdout: '' });
    expect(unknown.stderr).toMatch(/^um-mae: Expected a class for every image of /);
  });

  test('refuses a run of pre-training', async () => {
    const { code, stderr } = await umMae('evaluate', at('pretrained'));
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^um-mae: Expected a fine-tuned network in .* but got those of pre-training\.\nMake one by um-mae finetune --from /,
    );
  });
});

describe('um-mae probe, embed and similar', () => {
  test('take the backbone of a fine-tuned run', async () => {
    const probed = await umMaeAlone('probe', at('run'), '--data', at('scenes'));
    expect({ code: probed.code, stderr: probed.stderr }).toEqual({ code: 0, stderr: '' });
    expect(probed.stdout).toMatch(/^16 \+ 8 images of 32x32, 8 classes\n/);
    const index = at('features.npy');
    expect((await umMae('embed', at('run'), at('scenes/val'), '--out', index)).code).toBe(0);
    const image = at(`scenes/val/${names[0]}/0000.png`);
    const best = at('run/checkpoints/best');
    cpSync(image, at('twin.png'));
    const search = [best, at('twin.png'), '--index', index, '-k', '1'];
    const { stdout } = await umMaeAlone('similar', ...search);
    expect(stdout).toBe(`1.000  ${image}  ${names[0]}\n`);
  });
});

describe('um-mae predict', () => {
  test('tells class names and probabilities', async () => {
    const images = names.slice(0, 2).map((name) => at(`scenes/val/${name}/0000.png`));
    const plain = await umMaeAlone('predict', at('run'), ...images, '--top', '2');
    expect({ code: plain.code, stderr: plain.stderr }).toEqual({ code: 0, stderr: '' });
    expect(plain.stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(plain.stdout).toMatch(/0000\.png: \S+ [\d.]+ %, \S+ [\d.]+ %\n/);
    const folders = images.map((image) => dirname(image));
    const json = await umMae('predict', at('run'), ...folders, '--json', '--top', '8');
    const found = json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(found.map(({ path }) => dirname(path))).toEqual(
      folders.flatMap((place) => readdirSync(place).map(() => place)),
    );
    const [first] = found;
    expect(first.path).toBe(images[0]);
    expect(first.predictions.map(({ name }: { name: string }) => name).sort()).toEqual(names);
    const sum = first.predictions.reduce(
      (total: number, { probability }: { probability: number }) => total + probability,
      0,
    );
    expect(sum).toBeCloseTo(1, 5);
  });

  test('names what is no image, says so by its exit code, and goes on', async () => {
    const folder = at('with-text');
    cpSync(at('scenes/val'), folder, { recursive: true });
    const text = join(folder, 'text.png');
    writeFileSync(text, 'text');
    const alone = await umMae('predict', at('run'), text);
    expect(alone).toMatchObject({ code: 2, stdout: '' });
    expect(alone.stderr).toMatch(
      /^um-mae: Expected a readable image at `.*text\.png` but it is not an image/,
    );
    const { code, stdout, stderr } = await umMae('predict', at('run'), folder, '--json');
    expect(code).toBe(2);
    expect(stderr).toMatch(/^Skipped 1 unreadable image:\n {2}.*text\.png: not an image .*\n$/);
    const reports: { readonly unreadable?: string }[] = JSON.parse(
      `[${stdout.trimEnd().replaceAll('\n', ',')}]`,
    );
    expect(reports).toHaveLength(9);
    expect(reports.filter(({ unreadable }) => unreadable)).toEqual([
      { path: text, unreadable: 'not an image of a known format' },
    ]);
  });
});

describe('um-mae inspect', () => {
  test('tells a classifier', async () => {
    const { code, stdout } = await umMae('inspect', at('run'));
    expect(code).toBe(0);
    expect(stdout).toMatch(/classifier of 8 classes, as recorded/);
    expect(stdout).toMatch(/ 0 missing, 0 unexpected, 0 of another shape/);
  });
});
