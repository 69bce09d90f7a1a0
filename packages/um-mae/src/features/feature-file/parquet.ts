/**
 * Features as a Parquet table: columns `path`, `label` (where there are labels) and `embedding`, a
 * list of floats.
 */

import { replaceFile } from '@um-mae/torch/serialization';
import {
  type FileMetaData,
  parquetReadObjects,
  parquetSchema,
  type SchemaElement,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { ByteWriter, type ColumnSource, ParquetWriter } from 'hyparquet-writer';
import { openParquetFile, type ParquetFile } from '../../data/sources/parquet/parquet-file.js';
import { DataError } from '../../errors.js';
import {
  checkFeatures,
  checksumOf,
  type FeatureRows,
  type Features,
  type FeatureTable,
  featureOrigin,
  hasLabels,
  noFeatures,
  parseIn,
} from './feature-table.js';

/** The metadata key of the origin of the features. */
const originKey = 'um-mae';
const checksumKey = 'um-mae checksum';

export function writeFeatureParquet(path: string, table: FeatureTable, rows: FeatureRows): void {
  const isLabelled = hasLabels(table.labels);
  replaceFile(path, (append) => {
    const writer = new ParquetWriter({
      writer: new AppendingWriter(append),
      schema: schemaOf(isLabelled),
      kvMetadata: [
        { key: originKey, value: JSON.stringify(table.origin) },
        { key: checksumKey, value: checksumOf(table, rows.pieces()) },
      ],
      createdBy: 'um-mae',
    });
    let start = 0;
    for (const values of rows.pieces()) {
      const end = start + values.length / rows.channels;
      // Floats hardly repeat: neither a dictionary nor compression would pay.
      const embedding = {
        name: 'embedding',
        data: toRows(values, rows.channels),
        encoding: 'PLAIN',
        codec: 'UNCOMPRESSED',
        statistics: false,
      } as const;
      const label = { name: 'label', data: table.labels.slice(start, end) };
      const columnData: ColumnSource[] = [
        { name: 'path', data: table.paths.slice(start, end) },
        ...(isLabelled ? [label] : []),
        embedding,
      ];
      // Only a flush that is asynchronous would make promises.
      void writer.write({ columnData, rowGroupSize: end - start });
      start = end;
    }
    void writer.finish();
  });
}

/** @throws DataError when it is something else */
export async function readFeatureParquet(path: string): Promise<Features> {
  const file = await openParquetFile(path);
  try {
    const names = parquetSchema(file.metadata).children.map(({ element }) => element.name);
    const recorded = (name: string) =>
      file.metadata.key_value_metadata?.find(({ key }) => key === name)?.value;
    const record = recorded(originKey);
    if (record === undefined || !names.includes('embedding')) {
      throw noFeatures(path, `columns ${names.join(', ')}, and no record of what made them`);
    }
    const origin = parseIn(featureOrigin, record, path);
    const rows = await readRows(file, path);
    return checkFeatures({ origin, ...rows }, recorded(checksumKey), path);
  } catch (cause) {
    // The reader of the format has no class for what it finds damaged.
    if (cause instanceof DataError || !(cause instanceof Error)) throw cause;
    throw noFeatures(path, `a damaged table (${cause.message.split('\n')[0]})`, cause);
  } finally {
    file.close();
  }
}

async function readRows(file: ParquetFile, path: string): Promise<Omit<Features, 'origin'>> {
  const { buffer, metadata } = file;
  const paths: string[] = [];
  const labels: (number | null)[] = [];
  const vectors: Float32Array[] = [];
  for (const { rowStart, rowEnd } of groupsOf(metadata)) {
    const options = { file: buffer, metadata, compressors, rowStart, rowEnd };
    for (const row of await parquetReadObjects(options)) {
      paths.push(String(row.path));
      labels.push(row.label === undefined || row.label === null ? null : Number(row.label));
      vectors.push(Float32Array.from(listIn(row.embedding)));
    }
  }
  const channels = vectors[0]?.length ?? 0;
  if (vectors.some(({ length }) => length !== channels)) {
    throw noFeatures(path, 'embeddings of different lengths');
  }
  const values = new Float32Array(vectors.length * channels);
  for (const [row, vector] of vectors.entries()) values.set(vector, row * channels);
  return { paths, labels, values, channels };
}

/** Columns of JSON hold anything, an object that claims a length as well. */
function listIn(value: unknown): ArrayLike<number> {
  return Array.isArray(value) || value instanceof Float32Array ? value : [];
}

function* groupsOf({ row_groups }: FileMetaData) {
  let rowStart = 0;
  for (const { num_rows } of row_groups) {
    const rowEnd = rowStart + Number(num_rows);
    yield { rowStart, rowEnd };
    rowStart = rowEnd;
  }
}

function schemaOf(isLabelled: boolean): SchemaElement[] {
  const label = { name: 'label', type: 'INT32', repetition_type: 'OPTIONAL' } as const;
  return [
    { name: 'root', num_children: isLabelled ? 3 : 2 },
    { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
    ...(isLabelled ? [label] : []),
    { name: 'embedding', converted_type: 'LIST', num_children: 1, repetition_type: 'REQUIRED' },
    { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
    { name: 'element', type: 'FLOAT', repetition_type: 'REQUIRED' },
  ];
}

function toRows(values: Float32Array, channels: number): number[][] {
  return Array.from({ length: values.length / channels }, (_, row) => [
    ...values.subarray(row * channels, (row + 1) * channels),
  ]);
}

/** Hands bytes on after every group of rows, so that memory holds one group. */
class AppendingWriter extends ByteWriter {
  constructor(private readonly append: (bytes: Uint8Array) => void) {
    super();
  }

  flush(): void {
    this.append(new Uint8Array(this.buffer, 0, this.index));
    this.index = 0;
  }

  override finish(): void {
    this.flush();
  }
}
