/** `um-mae probe`. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { parquetWriteFile } from 'hyparquet-writer';
import { beforeAll, describe, expect, test } from 'vitest';
import { reported, umMae } from '../../testing/command-line.js';
import { refusedInBrief, SceneFolder } from '../../testing/sets/scene-folder.js';

const scenes = new SceneFolder();
const { data, run, image } = scenes;
const at = (name: string) => scenes.at(name);

beforeAll(() => scenes.prepare());

/** The images of a part with their classes as Parquet. */
function writeTable(part: string, classes: readonly string[]): string {
  const rows = classes.flatMap((name, label) =>
    readdirSync(join(data, part, name)).map((file) => ({
      label,
      image: readFileSync(join(data, part, name, file)),
    })),
  );
  const filename = at(`${part}.parquet`);
  parquetWriteFile({
    filename,
    columnData: [
      { name: 'image', data: rows.map((row) => row.image), type: 'BYTE_ARRAY' },
      { name: 'label', data: rows.map((row) => row.label), type: 'INT32' },
    ],
  });
  return filename;
}

describe('um-mae probe', () => {
  test('measures features, which it computes once', async () => {
    const first = await reported('probe', run, '--data', data);
    expect(first).toMatchObject({ classes: 8, channels: 240, computed: 48, skipped: [] });
    expect(first.images).toEqual({ train: 32, val: 16 });
    for (const score of ['neighbours', 'linearProbe']) {
      expect(first[score]).toBeGreaterThanOrEqual(0);
      expect(first[score]).toBeLessThanOrEqual(1);
    }
    expect(existsSync(`${run}.features`)).toBe(true);
    expect(await reported('probe', run, '--data', data)).toEqual({ ...first, computed: 0 });
    const stages = await reported('probe', run, '--data', data, '--stages', '1,3');
    expect(stages).toMatchObject({ computed: 0, channels: 2 * (16 + 64), stages: [1, 3] });
    expect(stages.pooling).toBe('mean-and-deviation');
    const others = ['--view', 'compact', '--pooling', 'mean', '--stages', '3'];
    const { stdout } = await umMae('probe', run, '--data', data, ...others);
    expect(stdout).toMatch(/^64 channels, mean of stage 3, compact view, 48 computed now\n/m);
    const row = '\\d+\\.\\d %  95 % interval \\d+\\.\\d to \\d+\\.\\d %\\n';
    const rows = `nearest neighbours +${row}linear probe +${row}chance +12\\.5 %\\n`;
    expect(stdout).toMatch(new RegExp(`^${rows}`, 'm'));
  });

  test('has the chance level, intervals, and random weights beside it', async () => {
    const report = await reported('probe', run, '--data', data, '--baseline');
    expect(report).toMatchObject({ chance: 1 / 8, computed: 0 });
    for (const { neighbours, linearProbe, intervals } of [report, report.baseline]) {
      for (const [score, [low, high]] of [
        [neighbours, intervals.neighbours],
        [linearProbe, intervals.linearProbe],
      ]) {
        expect(low).toBeLessThan(score + 1e-12);
        expect(high).toBeGreaterThan(score - 1e-12);
      }
    }
    // The features of random weights are kept as any.
    expect(await reported('probe', run, '--data', data, '--baseline')).toEqual(report);
    const { stdout } = await umMae('probe', run, '--data', data, '--baseline');
    const isNoBetter = report.linearProbe <= report.baseline.linearProbe;
    expect(stdout.includes('\nRandom weights do as well')).toBe(isNoBetter);
  });

  test('takes a list of few labels, shards, and tables', async () => {
    const expected = await reported('probe', run, '--data', data);
    const classes = readdirSync(join(data, 'train'));
    const lines = classes.flatMap((name) => [`${name}/0000.png`, `${name}/0001.png`]);
    writeFileSync(at('few.txt'), lines.join('\n'));
    const val = ['--val', join(data, 'val')];
    const root = ['--data-root', join(data, 'train')];
    const few = await reported('probe', run, '--train', at('few.txt'), ...val, ...root);
    expect(few).toMatchObject({ images: { train: 16, val: 16 }, computed: 0 });

    for (const part of ['train', 'val']) {
      await reported('data', 'pack', join(data, part), '--out', at(`shards/${part}`));
    }
    const packed = await reported('probe', run, '--data', at('shards'));
    expect(packed).toEqual({ ...expected, computed: 0 });

    const tables = ['train', 'val'].flatMap((part) => [`--${part}`, writeTable(part, classes)]);
    expect(await reported('probe', run, ...tables)).toEqual({ ...expected, computed: 0 });
  });

  test('refuses images that it cannot learn from', async () => {
    const of = (train: string, val = join(data, 'val')) =>
      refusedInBrief('probe', run, '--train', train, '--val', val);
    const copy = (name: string) => {
      cpSync(join(data, 'train'), at(name), { recursive: true });
      return at(name);
    };
    const renamed = copy('renamed');
    renameSync(join(renamed, 'disc-above-square'), join(renamed, 'owl'));
    expect(await of(renamed)).toMatch(/but got them without `owl`, also `disc-above-square`\.\n$/);

    const single = at('single.txt');
    const classes = readdirSync(join(data, 'train'));
    writeFileSync(single, classes.map((name) => join(data, 'train', name, '0000.png')).join('\n'));
    expect(await of(single)).toMatch(
      /^Expected at least two images of each class in .*single\.txt but got one of `.*`\.\n$/,
    );
    const cache = ['--cache', image];
    expect(await refusedInBrief('probe', run, '--data', data, ...cache)).toMatch(
      /but got: not a directory/,
    );
    expect(await refusedInBrief('probe', run, '--data', data, '--stages', '7')).toBe(
      'Expected stages out of 0 to 3 but got 7.\n',
    );
    writeFileSync(at('far.txt'), `${image} 0\n${image} 7`);
    expect(await of(at('far.txt'), at('far.txt'))).toMatch(
      /^Expected labels to number classes from 0 but got 7 among 2 images, so that most classes would have none\.\n$/,
    );
    expect(await of(join(data, 'train/disc-above-square'))).toMatch(
      /^Expected a class for every image of .* but got none for .*0000\.png\.\n/,
    );
    mkdirSync(at('hollow/train/empty'), { recursive: true });
    cpSync(join(data, 'train'), at('hollow/train'), { recursive: true });
    expect(await of(at('hollow/train'))).toMatch(
      /^Expected images in every class folder of .*hollow\/train but got none in `empty`\.\n/,
    );
    writeFileSync(at('same.txt'), `${image} 0\n`.repeat(3));
    expect(await of(at('same.txt'), at('same.txt'))).toMatch(
      /^Expected at least two classes in .*same\.txt but got only `0`\.\n$/,
    );
    expect(await of(at('gone'))).toMatch(/gone` but got nothing there\.\n/);
    expect(await refusedInBrief('probe', run)).toBe(
      'expected --data FOLDER, or --train and --val, but got neither\n',
    );
  });
});
