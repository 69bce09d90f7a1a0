/**
 * Reads the metadata that `um-mae export` wrote into the graph, as onnxruntime-web does not offer
 * them.
 *
 * Source: the ONNX specification, onnx.proto; the numbers below are those of ModelProto's fields.
 */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { type DetectorSettings, detectorSettings } from 'um-mae/detect';
import * as z from 'zod';
import { UnusableFile } from '../unusable-file.js';

// Without, zod tries to compile code, which the policy of the page forbids.
z.config({ jitless: true });

const graphField = 7;
const metadataField = 14;

const side = z.coerce.number().int().min(1).max(8192);
const json = z.string().transform((text, context) => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    context.addIssue({ code: 'custom', message: 'not JSON' });
    return z.NEVER;
  }
});
const byColour = <Item extends z.ZodType<number>>(item: Item) =>
  json.pipe(z.tuple([item, item, item]));

const preprocessing = {
  height: side,
  width: side,
  interpolation: z.literal('bicubic'),
  mean: byColour(z.number()),
  deviation: byColour(z.number().positive()),
};

const cropped = {
  ...preprocessing,
  /**
   * The image is resized until it just covers the size divided by this, then cropped to the middle.
   */
  cropShare: z.coerce.number().positive().max(1),
};

const classes = json.pipe(z.array(z.string()).min(1));

const metadata = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('classifier'), classes, ...cropped }),
  z.object({ kind: z.literal('backbone'), ...cropped }),
  z.object({
    kind: z.literal('segmentor'),
    classes,
    /** The colour of each class. */
    colours: json.pipe(z.array(z.string().regex(/^#[0-9a-f]{6}$/))),
    /** All of the image is resized to the size; or it keeps its shape, and fills a scale. */
    fitting: z.enum(['stretch', 'scale']),
    long: side.optional(),
    short: side.optional(),
    ...preprocessing,
  }),
]);

/** The metadata of models whose only output is shown. */
export type PlainMetadata = z.infer<typeof metadata>;

/** The metadata of a detector, with or without masks. */
export interface DetectorMetadata {
  readonly kind: 'detector';
  readonly settings: DetectorSettings;
}

export type ModelMetadata = PlainMetadata | DetectorMetadata;

/**
 * @param name of the file, for messages
 * @throws UnusableFile for what is no ONNX, cut off, or not written by `um-mae export`
 */
export function readModelMetadata(bytes: Uint8Array, name: string): ModelMetadata {
  const entries = readEntries(bytes, name);
  if (entries.has('detector')) {
    return { kind: 'detector', settings: settingsOf(Object.fromEntries(entries), name) };
  }
  const { data, error } = metadata.safeParse(Object.fromEntries(entries));
  if (data) return data;
  const [issue] = error.issues;
  const key = String(issue?.path[0] ?? 'kind');
  const got = entries.has(key)
    ? `another \`${key}\` in its metadata`
    : `no \`${key}\` in its metadata`;
  throw new UnusableFile(
    `Expected a model that \`um-mae export\` wrote but got ${name}, an ONNX file with ${got}.`,
  );
}

function settingsOf(entries: Readonly<Record<string, string>>, name: string): DetectorSettings {
  try {
    return detectorSettings(entries);
  } catch (error) {
    const reason = error instanceof Error ? error.message : `${error}`;
    throw new UnusableFile(`Expected a detector in ${name}: ${reason}`);
  }
}

/** The graph is skipped, however large it is. */
function readEntries(bytes: Uint8Array, name: string): Map<string, string> {
  const entries = new Map<string, string>();
  let hasGraph = false;
  try {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      if (field === graphField) hasGraph = true;
      if (field === metadataField && type === WireType.LengthDelimited) {
        const [key, value] = readEntry(reader.bytes());
        entries.set(key, value);
      } else reader.skip(type, field);
    }
  } catch {
    // Every writer of ONNX begins with the version of the format, a small number.
    const isOnnx = bytes[0] === 8 && (bytes[1] ?? 255) < 32;
    if (isOnnx && bytes.length > 2) {
      throw new UnusableFile(
        `Expected a whole model but got ${name}, which is cut off or damaged; copy it again.`,
      );
    }
  }
  if (hasGraph) return entries;
  throw new UnusableFile(
    `Expected an .onnx file that \`um-mae export\` wrote but got ${name}, which ${bytes.length === 0 ? 'is empty' : 'is no ONNX'}.`,
  );
}

function readEntry(bytes: Uint8Array): [key: string, value: string] {
  const reader = new BinaryReader(bytes);
  const strings = { 1: '', 2: '' };
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === 1 || field === 2) strings[field] = reader.string();
    else reader.skip(type, field);
  }
  return [strings[1], strings[2]];
}
