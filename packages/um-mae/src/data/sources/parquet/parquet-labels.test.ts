import { join } from 'node:path';
import { parquetWriteFile } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../cli/testing/command-line.js';
import { openParquet } from './parquet.js';

test('a declared name at a number that nothing has room for is passed over', async () => {
  const filename = join(temporaryFolder(), 'names.parquet');
  const names = { 0: 'cat', 1: 'dog', 4294967295: 'far', 1e18: 'farther', '-1': 'none' };
  const info = { features: { label: { names, _type: 'ClassLabel' } } };
  parquetWriteFile({
    filename,
    columnData: [
      { name: 'image', data: ['a', 'b'].map((text) => Buffer.from(text)), type: 'BYTE_ARRAY' },
      { name: 'label', data: [0n, 1n], type: 'INT64' },
    ],
    kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info }) }],
  });
  const { labels } = await openParquet(filename);
  expect(labels).toMatchObject({ kind: 'declared', words: ['cat', 'dog'] });
});
