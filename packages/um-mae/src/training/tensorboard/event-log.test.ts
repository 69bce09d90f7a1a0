import { appendFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { crc32c, maskedCrc32c } from './crc32c.js';
import { EventLog } from './event-log.js';
import { readEvents, readRun } from './testing/read-events.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'um-mae-events-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('crc32c', () => {
  test('gives the checksums of RFC 3720, appendix B.4', () => {
    const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(ascending)).toBe(0x46dd794e);
    expect(crc32c(ascending.toReversed())).toBe(0x113fdb5c);
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  });

  test('is masked as every TFRecord writer does it', () => {
    // Files of TensorFlow begin with a record of 24 bytes, hence with these and their checksum.
    const length = Uint8Array.of(24, 0, 0, 0, 0, 0, 0, 0);
    expect(maskedCrc32c(length)).toBe(0x224b7fa3);
  });
});

describe('EventLog', () => {
  test('holds scalars and images', async () => {
    const png = await sharp({ create: { width: 7, height: 5, channels: 3, background: '#123456' } })
      .png()
      .toBuffer();
    const log = await EventLog.open(folder, 0);
    await log.write(10, [
      { tag: 'step/loss', value: 0.5 },
      { tag: 'step/learningRate', value: 1e-4 },
    ]);
    await log.write(2 ** 40, [{ tag: 'reconstruction', image: png }]);
    await log.close();

    const [name = ''] = readdirSync(folder);
    expect(name).toMatch(/^events\.out\.tfevents\.\d{10}\..+/);
    const events = readEvents(readFileSync(join(folder, name)));
    expect(events.map(({ step, values }) => ({ step, values }))).toEqual([
      { step: 0, values: [] },
      { step: 1, values: [] },
      {
        step: 10,
        values: [
          { tag: 'step/loss', value: 0.5 },
          { tag: 'step/learningRate', value: Math.fround(1e-4) },
        ],
      },
      {
        step: 2 ** 40,
        values: [{ tag: 'reconstruction', image: { width: 7, height: 5, channels: 3, png } }],
      },
    ]);
    expect(events[0]?.version).toBe('brain.Event:2');
    expect(events[1]?.isStart).toBe(true);
    expect(Math.abs((events[2]?.wallTime ?? 0) - Date.now() / 1000)).toBeLessThan(60);
  });

  test('replaces what earlier files hold of later steps, a torn record included', async () => {
    const run = join(folder, 'run');
    mkdirSync(run);
    const killed = await EventLog.open(run, 0);
    for (const step of [1, 2, 3, 4]) await killed.write(step, [{ tag: 'loss', value: step }]);
    await killed.close();
    appendFileSync(join(run, readdirSync(run)[0] ?? ''), Uint8Array.of(24, 0, 0, 0, 0, 0, 0, 0, 1));

    const resumed = await EventLog.open(run, 2);
    for (const step of [3, 4]) await resumed.write(step, [{ tag: 'loss', value: 10 * step }]);
    await resumed.close();
    expect(readdirSync(run)).toHaveLength(2);
    expect(readRun(run).map(({ step, value }) => [step, value])).toEqual([
      [1, 1],
      [2, 2],
      [3, 30],
      [4, 40],
    ]);
  });
});
