/** Takes the pictures out of a file of events, which are files of their own in a run, too. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** Bytes around the data of a record. */
const [headBytes, tailBytes] = [12, 4];

/**
 * @param file records of TFRecord; what follows a torn one is left as it is
 * @returns the records without pictures, as they were
 */
export function withoutPictures(file: Uint8Array): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const kept: Uint8Array[] = [];
  let at = 0;
  while (at + headBytes <= file.length) {
    const length = Number(view.getBigUint64(at, true));
    const end = at + headBytes + length + tailBytes;
    if (end > file.length) break;
    if (!hasPicture(file.subarray(at + headBytes, end - tailBytes)))
      kept.push(file.subarray(at, end));
    at = end;
  }
  return Buffer.concat([...kept, file.subarray(at)]);
}

/** Whether an event holds a summary with an image. */
function hasPicture(event: Uint8Array): boolean {
  const summary = fieldIn(event, 5);
  const value = summary && fieldIn(summary, 1);
  return value !== undefined && fieldIn(value, 4) !== undefined;
}

/** The first value of a field that is as long as it says; undefined where there is none. */
function fieldIn(message: Uint8Array, number: number): Uint8Array | undefined {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === number && type === WireType.LengthDelimited) return reader.bytes();
    reader.skip(type, field);
  }
  return undefined;
}
