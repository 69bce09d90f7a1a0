/**
 * A file of events for TensorBoard, in the framing of TFRecord.
 *
 * A resumed run writes another file. It begins by saying after which step it goes on, so that
 * TensorBoard forgets what the earlier files hold of later steps; those files stay as they are.
 */
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { maskedCrc32c } from './crc32c.js';
import { type Event, type EventValue, encodeEvent } from './event.js';

export class EventLog {
  private constructor(private readonly file: FileHandle) {}

  /**
   * Begins a file in `folder`.
   *
   * @param step steps that were done before
   */
  static async open(folder: string, step: number): Promise<EventLog> {
    const log = new EventLog(await open(join(folder, await nextName(folder)), 'wx'));
    await log.append({ kind: 'version' });
    await log.append({ kind: 'start', step: step + 1 });
    return log;
  }

  /** Once this returns, the system has it: readers see it, and a kill does not undo it. */
  async write(step: number, summaries: readonly EventValue[]): Promise<void> {
    await this.append({ kind: 'summary', step, summaries });
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  private async append(event: Event): Promise<void> {
    await this.file.appendFile(toRecord(encodeEvent(event, Date.now() / 1000)));
  }
}

/** Length, its checksum, the data, their checksum; all little-endian. */
function toRecord(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(data.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return record;
}

/**
 * TensorBoard reads the files of a folder in the order of their names, which begin with the time.
 */
async function nextName(folder: string): Promise<string> {
  const earlier = (await readdir(folder)).flatMap(
    (name) => /^events\.out\.tfevents\.(\d+)\./.exec(name)?.[1] ?? [],
  );
  // A second later than the last one, should the clock have been turned back or not have moved.
  const second = Math.max(
    Math.floor(Date.now() / 1000),
    ...earlier.map((text) => Number(text) + 1),
  );
  return `events.out.tfevents.${String(second).padStart(10, '0')}.${hostname()}.um-mae`;
}
