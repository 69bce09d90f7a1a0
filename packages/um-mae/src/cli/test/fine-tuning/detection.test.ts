/** Fine-tuning on boxes and outlines, and the use of the detectors that have learnt from them. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Tensor } from '@um-mae/torch';
import { readSafetensors } from '@um-mae/torch/serialization';
import { expectClose } from '@um-mae/torch/testing';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseResults } from '../../../tasks/results.js';
import { refusal, reported, temporaryFolder, umMae } from '../../testing/command-line.js';
import { inEvaluation, inStep, killAt, resultOf } from '../../testing/interrupted-run.js';
import { metricsOf } from '../../testing/kept-runs.js';
import {
  short,
  side,
  sized,
  trainingOn,
  writeRectangles,
} from '../../testing/sets/detected-rectangles.js';

const folder = temporaryFolder();
const data = join(folder, 'drawn');
const run = join(folder, 'run');
const cascaded = join(folder, 'cascaded');
/** A run of HTC, a detector of as many parts as there are. */
const hybrid = join(folder, 'hybrid');
const { settings, instances, cascade, htc } = trainingOn(data);

beforeAll(async () => {
  await writeRectangles(data);
  for (const [args, out] of [
    [instances, run],
    [cascade, cascaded],
    [htc, hybrid],
  ] as const) {
    const { code, stderr } = await umMae(...args, ...short, '--out', out);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  }
});

describe('finetune --task instances', () => {
  test('learns five losses, evaluates boxes and masks, and keeps the best and the last', () => {
    const lines = metricsOf(run);
    const steps = lines.filter(({ kind }) => kind === 'step');
    expect(steps).toHaveLength(6);
    for (const { loss, losses } of steps) {
      const parts = Object.values(losses as Record<string, number>);
      expect(parts).toHaveLength(5);
      expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(Number(loss), 4);
    }
    const evaluations = lines.filter(({ kind }) => kind === 'evaluation');
    expect(evaluations).toHaveLength(3);
    for (const { boxAp, boxAp50, maskAp, images } of evaluations) {
      expect(Number(boxAp)).toBeLessThanOrEqual(Number(boxAp50));
      expect(Number(maskAp)).toBeGreaterThanOrEqual(0);
      expect(images).toBe(8);
    }
    for (const name of ['best', 'last'])
      expect(existsSync(join(run, `checkpoints/${name}/model.safetensors`))).toBe(true);
    expect(existsSync(join(run, 'images/epoch-0003.png'))).toBe(true);
  });

  test('keeps curves, confusion and the worst images with the best weights', () => {
    const path = join(run, 'results.json');
    const results = parseResults('instances', readFileSync(path, 'utf8'), path);
    expect(results.classes).toMatchObject([
      { name: 'dark', objects: 8 },
      { name: 'bright', objects: 8 },
    ]);
    expect(Object.keys(results.masks ?? {})).toHaveLength(12);
    expect(results.curves).toHaveLength(8);
    const trueOnes = results.confusion.slice(0, 2).flat();
    expect(trueOnes.reduce((sum, count) => sum + count, 0)).toBe(16);
    expect(results.worst).toHaveLength(8);
    const [{ objects = [], found = [] } = {}] = results.worst;
    expect(objects).toHaveLength(2);
    expect(found[0]?.mask?.size).toEqual([side, side]);
  });

  test('records the classes with the recipe', () => {
    const text = readFileSync(join(run, 'recipe.yaml'), 'utf8');
    expect(text).toMatch(/classes:\n {4}- dark\n {4}- bright/);
  });

  test('begins with the whole of another run, and refuses its head for other classes', async () => {
    const whole = [...instances, ...sized('globalBlock=true')];
    const from = whole.map((value) => (value === 'none' ? run : value));
    const out = join(folder, 'from');
    const { stdout, code } = await umMae(...from, '--epochs', '1', '--out', out);
    expect(code).toBe(0);
    expect(JSON.parse(stdout.split('\n')[0] ?? '').fit).toMatchObject({ missing: [], leftOut: [] });
    const fewer = sized('data.classes=[bright]');
    const text = await refusal(...from, ...fewer, '--out', join(folder, 'fewer'));
    expect(text).toMatch(/^Expected a head of 1 class in .* but got one of 2\.\nAdd --new-head/);
  });

  test('gives its head to another task with the classes in another order, by name', async () => {
    const head = 'head={kind: faster-rcnn, channels: 32, boxChannels: 64, anchorScale: 6}';
    const still = ['learningRate.peak=1e-12', 'optimizer.weightDecay=0'];
    const turned = sized('data.classes=[bright, dark]', head, ...still);
    const from = settings.map((value) => (value === 'none' ? run : value));
    const out = join(folder, 'turned');
    const args = [...from, '--task', 'detection', ...turned, '--epochs', '1', '--out', out];
    const { code, stdout, stderr } = await umMae(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('Matched the classes of the head by name.');
    const [before, after] = ['run/checkpoints/best', 'turned/checkpoints/last'].map(
      (path) => readSafetensors(join(folder, path, 'model.safetensors')).tensors,
    );
    // Rows of two classes, and of the background behind them.
    for (const [name, rows] of [
      ['fc_cls', [1, 0, 2]],
      ['fc_reg', [4, 5, 6, 7, 0, 1, 2, 3]],
    ] as const) {
      const [old, own] = [before, after].map((all) =>
        all?.get(`roi_head.bbox_head.${name}.weight`),
      );
      for (const [place, row] of rows.entries()) {
        expectClose(own?.at(place) as Tensor, old?.at(row) as Tensor, { atol: 1e-9 });
      }
    }
    const others = sized('data.classes=[bright, grey]', head);
    const refused = await refusal(...from, '--task', 'detection', ...others, '--out', out);
    expect(refused).toMatch(
      /^Expected a head for the class `grey` in .* but got one for `dark`\.\n/,
    );
  });
});

test('finetune --resume refuses other classes', async () => {
  const other = sized('data.classes=[bright, dark]');
  const text = await refusal('finetune', '--resume', '--out', run, ...other);
  expect(text).toMatch(
    /^Expected `data\.classes.*` .*dark.*, as in the run in .*, but got .*bright/,
  );
});

describe('maps of stuff', () => {
  test('are learnt by HTC as a sixth loss, and counted by data check', async () => {
    const steps = metricsOf(hybrid).filter(({ kind }) => kind === 'step');
    for (const { losses } of steps) {
      expect((losses as Record<string, number>).semantic).toBeGreaterThan(0);
      expect(Object.keys(losses as object)).toHaveLength(6);
    }
    const { stdout } = await umMae('data', 'check', data);
    expect(stdout).toMatch(/^ {2}8 maps of stuff for 8 images$/m);
  });

  test('are refused where they are missing', async () => {
    const out = ['--out', join(folder, 'refused')];
    const nowhere = sized(`data.stuff=${join(folder, 'nowhere')}`);
    expect(await refusal(...htc, ...nowhere, ...out)).toMatch(
      /^Expected maps of stuff for `head\.stuff` in .*nowhere but got no such folder\.\nName/,
    );
    const fewer = join(folder, 'fewer-maps');
    cpSync(join(data, 'stuffthingmaps'), fewer, { recursive: true });
    rmSync(join(fewer, 'train/3.png'));
    expect(await refusal(...htc, ...sized(`data.stuff=${fewer}`), ...out)).toMatch(
      /^Expected a map of stuff for every image in .*fewer-maps but got none for 1 of 8: .*3\.png\.\n/,
    );
  });
});

test('finetune --resume ends with the same weights and scores after SIGKILL', async () => {
  const killed = join(folder, 'killed');
  await killAt([...htc, ...short, '--out', killed], [inStep, inEvaluation]);
  const { code, stderr } = await umMae('finetune', '--resume', '--out', killed);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(resultOf(killed)).toEqual(resultOf(hybrid));
});

describe('evaluate', () => {
  test('gives the twelve numbers of boxes and of masks, and a table of classes', async () => {
    const best = Math.max(...metricsOf(run).map(({ maskAp }) => Number(maskAp ?? 0)));
    const found = await reported('evaluate', run);
    expect(found).toMatchObject({ maskAp: best, masks: { AP: best }, classes: [{}, {}] });
    const { stdout } = await umMae('evaluate', run, '--data', data);
    expect(stdout).toMatch(/^boxes: AP [\d.]+ % .* AR_large [\d.-]/m);
    expect(stdout).toMatch(/^bright +8 /m);
  });

  test('uses a detector in another way, and refuses what its weights depend on', async () => {
    const own = await reported('evaluate', run);
    const soft = sized('inference.soft={decay: gaussian}', 'inference.leastScore=0.05');
    const found = await reported('evaluate', run, ...soft);
    expect(found.images).toBe(8);
    expect(found.boxAp).not.toBe(own.boxAp);
    const scales = '[{long: 96, short: 96}, {long: 128, short: 128}]';
    const views = sized(`inference.scales=${scales}`, 'inference.flip=true');
    const several = await reported('evaluate', run, ...views);
    expect(several.images).toBe(8);
    expect(several.boxAp).not.toBe(own.boxAp);
    const { objects } = await reported('predict', run, join(data, 'images/val/0.png'), ...views);
    expect(objects).not.toHaveLength(0);
    expect(await refusal('evaluate', run, ...sized('flip=0'))).toMatch(
      /^Expected a value of `inference` for --set, since .* but got `flip`\.$/m,
    );
  });

  test('matches the classes of another set by their names, and refuses a set without them', async () => {
    const other = join(folder, 'other');
    cpSync(data, other, { recursive: true });
    const file = join(other, 'annotations', 'instances_val.json');
    const json = JSON.parse(readFileSync(file, 'utf8'));
    const put = (categories: unknown) =>
      writeFileSync(file, JSON.stringify({ ...json, categories }));
    put([{ id: 99, name: 'round' }, ...json.categories.toReversed()]);
    const own = await reported('evaluate', run);
    expect(await reported('evaluate', run, '--data', other)).toMatchObject({
      boxAp: own.boxAp,
      maskAp: own.maskAp,
      classes: own.classes,
    });
    put(json.categories.map(({ id }: { id: number }) => ({ id, name: `class ${id}` })));
    expect(await refusal('evaluate', run, '--data', other)).toMatch(
      /^Expected one of the classes dark, bright in .*other but got class 10, class 20\.\n/,
    );
  });
});

describe('weights of a detector', () => {
  test.each([run, cascaded, hybrid])(
    'are told with their recipe, and converted whole (%s)',
    async (path) => {
      const found = await reported('inspect', path);
      expect(found.model).toMatchObject({
        network: 'instance segmentor',
        classes: 2,
        recorded: true,
        fit: { missing: [], unexpected: [], reshaped: [] },
      });
      const to = `${path}.safetensors`;
      const { stdout, code } = await umMae('convert', path, to);
      expect(code).toBe(0);
      expect(stdout).toMatch(/, instance segmentor of 2 classes\.\n/);
      const converted = await reported('inspect', to);
      expect(converted.tensors).toEqual(found.tensors);
      expect(converted.model).toEqual(found.model);
    },
  );
});

describe('predict', () => {
  const image = join(data, 'images/val/0.png');

  test('tells objects as results of COCO, and draws them', async () => {
    const out = join(folder, 'seen.png');
    const found = await reported('predict', run, image, '--out', out);
    const [first] = found.objects as Record<string, unknown>[];
    expect(first).toMatchObject({ image_id: 1, segmentation: { size: [side, side] } });
    expect(['dark', 'bright']).toContain(first?.category);
    expect(await sharp(out).metadata()).toMatchObject({ width: side, height: side });
  });
});

describe('export', () => {
  const image = join(data, 'images/val/0.png');

  beforeAll(() => {
    const modules = fileURLToPath(new URL('../../../../../../node_modules', import.meta.url));
    symlinkSync(modules, join(folder, 'node_modules'));
  });

  test.each([
    [run, ['boxes', 'masks']],
    [cascaded, ['boxes', 'boxes2', 'boxes3', 'masks']],
    [hybrid, ['boxes', 'boxes2', 'boxes3', 'masks']],
  ] as const)(
    'writes checked graphs, and a card whose program finds what predict finds (%s)',
    async (path, parts) => {
      const to = `${path}.onnx`;
      const soft = sized('inference.soft={decay: linear}');
      const exported = await reported('export', path, '--out', to, ...soft);
      const { verification, regions, card } = exported;
      for (const part of [{ path: to, verification }, ...(regions as (typeof verification)[])]) {
        expect(part).toMatchObject({ verification: { difference: expect.any(Number) } });
      }
      expect(regions).toMatchObject(parts.map((part) => ({ path: `${path}.${part}.onnx` })));
      writeFileSync(join(folder, 'cat.jpg'), readFileSync(image));
      const [, text = ''] = /^```js\n(.*?)^```$/ms.exec(readFileSync(String(card), 'utf8')) ?? [];
      writeFileSync(join(folder, 'find.mjs'), text);
      const printed = execFileSync('node', ['find.mjs'], { cwd: folder, encoding: 'utf8' });
      const { objects } = await reported('predict', path, image, ...soft);
      const expected = objects as { category: string; score: number }[];
      const lines = printed.trimEnd().split(/\n(?=dark|bright)/);
      expect(lines).toHaveLength(expected.length);
      for (const [i, line] of lines.slice(0, 5).entries()) {
        const [name, score] = line.split(' ');
        expect(name).toBe(expected[i]?.category);
        expect(Number(score)).toBeCloseTo(expected[i]?.score ?? Number.NaN, 3);
      }
    },
  );

  test('takes another size, and refuses what detectors have not', async () => {
    const sized = join(folder, 'sized.onnx');
    const { image: size } = await reported('export', run, '--out', sized, '--size', '64x128');
    expect(size).toEqual({ height: 64, width: 128 });
    const refused = (...args: string[]) =>
      refusal('export', run, '--out', join(folder, 'new.onnx'), ...args);
    expect(await refused('--half')).toMatch(/^Expected f32 for a graph of boxes/);
    expect(await refused('--size', '50x64')).toMatch(/^Expected images of a multiple of 32 pixels/);
    expect(await refusal('export', run, '--out', join(folder, 'new'))).toMatch(
      /^Expected a network that transformers.js has/,
    );
    expect(existsSync(join(folder, 'new.onnx'))).toBe(false);
  });
});

describe('predict --labels', () => {
  const images = [0, 1].map((name) => join(data, `images/val/${name}.png`));

  test.each([
    ['coco', 'annotations/instances.json'],
    ['voc', 'Annotations/0.xml'],
    ['yolo', 'labels/train/0.txt'],
  ])('writes a set that is read again (%s)', async (format, file) => {
    const out = join(folder, `labels-${format}`);
    const wanted = ['--labels', out, '--format', format, '--least-score', '0'];
    expect((await umMae('predict', run, ...images, ...wanted)).code).toBe(0);
    expect(existsSync(join(out, file))).toBe(true);
    const { stdout, code } = await umMae('data', 'check', out);
    expect(code).toBe(0);
    expect(stdout).toMatch(/: .* objects in 2 images/);
  });
});
