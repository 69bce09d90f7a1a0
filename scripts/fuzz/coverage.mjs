/**
 * The code that has run, as V8 counts it: an input that reaches code which none before has reached is
 * worth changing further.
 *
 * Libraries that fuzz JavaScript bring binaries that load on few systems, or instrument the sources;
 * V8 counts blocks by itself, without any of that.
 */
import { Session } from 'node:inspector';

export class Coverage {
  #session = new Session();
  /** The letters that have run, by function. */
  #reached = new Map();

  /** The number of letters of code that have run. */
  reached = 0;

  start() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /**
   * Whether code has run since the last call that had not before.
   *
   * @param isKept whether that code counts as reached from now on
   */
  hasNew(isKept = true) {
    let isNew = false;
    this.#session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error) throw new Error(error.message);
      for (const { url, functions } of taken.result) {
        if (!url.startsWith('file:') || url.includes('/scripts/fuzz/')) continue;
        for (const { ranges } of functions) isNew = this.#add(url, ranges, isKept) || isNew;
      }
    });
    return isNew;
  }

  /** @param ranges of a function, the outer ones first */
  #add(url, ranges, isKept) {
    const [{ startOffset, endOffset, count }] = ranges;
    if (count === 0) return false;
    const key = `${url}:${startOffset}`;
    const reached = this.#reached.get(key) ?? new Uint8Array(endOffset - startOffset);
    if (isKept) this.#reached.set(key, reached);
    const now = new Uint8Array(reached.length);
    for (const range of ranges) {
      const [start, end] = [range.startOffset - startOffset, range.endOffset - startOffset];
      now.fill(range.count > 0 ? 1 : 0, start, end);
    }
    let isNew = false;
    for (let i = 0; i < now.length; i++) {
      if (now[i] === 0 || reached[i] === 1) continue;
      if (!isKept) return true;
      reached[i] = 1;
      this.reached++;
      isNew = true;
    }
    return isNew;
  }
}
