/** Plain data, as a pickle of PyTorch holds it. */
import { Tensor } from '../../tensor/tensor.js';
import type { Refuse } from '../refusal.js';
import { NumpyArray } from './numpy-values.js';
import { StoredTensor } from './stored-tensor.js';

/**
 * Tuples, sizes, sets and lists are arrays; dicts and namespaces are maps, and so is what stands
 * for an object of a class that is not read; dtypes, devices, paths and dates are texts, such as
 * `torch.float32`. Integers beyond 2^53 are bigints.
 */
export type PickleTree =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Tensor
  | readonly PickleTree[]
  | PickleMap;

export type PickleKey = null | boolean | number | bigint | string;

/** A dict, or an `OrderedDict`. */
export class PickleMap extends Map<PickleKey, PickleTree> {
  /**
   * The attributes of an `OrderedDict` beside its items: the versions of modules, as `_metadata`.
   */
  attributes: PickleMap | undefined;
}

/** The attributes of an `argparse.Namespace`. */
export class Namespace extends PickleMap {}

/**
 * Stands for an object of a class that is not read; its items are what the file gives the object.
 */
export class ForeignValue extends PickleMap {
  /** @param name of the class, with its module */
  constructor(readonly name: string) {
    super();
  }
}

/** Stands for a tensor of a kind that is not read, such as a sparse one, or one of int8. */
export class ForeignTensor extends ForeignValue {
  /** @param kind in words, such as `a sparse tensor` */
  constructor(readonly kind: string) {
    super('torch.Tensor');
  }
}

/** Levels of lists in lists that readers can follow without running out of stack. */
const deepest = 100;

/** Values that a reader may meet when it follows every reference: twice-used lists count twice. */
const mostValues = 2 ** 22;

/** The size of a value that has been visited. */
interface Extent {
  /** Levels below. */
  readonly depth: number;
  /** It and all inside. */
  readonly values: number;
}

/** Turns what a pickle machine has built into plain data, in place. */
export class TreeBuilder {
  readonly #extents = new Map<object, Extent>();
  /** Lists and dicts whose items are being visited: one that is met among them contains itself. */
  readonly #open = new Set<unknown>();
  readonly #tensors = new Map<StoredTensor | NumpyArray, Tensor>();

  constructor(
    readonly makeTensor: (stored: StoredTensor) => Tensor,
    readonly refuse: Refuse,
  ) {}

  /** @throws SerializationError when it is larger than plain data is */
  build(value: unknown): PickleTree {
    const { values } = this.#visit(value, 0);
    if (values > mostValues) this.refuse(`at most ${mostValues} values`, 'more');
    return this.#finished(value);
  }

  /** Finishes everything inside a list or dict, once. A list inside itself is passed over there. */
  #visit(value: unknown, level: number): Extent {
    const isLeaf = !(value instanceof PickleMap) && !Array.isArray(value);
    if (isLeaf || this.#open.has(value)) return { depth: 0, values: 1 };
    const known = this.#extents.get(value);
    if (level + (known?.depth ?? 0) > deepest) {
      this.refuse(`at most ${deepest} levels of lists and dicts`, 'more');
    }
    if (known) return known;
    this.#open.add(value);
    const inside = itemsOf(value).map((item) => this.#visit(item, level + 1));
    const extent = {
      depth: inside.reduce((deepest, { depth }) => Math.max(deepest, depth + 1), 0),
      values: inside.reduce((sum, { values }) => sum + values, 1),
    };
    this.#extents.set(value, extent);
    if (Array.isArray(value)) {
      for (const [i, item] of value.entries()) value[i] = this.#finished(item);
    } else {
      for (const [key, item] of value) value.set(key, this.#finished(item));
      if (this.#open.has(value.attributes)) value.attributes = undefined;
    }
    this.#open.delete(value);
    return extent;
  }

  #finished(value: unknown): PickleTree {
    if (this.#open.has(value)) return new ForeignValue('a value that contains itself');
    if (value instanceof StoredTensor) {
      const tensor = this.#tensors.get(value) ?? this.makeTensor(value);
      this.#tensors.set(value, tensor);
      return tensor;
    }
    if (value instanceof NumpyArray) {
      const tensor = this.#tensors.get(value) ?? value.tensor();
      if (!tensor) return new ForeignValue('numpy.ndarray');
      this.#tensors.set(value, tensor);
      return tensor;
    }
    // A class or function, which nothing is made of.
    return isPlain(value) ? value : new ForeignValue(nameOf(value));
  }
}

function itemsOf(value: PickleMap | readonly unknown[]): unknown[] {
  if (value instanceof PickleMap) return [...value.values(), value.attributes];
  return [...value];
}

function isPlain(value: unknown): value is PickleTree {
  return (
    value === null ||
    ['boolean', 'number', 'bigint', 'string'].includes(typeof value) ||
    value instanceof Uint8Array ||
    value instanceof PickleMap ||
    value instanceof Tensor ||
    Array.isArray(value)
  );
}

function nameOf(value: unknown): string {
  return value instanceof Object && 'name' in value ? String(value.name) : 'another value';
}
