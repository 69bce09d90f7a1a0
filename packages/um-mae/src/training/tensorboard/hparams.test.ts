import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromBinary, toJson } from '@bufbuild/protobuf';
import { StructSchema } from '@bufbuild/protobuf/wkt';
import { afterAll, expect, test } from 'vitest';
import { EventLog } from './event-log.js';
import { hyperparametersOf } from './hparams.js';
import { readEvents } from './testing/read-events.js';

const folder = mkdtempSync(join(tmpdir(), 'um-mae-hparams-'));
afterAll(() => rmSync(folder, { recursive: true }));

const recipe = {
  task: 'pretrain',
  learningRate: { peak: 0.001 },
  backbone: { depths: [2, 2], window: 8 },
  normPixels: false,
  watch: { every: null },
  data: { paths: ['/private'] },
  classes: Array.from({ length: 100 }, (_, i) => `class ${i}`),
};

/** The recipe's values as columns. */
const columns = {
  task: 'pretrain',
  'learningRate.peak': 0.001,
  'backbone.depths': '[2,2]',
  'backbone.window': 8,
  normPixels: false,
};

test('has the values of a recipe by their paths, without images and long lists', () => {
  expect(Object.fromEntries(hyperparametersOf(recipe))).toEqual(columns);
});

test('is read back by the wire format of the plugin', async () => {
  const log = await EventLog.open(folder, 0);
  const values = hyperparametersOf(recipe);
  await log.write(0, [{ session: { kind: 'session-start', values, time: 1e9 } }]);
  await log.write(7, [{ session: { kind: 'session-end', time: 2e9 } }]);
  await log.close();
  const [name = ''] = readdirSync(folder);
  const read = readEvents(readFileSync(join(folder, name))).flatMap((event) => event.values);
  expect(read.map(({ tag, plugin }) => [tag, plugin?.name])).toEqual([
    ['_hparams_/session_start_info', 'hparams'],
    ['_hparams_/session_end_info', 'hparams'],
  ]);
  const [start, end] = read.map(({ plugin }) => plugin?.content ?? Buffer.alloc(0));
  // HParamsPluginData.session_start_info is field 3, whose `map<string, Value> hparams` has the
  // number and the form of `google.protobuf.Struct.fields`; the time is field 5.
  expect(start?.[0]).toBe((3 << 3) | 2);
  const info = messageAt(start, 1);
  expect(toJson(StructSchema, fromBinary(StructSchema, info))).toEqual(columns);
  expect(info.at(-9)).toBe((5 << 3) | 1);
  expect(info.readDoubleLE(info.length - 8)).toBe(1e9);
  // HParamsPluginData.session_end_info is field 4: a status, 1 for success, and a time.
  expect(end?.subarray(0, 5)).toEqual(Buffer.of((4 << 3) | 2, 11, (1 << 3) | 0, 1, (2 << 3) | 1));
  expect(end?.readDoubleLE(5)).toBe(2e9);
});

/** The bytes of a message after its length, a varint. */
function messageAt(bytes: Buffer | undefined, start: number): Buffer {
  let at = start;
  while ((bytes?.[at] ?? 0) >= 128) at++;
  return Buffer.from(bytes?.subarray(at + 1) ?? []);
}
