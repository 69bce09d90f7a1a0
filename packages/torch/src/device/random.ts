/** Seeded random generators; every operator that draws takes one. */

import { native } from '../addon/native.js';
import { resolveDevice } from './device.js';

const forgotten = new FinalizationRegistry<number>((handle) => native.disposeGenerator(handle));

/** A stream of random numbers that depends on its seed and nothing else. */
export class Generator {
  readonly handle: number;

  /** @param seed a non-negative integer up to 2^53 */
  constructor(
    readonly seed: number,
    device = 'cpu',
  ) {
    this.handle = native.createGenerator(resolveDevice(device), seed);
    forgotten.register(this, this.handle);
  }

  /** Everything that decides the numbers to come. */
  get state(): Uint8Array {
    const state = native.generatorState(this.handle);
    try {
      const [length = 0] = native.shape(state);
      const bytes = new Uint8Array(length);
      native.copyTo(state, bytes);
      return bytes;
    } finally {
      native.dispose(state);
    }
  }

  set state(bytes: Uint8Array) {
    const state = native.fromArray(bytes, [bytes.length], 0, false);
    try {
      native.setGeneratorState(this.handle, state);
    } finally {
      native.dispose(state);
    }
  }
}
