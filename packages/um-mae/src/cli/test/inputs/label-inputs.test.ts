/** Classes that people write, read as they mean them: see docs/inputs.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors, writeTorchFile } from '@um-mae/torch/serialization';
import { beforeAll, describe, expect, test } from 'vitest';
import { at } from '../../../at.js';
import { refusal, reported, umMae } from '../../testing/command-line.js';
import {
  classes,
  counts,
  InputFolder,
  label,
  listed,
  nameOf,
  numberOf,
  numbers,
  perImage,
} from '../../testing/sets/input-folder.js';

const inputs = new InputFolder();
beforeAll(() => inputs.prepare());

describe('classes of folders that are numbers', () => {
  const called = ['2', '10', '1', '0'];
  const numbered = (name: string, of: (i: number) => string) => {
    for (const [i, bytes] of inputs.images.entries()) inputs.write(`flat/${i}.png`, bytes);
    return inputs.list(name, (i) => `flat/${i}.png ${of(i)}`);
  };
  const own = (i: number) => at(called, Math.floor(i / 3));

  test.each([
    ['lists', () => numbered('numbered.txt', own)],
    ['shards', () => inputs.tar('numbered.tar', ...inputs.pairs(own))],
    [
      'tables',
      () =>
        inputs.table('numbered.parquet', [
          inputs.picture(),
          numbers('label', (i) => Number(own(i))),
        ]),
    ],
    ['lists with zeros before them', () => numbered('zeros.txt', (i) => own(i).padStart(3, '0'))],
  ])('are meant by the numbers of %s', async (_, written) => {
    expect(await inputs.right(inputs.folders('numeric', called), written())).toBe(1);
  });

  test('are not guessed where some numbers are none of them', async () => {
    const other = inputs.folders('from-one', ['1', '2', '3', '4']);
    expect(await inputs.refusedProbe(other, numbered('from-zero.txt', numberOf))).toMatch(
      /^Expected numbers of one meaning in .*from-zero\.txt but got 1 for .*, which is `2` .*, and `1` by name\.\nName the classes of the numbers by --class-names FILE/,
    );
    const names = inputs.write('names.txt', '1\n2\n3\n4\n');
    expect(await inputs.right(other, inputs.path('from-zero.txt'), '--class-names', names)).toBe(1);
  });

  test('are read as places where the names are words, unless folders say otherwise', async () => {
    const plain = numbered('plain.txt', numberOf);
    const report = await reported(
      'probe',
      inputs.path('run'),
      '--train',
      inputs.path('val'),
      '--val',
      plain,
    );
    expect(report.neighbours).toBe(1);
    expect(report.remarks).toEqual([
      {
        what: 'numbers of classes, read as places in the order of their names',
        count: 4,
        examples: ['0 = cat', '1 = dog', '2 = fox', '3 = owl'],
      },
    ]);
    const turned = inputs.list('turned.txt', (i) => `${listed(i)} ${3 - Number(numberOf(i))}`);
    expect(await inputs.refusedProbe(inputs.path('val'), turned)).toMatch(
      /got 3 for .*cat\/0\.png, which is `owl` by its place .*, and `cat` by the folder of the image\.\n/,
    );
  });

  test('mean the same on both sides', async () => {
    const one = inputs.list('one.txt', (i) => `${listed(i)} ${numberOf(i)}`);
    const other = inputs.list('other.txt', (i) => `${listed(i)} ${(Number(numberOf(i)) + 1) % 4}`);
    expect(await inputs.refusedProbe(one, other)).toMatch(
      /but got `cat` as 0 in the first, and as 1 in the second\.\n/,
    );
  });
});

describe('classes of tables', () => {
  const order = ['owl', 'cat', 'fox', 'dog'];
  const place = (i: number) => order.indexOf(nameOf(i));

  test('have the names of a ClassLabel, in lists or objects, and of text', async () => {
    const declared = inputs.table('hf.parquet', [inputs.picture(), numbers('label', place)], {
      label: label(order),
    });
    expect((await inputs.check(declared)).classes).toEqual(counts);
    expect(await inputs.right(declared, inputs.path('val'))).toBe(1);
    const object = { names: { ...order }, _type: 'ClassLabel' };
    const other = inputs.table('object.parquet', [inputs.picture(), numbers('label', place)], {
      label: object,
    });
    expect(await inputs.right(inputs.path('val'), other)).toBe(1);
    const text = { name: 'label', data: perImage(nameOf), type: 'STRING' };
    expect(
      await inputs.right(inputs.table('text.parquet', [inputs.picture(), text]), declared),
    ).toBe(1);
    const bare = { ...text, data: perImage((i) => Buffer.from(nameOf(i))), type: 'BYTE_ARRAY' };
    const old = inputs.table('bare.parquet', [inputs.picture(), bare]);
    expect((await inputs.check(old)).classes).toEqual(counts);
    const even = numbers('label', (i) => 2 * classes.indexOf(nameOf(i)));
    const gaps = { names: { 0: 'cat', 2: 'dog', 4: 'fox', 6: 'owl' }, _type: 'ClassLabel' };
    const gapped = inputs.table('gaps.parquet', [inputs.picture(), even], { label: gaps });
    expect((await inputs.check(gapped)).classes).toEqual(counts);
    const digits = { name: 'label', data: perImage((i) => `${place(i)}`), type: 'STRING' };
    const written = inputs.table('digits.parquet', [inputs.picture(), digits], {
      label: label(order),
    });
    expect((await inputs.check(written)).classes).toEqual(counts);
  });

  test('are those of the only ClassLabel, or of the column that is chosen', async () => {
    const two = (i: number) => Number(place(i) > 1);
    const isBig = { name: 'big', data: perImage((i) => nameOf(i) === 'owl'), type: 'BOOLEAN' };
    const both = inputs.table(
      'two.parquet',
      [inputs.picture(), numbers('fine_label', place), numbers('coarse_label', two), isBig],
      { fine_label: label(order), coarse_label: label(['a', 'b']) },
    );
    expect(await inputs.refusedProbe(both, inputs.path('val'))).toMatch(
      /--label-column chooses one: 3 \(`fine_label` \(the names `owl`, .*\), `coarse_label` \(the names `a`, `b`\), `big` \(true or false\)\)/,
    );
    expect((await inputs.check(both)).remarks).toMatchObject([{ count: 3 }]);
    expect(await inputs.right(both, inputs.path('val'), '--label-column', 'fine_label')).toBe(1);
    expect((await inputs.check(both, '--label-column', 'coarse_label')).classes).toEqual({
      a: 6,
      b: 6,
    });
    expect((await inputs.check(both, '--label-column', 'big')).classes).toEqual({
      false: 9,
      true: 3,
    });
    expect(await refusal('data', 'check', both, '--label-column', 'colour')).toMatch(
      /^Expected a column `colour` of numbers, text or true and false in .* but got `fine_label`/,
    );
    const only = inputs.table('only.parquet', [inputs.picture(), numbers('labels', place)], {
      labels: label(order),
    });
    expect((await inputs.check(only)).classes).toEqual(counts);
  });

  test('are refused where there are only paths, beyond the names, or fractions', async () => {
    const paths = { name: 'file', data: perImage((i) => listed(i)), type: 'STRING' };
    expect(await refusal('data', 'check', inputs.table('paths.parquet', [paths]))).toMatch(
      /The column `file` holds only paths, such as `val\/cat\/0\.png`: write them into a list/,
    );
    const far = inputs.table('far.parquet', [inputs.picture(), numbers('label', place)], {
      label: label(['a']),
    });
    expect(await inputs.refusedProbe(far, inputs.path('val'))).toMatch(
      /numbers beyond the 1 names that the source/,
    );
    const holes = {
      name: 'label',
      data: perImage((i) => (i < 2 ? null : nameOf(i))),
      type: 'STRING',
    };
    const holed = inputs.table('holes.parquet', [inputs.picture(), holes]);
    expect(await inputs.refusedProbe(holed, inputs.path('val'))).toMatch(
      /\nIt has rows without a label, taken for no class: 2 /,
    );
    const halves = { name: 'label', data: perImage((i) => i / 2), type: 'DOUBLE' };
    expect(
      await inputs.refusedProbe(
        inputs.table('half.parquet', [inputs.picture(), halves]),
        inputs.path('val'),
      ),
    ).toMatch(/fractions, taken for no class: 6 /);
  });
});

describe('what a run knows of its classes', () => {
  test('is matched by name when it is evaluated', async () => {
    const order = ['owl', 'cat', 'fox', 'dog'];
    const place = (i: number) => order.indexOf(nameOf(i));
    const train = inputs.table('order.parquet', [inputs.picture(), numbers('label', place)], {
      label: label(order),
    });
    const out = inputs.path('cats');
    const tuned = await umMae(
      ...[
        'finetune',
        '--from',
        inputs.path('run'),
        '--train',
        train,
        '--val',
        inputs.path('val'),
        '--out',
        out,
      ],
      ...['--epochs', '1', '--batch-size', '4', '--threads', '1', '--workers', '1'],
    );
    expect(tuned).toMatchObject({ code: 0 });
    const named = await reported('evaluate', out, '--data', train);
    expect(named.classes).toEqual(order);
    const folder = await reported('evaluate', out, '--data', inputs.path('val'));
    expect(folder.topOne).toBe(named.topOne);
    const flat = inputs.tar('flat.tar', ...inputs.pairs(numberOf));
    expect(await refusal('evaluate', out, '--data', flat)).toMatch(
      /which is `owl` by its place among the names as they are given, and `cat` by its place in the order/,
    );
    expect(readFileSync(join(out, 'recipe.yaml'), 'utf8')).toContain('labelColumn: null');
  });

  test('is matched by name when it is tuned further, whatever the order of the classes', async () => {
    const order = ['owl', 'cat', 'fox', 'dog'];
    const place = (i: number) => order.indexOf(nameOf(i));
    const train = inputs.table('turned.parquet', [inputs.picture(), numbers('label', place)], {
      label: label(order),
    });
    const tune = (from: string, data: string, out: string) =>
      umMae(
        ...['finetune', '--from', from, '--train', data, '--val', data, '--out', inputs.path(out)],
        ...['--steps', '1', '--batch-size', '4', '--threads', '1', '--workers', '1'],
        ...['--set', 'learningRate.peak=1e-12', '--set', 'optimizer.weightDecay=0'],
        // Without a batch norm, whose statistics move at any learning rate.
        ...['--set', 'head.pooling=mean'],
      );
    expect(await tune(inputs.path('run'), train, 'owls')).toMatchObject({ code: 0 });
    const again = await tune(inputs.path('owls'), inputs.path('val'), 'sorted');
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('head by name') });
    const scoresOf = async (run: string) => {
      const image = inputs.path('val/fox/6.png');
      const { predictions } = await reported('predict', inputs.path(run), image);
      return Object.fromEntries(
        predictions.map(({ name, probability }: { name: string; probability: number }) => [
          name,
          probability,
        ]),
      );
    };
    const [before, after] = [await scoresOf('owls'), await scoresOf('sorted')];
    expect(Object.keys(after).sort()).toEqual(classes);
    for (const name of classes) expect(after[name]).toBeCloseTo(before[name], 5);
  });

  test('is that of the entry that is asked for', async () => {
    const best = join(inputs.path('owls'), 'checkpoints/best/model.safetensors');
    const { tensors, metadata } = readSafetensors(best);
    const none = new Map([...tensors].map(([name, value]) => [name, value.mul(0)]));
    const file = inputs.path('two.pth');
    writeTorchFile(file, { model: none, model_ema: tensors, recipe: metadata.recipe ?? '' });
    const image = inputs.path('val/fox/6.png');
    const predicted = async (...args: readonly string[]) =>
      (await reported('predict', ...args, image)).predictions;
    expect(await predicted(file, '--entry', 'model_ema')).toEqual(
      await predicted(inputs.path('owls')),
    );
    expect(await predicted(file)).not.toEqual(await predicted(inputs.path('owls')));
    const val = ['--data', inputs.path('val')];
    const named = await reported('evaluate', file, '--entry', 'model_ema', ...val);
    expect(named.loss).toBe((await reported('evaluate', inputs.path('owls'), ...val)).loss);
    expect(await refusal('evaluate', file, '--entry', 'teacher', ...val)).toMatch(
      /under `teacher` in .* but got model, model_ema\.\n$/,
    );
  });
});
