import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder, umMae, umMaeAlone } from '../testing/command-line.js';

const folder = temporaryFolder();
const out = join(folder, 'demo');
const small = ['--per-class', '8', '--epochs', '2'];
const demo = (...flags: readonly string[]) => umMae('demo', ...small, ...flags);

describe('um-mae demo', () => {
  test('pre-trains, probes before and after, and says where everything is', async () => {
    const { code, stdout, stderr } = await umMaeAlone('demo', ...small, '--out', out);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^88 rendered scenes in /);
    expect(stdout).toMatch(/20 nearest neighbours +\d+\.\d % +\d+\.\d % +[+-]\d+\.\d\n/);
    expect(stdout).toMatch(/linear probe +\d+\.\d % +\d+\.\d % +[+-]\d+\.\d\n/);
    expect(stdout).toMatch(/\d images\/s in pre-training/);
    expect(stdout).toContain('um-mae pretrain --data ./photos');

    const sheet = join(out, 'images', 'epoch-0002.png');
    expect(stdout).toContain(`Reconstructions   ${sheet}\n`);
    expect(existsSync(sheet)).toBe(true);
    expect(readdirSync(out)).toEqual(expect.arrayContaining(['recipe.yaml', 'metrics.jsonl']));
    expect(existsSync(join(out, 'checkpoints', 'last', 'model.safetensors'))).toBe(true);
  });

  test('replaces an earlier demo, whose images it takes up, and ends alike', async () => {
    const record = join(`${out}-scenes`, 'scenes.json');
    const writtenMs = statSync(record).mtimeMs;
    const reports = [];
    for (let i = 0; i < 2; i++) {
      const { code, stdout } = await demo('--out', `${out}/`, '--json');
      expect(code).toBe(0);
      const { kind, report } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
      expect(kind).toBe('report');
      // The studio shows the scores with the run.
      const probe = JSON.parse(readFileSync(join(out, 'probe.json'), 'utf8'));
      expect(probe).toEqual({
        ...report.after,
        images: report.images.val,
        features: 'mean and deviation of stages 0, 1, 2, 3, full view',
      });
      reports.push({ before: report.before, after: report.after, loss: report.loss });
    }
    expect(reports[0]).toEqual(reports[1]);
    expect(statSync(record).mtimeMs).toBe(writtenMs);
  });

  test("leaves alone what is not a demo's", async () => {
    const [run, scenes] = [join(folder, 'run'), join(folder, 'other-scenes')];
    for (const path of [run, scenes]) {
      mkdirSync(path);
      writeFileSync(join(path, 'holiday.txt'), 'mine');
    }
    for (const [place, sentence] of [
      [run, /^um-mae: Expected an empty folder or an earlier demo in .*run but got something else/],
      [join(folder, 'other'), /^um-mae: Expected rendered scenes or nothing in .*other-scenes but/],
      [
        join(run, 'holiday.txt', 'demo'),
        /^um-mae: Expected to write .*demo-scenes but got: not a dir/,
      ],
    ] as const) {
      const { code, stderr } = await demo('--out', place);
      expect(code).toBe(2);
      expect(stderr).toMatch(sentence);
    }
    for (const path of [run, scenes]) expect(readdirSync(path)).toEqual(['holiday.txt']);
  });
});
