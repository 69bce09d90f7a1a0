/** Reads event files as TensorBoard does, with nothing of what writes them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ReadValue {
  readonly tag: string;
  readonly value?: number;
  readonly image?: {
    readonly width: number;
    readonly height: number;
    readonly channels: number;
    readonly png: Uint8Array;
  };
  /** The plugin that its metadata name, with its message. */
  readonly plugin?: { readonly name: string; readonly content: Buffer };
}

export interface ReadEvent {
  readonly wallTime: number;
  readonly step: number;
  readonly version: string | undefined;
  readonly isStart: boolean;
  readonly values: readonly ReadValue[];
}

/** The scalars of a folder by tag and step, after what later files have replaced is gone. */
export function readRun(folder: string): { tag: string; step: number; value: number }[] {
  let scalars: { tag: string; step: number; value: number }[] = [];
  const names = readdirSync(folder).filter((name) => name.includes('tfevents'));
  for (const name of names.sort()) {
    for (const { step, isStart, values } of readEvents(readFileSync(join(folder, name)))) {
      if (isStart) scalars = scalars.filter((scalar) => scalar.step < step);
      for (const { tag, value } of values)
        if (value !== undefined) scalars.push({ tag, step, value });
    }
  }
  return scalars;
}

/** The events of a file, up to a record that was torn off. */
export function readEvents(file: Uint8Array): ReadEvent[] {
  const bytes = Buffer.from(file);
  const events: ReadEvent[] = [];
  for (let at = 0; at + 12 <= bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    checkSum(bytes.subarray(at, at + 8), bytes.readUInt32LE(at + 8));
    const data = bytes.subarray(at + 12, at + 12 + length);
    at += 16 + length;
    if (at > bytes.length) break;
    checkSum(data, bytes.readUInt32LE(at - 4));
    events.push(toEvent(data));
  }
  return events;
}

/** Bit by bit, and unmasked, in other words than the writer's. */
function checkSum(data: Uint8Array, masked: number): void {
  let crc = 0xffffffffn;
  for (const byte of data) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1n) ^ (crc & 1n ? 0x82f63b78n : 0n);
  }
  crc ^= 0xffffffffn;
  const turned = (BigInt(masked) - 0xa282ead8n + (1n << 32n)) % (1n << 32n);
  const stored = ((turned >> 17n) | (turned << 15n)) % (1n << 32n);
  if (stored !== crc) throw new RangeError(`Expected checksum ${crc} but got ${stored}.`);
}

function toEvent(data: Buffer): ReadEvent {
  const fields = fieldsOf(data);
  const bytes = (field: number) => fields.get(field)?.[0];
  const session = bytes(7);
  return {
    wallTime: Buffer.from(bytes(1) ?? []).readDoubleLE(),
    step: numberOf(bytes(2)),
    version: bytes(3)?.toString(),
    isStart: session !== undefined && numberOf(fieldsOf(session).get(1)?.[0]) === 1,
    values: (fieldsOf(bytes(5) ?? Buffer.alloc(0)).get(1) ?? []).map(toValue),
  };
}

function toValue(data: Buffer): ReadValue {
  const fields = fieldsOf(data);
  const tag = String(fields.get(1)?.[0]);
  const scalar = fields.get(2)?.[0];
  if (scalar) return { tag, value: scalar.readFloatLE() };
  const metadata = fields.get(9)?.[0];
  if (metadata) {
    const plugin = fieldsOf(fieldsOf(metadata).get(1)?.[0] ?? Buffer.alloc(0));
    const content = plugin.get(2)?.[0] ?? Buffer.alloc(0);
    return { tag, plugin: { name: String(plugin.get(1)?.[0]), content } };
  }
  const image = fieldsOf(fields.get(4)?.[0] ?? Buffer.alloc(0));
  const number = (field: number) => numberOf(image.get(field)?.[0]);
  const png = image.get(4)?.[0] ?? Buffer.alloc(0);
  return { tag, image: { height: number(1), width: number(2), channels: number(3), png } };
}

/** The fields of a message by number: the bytes of each value, varints as 8 little-endian ones. */
function fieldsOf(data: Buffer): Map<number, Buffer[]> {
  const fields = new Map<number, Buffer[]>();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = data.readUInt8(at++);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const take = (length: number) => {
    at += length;
    return data.subarray(at - length, at);
  };
  while (at < data.length) {
    const key = Number(varint());
    const read = {
      0: () => {
        const value = Buffer.alloc(8);
        value.writeBigUInt64LE(varint());
        return value;
      },
      1: () => take(8),
      2: () => take(Number(varint())),
      5: () => take(4),
    }[key & 7];
    if (!read) throw new RangeError(`Expected wire type 0, 1, 2 or 5 but got ${key & 7}.`);
    fields.set(key >> 3, [...(fields.get(key >> 3) ?? []), read()]);
  }
  return fields;
}

function numberOf(varint: Buffer | undefined): number {
  return varint ? Number(varint.readBigUInt64LE()) : 0;
}
