import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../cli/testing/command-line.js';
import { LineLog } from './line-log.js';

const path = join(temporaryFolder(), 'log.jsonl');

describe('LineLog', () => {
  test('goes on after the lines that it keeps, whatever follows it', async () => {
    const { log } = await LineLog.open(path, () => true);
    for (const step of [1, 2, 3]) await log.append({ step });
    await log.close();
    appendFileSync(path, '{"step":4,"lo');

    const { log: resumed, earlier } = await LineLog.open(path, ({ step }) => step <= 2);
    expect(earlier).toEqual([{ step: 1 }, { step: 2 }]);
    await resumed.append({ step: 3 });
    await resumed.close();
    expect(readFileSync(path, 'utf8')).toBe('{"step":1}\n{"step":2}\n{"step":3}\n');
  });

  test('refuses a line in the middle that is damaged', async () => {
    writeFileSync(path, '{"step":1}\n{"st\n{"step":3}\n');
    await expect(LineLog.open(path, () => true)).rejects.toThrow(
      /^Expected JSON in line 2 of .* but got "\{\\"st"\.$/,
    );
  });
});
