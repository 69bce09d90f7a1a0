import { expect, test } from 'vitest';
import { columnPages } from './parquet-pages.js';

test('a table of more groups of rows than can be visited is refused', () => {
  const group = { columns: [], num_rows: 1n, total_byte_size: 1n };
  const table = (groups: number) => ({
    version: 1,
    schema: [],
    num_rows: BigInt(groups),
    row_groups: new Array<typeof group>(groups).fill(group),
    metadata_length: 1,
  });
  expect(columnPages(table(1000), 1e6)).toEqual([]);
  expect(() => columnPages(table(100_000), 1e9)).toThrow('100000 groups of rows, more than 32768');
});
