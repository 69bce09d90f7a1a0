/** Writes small uncompressed TIFF files, for tests. */

export interface TiffContent {
  readonly width?: number;
  readonly height?: number;
  /** Samples of every pixel. */
  readonly samples: readonly number[];
  readonly bits?: 8 | 16 | 32;
  /** The tag SampleFormat: 1 unsigned, 2 signed, 3 floats. */
  readonly format?: 1 | 2 | 3;
  /** The tag PhotometricInterpretation: 0 and 1 grey, 2 RGB. */
  readonly photometric?: number;
  /** The tag ExtraSamples. */
  readonly extra?: readonly number[];
  /** Further tags, each of one number. */
  readonly tags?: Readonly<Record<number, number>>;
}

const short = 3;

/** A picture whose pixels are all alike. */
export function writeTiff({
  width = 4,
  height = 3,
  samples,
  bits = 8,
  format = 1,
  photometric = samples.length < 3 ? 1 : 2,
  extra = [],
  tags = {},
}: TiffContent): Buffer {
  const encoded = samples.map((sample) => encode(sample, bits, format));
  const repeated = (bytes: Uint8Array) =>
    Buffer.concat(Array.from({ length: width * height }, () => bytes));
  // The tag PlanarConfiguration: each band by itself, or pixel by pixel.
  const strips = tags[284] === 2 ? encoded.map(repeated) : [repeated(Buffer.concat(encoded))];
  const all = samples.map(() => 0);
  const entries = new Map<number, readonly number[]>([
    [256, [width]],
    [257, [height]],
    [258, all.map(() => bits)],
    [259, [1]],
    [262, [photometric]],
    [277, [samples.length]],
    [278, [height]],
    [279, strips.map(({ length }) => length)],
    [339, all.map(() => format)],
    ...(extra.length > 0 ? [[338, extra] as const] : []),
    ...Object.entries(tags).map(([tag, value]) => [Number(tag), [value]] as const),
  ]);
  const long = [...entries.values(), strips].filter((values) => values.length > 2);
  const first = 8 + 2 + 12 * (entries.size + 1) + 4;
  const start = first + long.reduce((sum, values) => sum + 2 * values.length, 0);
  entries.set(
    273,
    strips.map(({ length }, i) => start + i * length),
  );
  const file = Buffer.alloc(start);
  file.write('II*\0', 'latin1');
  file.writeUInt32LE(8, 4);
  file.writeUInt16LE(entries.size, 8);
  let next = first;
  for (const [i, [tag, values]] of [...entries].sort(([a], [b]) => a - b).entries()) {
    const at = 10 + 12 * i;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(short, at + 2);
    file.writeUInt32LE(values.length, at + 4);
    const place = values.length > 2 ? next : at + 8;
    if (values.length > 2) file.writeUInt32LE(next, at + 8);
    for (const [j, value] of values.entries()) file.writeUInt16LE(value, place + 2 * j);
    if (values.length > 2) next += 2 * values.length;
  }
  return Buffer.concat([file, ...strips]);
}

function encode(sample: number, bits: 8 | 16 | 32, format: 1 | 2 | 3): Buffer {
  const bytes = Buffer.alloc(bits / 8);
  if (format === 3 && bits === 32) bytes.writeFloatLE(sample);
  else if (format === 2) bytes.writeIntLE(sample, 0, bits / 8);
  else bytes.writeUIntLE(sample, 0, bits / 8);
  return bytes;
}
