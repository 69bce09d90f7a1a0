/** Tags and notes of runs: what the studio writes, and what it refuses to write. */
import {
  chmodSync,
  existsSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Studio, serveStudio } from '../server/index.js';
import type { RunDetails } from '../shared/protocol/run-details.js';
import type { RunList, RunNotes } from '../shared/protocol/runs.js';
import { temporaryFolder, writeRun } from './testing/run-directories.js';

const folder = temporaryFolder();
const file = join(folder, 'first/notes.json');
let studio: Studio;
let address = '';

beforeAll(async () => {
  writeRun(join(folder, 'first'));
  studio = await serveStudio({ folder, host: '127.0.0.1', port: 0, command: 'npx um-mae' });
  const { runs } = (await (await fetch(`${studio.url}api/runs`)).json()) as RunList;
  address = `${studio.url}api/runs/${runs[0]?.id}`;
});
afterAll(() => studio.close());

const json = { 'Content-Type': 'application/json' };

function put(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${address}/notes`, {
    method: 'PUT',
    headers: { ...json, ...headers },
    body: JSON.stringify(body),
  });
}

async function notes(): Promise<RunNotes | null> {
  const { runs } = (await (await fetch(`${studio.url}api/runs`)).json()) as RunList;
  return runs[0]?.notes ?? null;
}

describe('notes of a run', () => {
  test('stay beside it, and say what they replace', async () => {
    expect(await notes()).toEqual({ tags: [], note: '', revision: '' });
    const first = await put({ tags: ['good', 'good'], note: '<b>warm</b>', revision: '' });
    expect(first.status).toBe(200);
    const { tags, note, revision } = (await first.json()) as RunNotes;
    expect({ tags, note }).toEqual({ tags: ['good'], note: '<b>warm</b>' });
    expect(await notes()).toMatchObject({ revision });
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ version: 1, tags, note });
    // Of two pages that know the first notes, the second does not undo the other.
    expect((await put({ tags, note: 'mine', revision })).status).toBe(200);
    const late = await put({ tags, note: 'theirs', revision });
    expect(late.status).toBe(409);
    expect(await late.text()).toContain('have been changed elsewhere');
    expect(await notes()).toMatchObject({ note: 'mine' });
  });

  test('are not written for other pages, nor as anything but JSON', async () => {
    const revision = (await notes())?.revision;
    const body = { tags: [], note: 'forged', revision };
    for (const headers of [
      { origin: 'http://evil.example' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      expect((await put(body, headers)).status).toBe(403);
    }
    expect((await put(body, { 'Content-Type': 'text/plain' })).status).toBe(422);
    for (const odd of [
      { tags: 'good', note: '', revision },
      { tags: [' '], note: '', revision },
      { tags: ['x'.repeat(41)], note: '', revision },
      { tags: [], note: 'x'.repeat(20_001), revision },
    ]) {
      expect((await put(odd)).status).toBe(422);
    }
    expect(await notes()).toMatchObject({ note: 'mine' });
  });

  test('need the token where other machines may ask', async () => {
    const open = await serveStudio({ folder, host: '0.0.0.0', port: 0 });
    try {
      const { port } = new URL(open.url);
      const path = new URL(`${address}/notes`).pathname;
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'PUT',
        headers: json,
      });
      expect(answer.status).toBe(401);
    } finally {
      await open.close();
    }
  });

  test('do not leave the run by a link', async () => {
    const outside = join(temporaryFolder(), 'outside');
    writeFileSync(outside, 'theirs');
    symlinkSync(outside, `${file}.partial`);
    const revision = (await notes())?.revision;
    expect((await put({ tags: [], note: 'inside', revision })).status).toBe(200);
    expect(readFileSync(outside, 'utf8')).toBe('theirs');
    unlinkSync(file);
    symlinkSync(outside, file);
    expect((await put({ tags: [], note: 'again', revision: '' })).status).toBe(200);
    expect(readFileSync(outside, 'utf8')).toBe('theirs');
  });

  test('that are damaged are left alone, and the run is shown', async () => {
    writeFileSync(file, '{"tags": [');
    expect(await notes()).toBeNull();
    expect((await put({ tags: [], note: 'new', revision: '' })).status).toBe(422);
    expect(readFileSync(file, 'utf8')).toBe('{"tags": [');
    rmSync(file);
    const { typed } = (await (await fetch(address)).json()) as RunDetails;
    expect(typed).toEqual({ command: 'npx um-mae', run: join(folder, 'first') });
  });

  test.skipIf(process.getuid?.() === 0)('say why they cannot be kept', async () => {
    chmodSync(join(folder, 'first'), 0o500);
    const answer = await put({ tags: [], note: 'new', revision: '' });
    chmodSync(join(folder, 'first'), 0o700);
    expect(await answer.text()).toContain('permission denied');
    expect(existsSync(file)).toBe(false);
  });
});
