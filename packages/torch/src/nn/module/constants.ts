import { native } from '../../addon/native.js';
import { isGradEnabled } from '../../tensor/autograd.js';
import { outsideScopes, partsOf } from '../../tensor/scope.js';
import { Tensor } from '../../tensor/tensor.js';

/** The way to compute a value, and all that it depends on. */
export interface ConstantOptions<Value> {
  /** The value depends on this beside weights; equal strings are the same key. */
  readonly key: unknown;
  readonly device: string;
  /** Default: none. */
  readonly weights?: readonly Tensor[];
  readonly compute: () => Value;
}

/** A value, and what it was computed from. */
interface Constant {
  readonly key: unknown;
  /** The device, its precision, and how often each weight has been written to. */
  readonly circumstances: string;
  readonly value: unknown;
}

/**
 * Values that stay the same from one forward pass to the next, as long as weights do. They are kept
 * where no gradients are recorded, and freed when another takes their place: nobody else may keep
 * them. There is one of each name, so that images of many sizes do not fill the memory.
 */
export class Constants {
  readonly #known = new Map<string, Constant>();

  /**
   * Gives a value: the one of that name if it comes of the same weights, key and precision,
   * otherwise a new one. Writes to the memory of a weight by a typed array are not noticed.
   */
  get<Value>(name: string, options: ConstantOptions<Value>): Value {
    const { key, device, weights = [], compute } = options;
    if (isGradEnabled()) return compute();
    const writes = weights.map(({ handle }) => native.writes(handle));
    const circumstances = [device, native.autocastCode(device), ...writes].join();
    const known = this.#known.get(name);
    if (known && known.key === key && known.circumstances === circumstances)
      return known.value as Value;
    const value = outsideScopes(compute);
    if (known) free(known);
    this.#known.set(name, { key, circumstances, value });
    return value;
  }

  /** Frees and forgets all values. */
  clear(): void {
    for (const known of this.#known.values()) free(known);
    this.#known.clear();
  }
}

function free({ value }: Constant): void {
  for (const part of partsOf(value)) if (part instanceof Tensor) part.dispose();
}
