/** Whole small files, and the ends of large ones. */
import type { FileHandle } from 'node:fs/promises';
import { NotFoundError } from '../errors.js';

/** @throws NotFoundError when the file is larger than any of its kind */
export async function readSmall(
  file: FileHandle,
  { mostBytes }: { mostBytes: number },
): Promise<Buffer> {
  const { size } = await file.stat();
  if (size > mostBytes) {
    throw new NotFoundError(
      `Expected a file of at most ${mostBytes} bytes but got one of ${size}.`,
    );
  }
  return file.readFile();
}

/** A part of a text file, in whole lines. */
export interface Lines {
  readonly text: string;
  /** Whether the file holds more. */
  readonly isCut: boolean;
}

/** The first lines of a file, at most `bytes` long. */
export async function readHead(file: FileHandle, bytes: number): Promise<Lines> {
  const buffer = await readPart(file, 0, bytes);
  const { size } = await file.stat();
  // Without a line break at its end, the last line may be half written.
  const text = buffer.subarray(0, buffer.lastIndexOf('\n') + 1).toString('utf8');
  return { text, isCut: size > bytes };
}

/** The last lines of a file, at most `bytes` long, the last of which may be half written. */
export async function readTail(file: FileHandle, bytes: number): Promise<Lines> {
  const { size } = await file.stat();
  const start = Math.max(0, size - bytes);
  const buffer = await readPart(file, start, bytes);
  const whole = start === 0 ? buffer : buffer.subarray(buffer.indexOf('\n') + 1);
  return { text: whole.toString('utf8'), isCut: start > 0 };
}

export async function readPart(file: FileHandle, start: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(bytes);
  const { bytesRead } = await file.read(buffer, 0, bytes, start);
  return buffer.subarray(0, bytesRead);
}
