/** The server's answers about run directories, requested as by a browser. */
import { appendFileSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { dirname, join } from 'node:path';
import { processesOf } from 'um-mae/runs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Studio, serveStudio } from '../server/index.js';
import type { RecipeValues, RunDetails } from '../shared/protocol/run-details.js';
import type { ListedRun, RunList } from '../shared/protocol/runs.js';
import type { Series } from '../shared/protocol/series.js';
import {
  stepLine,
  stepLines,
  temporaryFolder,
  writeInstances,
  writeRun,
} from './testing/run-directories.js';

const folder = temporaryFolder();
const outside = temporaryFolder();
const at = (name: string) => join(folder, name);
let studio: Studio;

beforeAll(async () => {
  writeRun(at('finished'));
  writeRun(at('group/deep/unfinished'), { epochs: 4, method: 'simmim' });
  utimesSync(at('group/deep/unfinished/metrics.jsonl'), 1, 1);
  writeRun(at('newer'), { environment: { layout: 99 } });
  writeRun(at('linked'));
  rmSync(at('linked/metrics.jsonl'));
  writeFileSync(join(outside, 'secret.txt'), stepLine(7));
  symlinkSync(join(outside, 'secret.txt'), at('linked/metrics.jsonl'));
  symlinkSync(join(outside, 'secret.txt'), at('linked/secret.log'));
  symlinkSync(outside, at('elsewhere'));
  writeRun(join(outside, 'not-ours'));
  studio = await serveStudio({ folder, host: '127.0.0.1', port: 0 });
});
afterAll(() => studio.close());

async function ask<Value>(path: string): Promise<Value> {
  const response = await fetch(new URL(path, studio.url));
  if (!response.ok) expect.fail(`${path}: ${await response.text()}`);
  return response.json() as Promise<Value>;
}

async function runOf(name: string): Promise<ListedRun> {
  const { runs } = await ask<RunList>('/api/runs');
  return runs.find((run) => run.name === name) ?? expect.fail(`no run ${name}`);
}

async function seriesOf(name: string, query = ''): Promise<Series> {
  const { id } = await runOf(name);
  // As the page does: what takes longer to read comes with a later answer.
  while (true) {
    const series = await ask<Series>(`/api/runs/${id}/series?${query}`);
    if (series.isComplete) return series;
  }
}

describe('the list of runs', () => {
  test('finds runs at any depth, and none behind links', async () => {
    const { runs } = await ask<RunList>('/api/runs');
    const names = ['finished', 'group/deep/unfinished', 'linked', 'newer'];
    expect(runs.map(({ name }) => name)).toEqual(names);
  });

  test('tells how a run stands from its last lines', async () => {
    const shares = { rankMe: 30, neighbours: 0.25, linearProbe: 0.5 };
    const score = JSON.stringify({ kind: 'watch', step: 20, epoch: 2, ...shares });
    appendFileSync(at('finished/metrics.jsonl'), `${score}\n{"kind": "st`);
    expect(await runOf('finished')).toMatchObject({
      state: 'finished',
      model: 'swin-tiny',
      method: 'um-mae',
      task: 'pretrain',
      step: 20,
      steps: 20,
      epoch: 2,
      loss: 0.05,
      imagesPerSecond: 100,
      secondsLeft: null,
      score: { name: 'linear probe', value: 0.5, isShare: true },
    });
    const unfinished = { state: 'failed', method: 'simmim', step: 20, steps: 40 };
    expect(await runOf('group/deep/unfinished')).toMatchObject(unfinished);
  });

  test.each([
    [undefined, 'unrecorded features'],
    ['mean of stage 3, full view', 'mean of stage 3, full view'],
  ])('names the score of a probe on %s', async (features, words) => {
    const [run, scores] = ['group/deep/unfinished', { neighbours: 0.25, linearProbe: 0.5 }];
    writeFileSync(at(`${run}/probe.json`), JSON.stringify({ ...scores, images: 8, features }));
    expect((await runOf(run)).score?.name).toBe(`linear probe on ${words}`);
  });

  test.each([
    ['step-00000021', 'stopped'],
    ['step-00000020', 'stopped'],
    ['step-00000019', 'failed'],
    ['epoch-0002', 'stopped'],
    ['epoch-0001', 'failed'],
  ])('takes a run that ended early with the checkpoint %s for %s', async (name, state) => {
    const last = at('group/deep/unfinished/checkpoints/last');
    mkdirSync(dirname(last), { recursive: true });
    rmSync(last, { force: true });
    symlinkSync(name, last);
    expect(await runOf('group/deep/unfinished')).toMatchObject({ state });
  });

  test('tells why a run has ended, which checkpoint it has, and how it goes on', async () => {
    const run = at('group/deep/unfinished');
    const { id } = await runOf('group/deep/unfinished');
    const details = () => ask<RunDetails>(`/api/runs/${id}`);
    const command = `um-mae pretrain --resume --out ${run}`;
    expect((await details()).ending).toEqual({ reason: null, savedStep: null, command });
    mkdirSync(join(run, 'checkpoints/epoch-0001'), { recursive: true });
    rmSync(join(run, 'checkpoints/last'), { force: true });
    symlinkSync('epoch-0001', join(run, 'checkpoints/last'));
    writeFileSync(join(run, 'checkpoints/epoch-0001/state.json'), '{"step": 10}');
    const failure = { reason: 'Expected a disk.', step: 20, savedStep: 10, time: 'now' };
    writeFileSync(join(run, 'failure.json'), JSON.stringify(failure));
    const ended = await details();
    expect(ended.summary.state).toBe('failed');
    expect(ended.ending).toEqual({ reason: 'Expected a disk.', savedStep: 10, command });
    rmSync(join(run, 'failure.json'));
    const finished = await runOf('finished');
    expect((await ask<RunDetails>(`/api/runs/${finished.id}`)).ending).toBeNull();
  });

  test('says of a run of a newer version that it is one', async () => {
    const { state, problem } = await runOf('newer');
    expect(state).toBe('unreadable');
    expect(problem).toMatch(/^Expected a run directory of layout 1 but got 99: .* newer version/);
  });
});

describe('series', () => {
  test('has every line of a short run, on every axis', async () => {
    const { x, curves, lines, isComplete } = await seriesOf('finished');
    expect(x.step).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(x.epoch.at(-1)).toBe(2);
    expect(x.hours.at(-1)).toBeCloseTo(2 / 3600);
    expect(curves.loss.mean[3]).toBe(0.25);
    expect(curves.loss.low).toEqual([]);
    expect({ lines, isComplete }).toEqual({ lines: 21, isComplete: true });
  });

  test('keeps means and extremes of what it thins', async () => {
    const { x, curves } = await seriesOf('finished', 'points=4');
    expect(x.step).toEqual([5, 10, 15, 20]);
    expect(curves.loss.high[0]).toBe(1);
    expect(curves.loss.low[0]).toBe(0.2);
    expect(curves.loss.mean[0]).toBeCloseTo((1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 5, 6);
  });

  test('looks closer at a part', async () => {
    const { x } = await seriesOf('finished', 'axis=epoch&from=0.5&to=0.8');
    expect(x.step).toEqual([4, 5, 6, 7, 8]);
  });

  test('has probes as curves of their own', async () => {
    const { epochs } = await seriesOf('finished');
    expect(epochs.linearProbe?.y).toEqual([0.5]);
    expect(epochs.rankMe?.x.step).toEqual([20]);
    expect(epochs.topOne).toBeUndefined();
  });

  test('goes on where it was when lines come, counts damaged ones, and begins anew when a run is resumed', async () => {
    const path = at('finished/metrics.jsonl');
    appendFileSync(path, `ep"}\n\u0000\u0001 no JSON\n[1, 2]\n${stepLine(21, { loss: null })}\n`);
    const grown = await seriesOf('finished');
    expect(grown).toMatchObject({ lines: 22, damaged: 3 });
    expect(grown.curves.loss.mean.at(-1)).toBe(null);
    writeFileSync(`${path}.partial`, `${stepLines(3).join('\n')}\n`);
    rmSync(path);
    writeFileSync(path, `${stepLines(3).join('\n')}\n`);
    expect(await seriesOf('finished')).toMatchObject({ lines: 3, damaged: 0 });
    // Or it would count as running for some seconds.
    utimesSync(path, 1, 1);
  });
});

describe('details', () => {
  test('tell recipe, environment and what was left out', async () => {
    const line = JSON.stringify({ step: 3, path: '/photos/<b>.jpg', reason: 'empty (zero bytes)' });
    writeFileSync(at('finished/skipped.jsonl'), `${line}\n{"path"`);
    const { id } = await runOf('finished');
    const details = await ask<RunDetails>(`/api/runs/${id}`);
    expect(details.recipe).toContain('method: um-mae');
    expect(details.environment).toEqual([['layout', '1']]);
    expect(details.skipped).toEqual([
      { step: 3, path: '/photos/<b>.jpg', reason: 'empty (zero bytes)' },
    ]);
    expect(details.sheet).toMatchObject({ left: 24, top: 100, width: 256, unit: 16, factor: 1 });
  });

  test('have processes only where a line tells all of each', () => {
    const processes = { imagesPerSecond: [4, 3], dataWaitSeconds: [0, 1], exchangeSeconds: [1, 0] };
    const found = (changes: object) => processesOf({ processes: { ...processes, ...changes } });
    expect(found({ slowest: 1 })).toEqual({ ...processes, slowest: 1 });
    for (const changes of [
      ...[{}, { slowest: 2 }, { slowest: 1, imagesPerSecond: 4 }],
      ...[
        { slowest: 1, dataWaitSeconds: [0] },
        { slowest: 1, exchangeSeconds: [0, '1'] },
      ],
    ]) {
      expect(found(changes)).toBeUndefined();
    }
    expect(processesOf({ processes: null })).toBeUndefined();
    expect(processesOf({})).toBeUndefined();
  });

  test('compare recipes value by value', async () => {
    const [left, right] = [await runOf('finished'), await runOf('group/deep/unfinished')];
    const { rows } = await ask<RecipeValues>(`/api/values?runs=${left.id},${right.id}`);
    expect(rows).toEqual([
      { path: 'method', values: ['um-mae', 'simmim'] },
      { path: 'duration.epochs', values: ['2', '4'] },
    ]);
    expect(left.values).toEqual({ method: 'um-mae', 'duration.epochs': '2' });
    expect(left.lossKind).not.toBe(right.lossKind);
  });
});

describe('the initial weights', () => {
  test('lead to the run that they are of, be they there or not', async () => {
    const originOf = async (from: string, write = writeInstances) => {
      write(at('tuned'), from);
      const { id, origin } = await runOf('tuned');
      expect((await ask<RunDetails>(`/api/runs/${id}`)).origin).toEqual(origin);
      return origin;
    };
    // The folder is searched anew only from time to time.
    const tuned = () => runOf('tuned').catch(() => null);
    writeInstances(at('tuned'));
    await expect.poll(tuned, { timeout: 5000 }).not.toBeNull();
    const { id, name } = await runOf('finished');
    expect(await originOf(at('finished'))).toEqual({ from: at('finished'), run: { id, name } });
    const gone = at('finished/checkpoints/epoch-0001/model.safetensors');
    expect(await originOf(gone)).toEqual({ from: gone, run: { id, name } });
    const pretrained = (path: string, from?: string) => writeRun(path, { from });
    expect((await originOf(at('finished'), pretrained))?.run).toEqual({ id, name });
    expect(await originOf('/weights.pth')).toEqual({ from: '/weights.pth', run: null });
    rmSync(at('tuned'), { recursive: true });
    await expect.poll(tuned, { timeout: 5000 }).toBeNull();
  });
});

/** Asks with headers that `fetch` does not let one choose, and a path as it stands. */
function request(
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(studio.url);
  return new Promise((resolve, reject) => {
    const request = get({ hostname, port, path, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on('error', reject);
  });
}

describe('what is refused', () => {
  test('files behind links that lead out of the folder', async () => {
    expect(await runOf('linked')).toMatchObject({ state: 'unreadable' });
    const { id } = await runOf('linked');
    expect((await request(`/api/runs/${id}/logs/0`)).status).toBe(404);
    expect((await request(`/api/runs/${id}/series`)).text).not.toContain('"step":[7]');
  });

  test.each([
    '/../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/api/runs/..%2f..%2fetc',
    '/api/runs/finished/pictures/1',
  ])('the path %s', async (path) => {
    const { status, text } = await request(path);
    expect(text).not.toContain('root:');
    expect([200, 404]).toContain(status);
    if (status === 200) expect(text).toContain('<title>um-mae studio</title>');
  });

  test('pictures that are no number of an epoch', async () => {
    const { id } = await runOf('finished');
    for (const name of ['..%2Frecipe', '1.png', '-1', '1e3']) {
      expect((await request(`/api/runs/${id}/pictures/${name}`)).status).toBe(404);
    }
  });

  test('names that are not those of this machine', async () => {
    const { host } = new URL(studio.url);
    expect((await request('/api/runs', { host })).status).toBe(200);
    expect((await request('/api/runs', { host: 'localhost' })).status).toBe(200);
    for (const name of ['evil.example', '127.0.0.1.evil.example', 'localhost.']) {
      expect((await request('/api/runs', { host: name })).status, name).not.toBe(200);
    }
  });

  test('requests that other pages make', async () => {
    const from = (site: string, mode: string) => ({
      'sec-fetch-site': site,
      'sec-fetch-mode': mode,
    });
    expect((await request('/api/runs', from('cross-site', 'no-cors'))).status).toBe(403);
    expect((await request('/api/runs', from('same-origin', 'cors'))).status).toBe(200);
    expect((await request('/', from('cross-site', 'navigate'))).status).toBe(200);
    // Browsers that say no more.
    expect((await request('/api/runs', { origin: 'http://evil.example' })).status).toBe(403);
    expect((await request('/api/runs', { origin: 'null' })).status).toBe(403);
    const { origin } = new URL(studio.url);
    expect((await request('/api/runs', { origin })).status).toBe(200);
  });
});

describe('a studio for other machines', () => {
  test('asks for the token of its address, then remembers it in a cookie', async () => {
    const open = await serveStudio({ folder, host: '0.0.0.0', port: 0 });
    try {
      const address = new URL(open.url);
      const token = address.searchParams.get('token') ?? '';
      expect(token.length).toBeGreaterThanOrEqual(32);
      const base = `http://127.0.0.1:${address.port}`;
      expect((await fetch(`${base}/api/runs`)).status).toBe(401);
      expect((await fetch(`${base}/?token=${token.slice(1)}x`)).status).toBe(401);
      const entered = await fetch(`${base}/?token=${token}`, { redirect: 'manual' });
      expect(entered.status).toBe(303);
      expect(entered.headers.get('location')).toBe('/');
      const away = await fetch(`${base}//evil.example/?token=${token}`, { redirect: 'manual' });
      expect(away.headers.get('location')).toBe('/evil.example/');
      const cookie = entered.headers.get('set-cookie') ?? '';
      expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
      const headers = { cookie: cookie.split(';')[0] ?? '' };
      expect((await fetch(`${base}/api/runs`, { headers })).status).toBe(200);
    } finally {
      await open.close();
    }
  });
});

describe('a run that is damaged', () => {
  test.each([
    ['an alias of nothing', 'recipe.yaml', 'backbone: {}\nz: *nope\n'],
    ['aliases of aliases', 'recipe.yaml', bomb()],
    ['nothing but depth', 'recipe.yaml', '['.repeat(20_000)],
    ['a deep environment', 'environment.json', `{"layout":${'['.repeat(200_000)}`],
    ['a deep layout', 'environment.json', nested(200_000)],
    ['a deep fact', 'environment.json', nested(50_000).replace('layout', 'fact')],
  ])('of %s touches no other', async (_, name, text) => {
    // One of them an earlier test has deleted, perhaps just now.
    const before = (await ask<RunList>('/api/runs')).runs.filter(
      ({ name }) => !['damaged', 'tuned'].includes(name),
    );
    writeRun(at('damaged'));
    writeFileSync(at(`damaged/${name}`), text);
    const alone = await serveStudio({ folder, host: '127.0.0.1', port: 0 });
    try {
      const response = await fetch(new URL('/api/runs', alone.url));
      const { runs } = (await response.json()) as RunList;
      expect(runs.filter(({ name }) => name !== 'damaged')).toEqual(before);
      const damaged = runs.find((run) => run.name === 'damaged');
      if (name === 'recipe.yaml') expect(damaged?.problem).toMatch(/^Expected /);
      expect((await fetch(new URL(`/api/runs/${damaged?.id}`, alone.url))).status).toBe(200);
    } finally {
      await alone.close();
      rmSync(at('damaged'), { recursive: true });
    }
  });
});

/** YAML that unfolds to 9^9 values. */
function bomb(): string {
  const lists = Array.from({ length: 9 }, (_, i) => {
    const item = i === 0 ? 'x' : `*a${i - 1}`;
    return `a${i}: &a${i} [${Array(9).fill(item).join(', ')}]\n`;
  });
  return lists.join('');
}

function nested(levels: number): string {
  return `{"layout":${'['.repeat(levels)}${']'.repeat(levels)}}`;
}

describe('a folder in place of a file', () => {
  test('does not stop the others', async () => {
    mkdirSync(at('odd/recipe.yaml'), { recursive: true });
    mkdirSync(at('odd/metrics.jsonl'), { recursive: true });
    expect((await ask<RunList>('/api/runs')).runs.length).toBeGreaterThan(3);
  });
});
