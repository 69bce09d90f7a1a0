/**
 * Reads pickles without executing anything: the instructions below build plain data, and call
 * nothing but what `known-names.ts` lists.
 *
 * Source: CPython, Lib/pickletools.py, which documents every instruction. Those that Python 2 and
 * protocols 2 to 5 write for the data of a checkpoint are here; all others are refused.
 */
import type { ByteReader } from '../byte-reader.js';
import { Callable, lookUp, setItem, storageReference } from './known-names.js';
import { PickleMachine } from './machine.js';
import { NumpyArray, NumpyType } from './numpy-values.js';
import type { StorageReference } from './stored-tensor.js';
import { ForeignValue, Namespace, PickleMap } from './tree.js';

/** The result of reading a pickle. */
export interface PickleContents {
  /** `TreeBuilder` makes plain data of it. */
  readonly value: unknown;
  /** Everything that its tensors lie in, by key. */
  readonly storages: ReadonlyMap<string, StorageReference>;
}

/** Reads the next pickle. */
export function unpickle(input: ByteReader): PickleContents {
  const machine = new PickleMachine(input);
  for (;;) {
    const at = input.position;
    const code = input.byte();
    if (code === stop) return { value: machine.pop(), storages: machine.storages };
    const instruction = instructions.get(code);
    if (!instruction) {
      return machine.refuse('a pickle of plain data', `instruction ${code} at byte ${at}`);
    }
    instruction(machine);
  }
}

const stop = 0x2e;

type Instruction = (machine: PickleMachine) => void;

const pushes = (value: (input: ByteReader) => unknown): Instruction => {
  return (machine) => machine.push(value(machine.input));
};

const text = (bytes: Buffer): string => bytes.toString('utf8');

const instructions: ReadonlyMap<number, Instruction> = new Map<number, Instruction>([
  [0x80, (machine) => checkProtocol(machine)], // PROTO
  [0x95, ({ input }) => void input.take(8)], // FRAME: a hint for buffering

  [0x4e, pushes(() => null)], // NONE
  [0x88, pushes(() => true)], // NEWTRUE
  [0x89, pushes(() => false)], // NEWFALSE
  [0x4b, pushes((input) => input.byte())], // BININT1
  [0x4d, pushes((input) => input.take(2).readUInt16LE())], // BININT2
  [0x4a, pushes((input) => input.take(4).readInt32LE())], // BININT
  [0x8a, pushes((input) => long(input.take(input.byte())))], // LONG1
  [0x47, pushes((input) => input.take(8).readDoubleBE())], // BINFLOAT
  [0x58, pushes((input) => text(input.take(input.take(4).readUInt32LE())))], // BINUNICODE
  [0x8c, pushes((input) => text(input.take(input.byte())))], // SHORT_BINUNICODE
  [0x55, pushes((input) => text(input.take(input.byte())))], // SHORT_BINSTRING: a text of Python 2
  [0x54, pushes((input) => text(input.take(input.take(4).readUInt32LE())))], // BINSTRING
  [0x43, pushes((input) => Uint8Array.from(input.take(input.byte())))], // SHORT_BINBYTES
  [0x42, pushes((input) => Uint8Array.from(input.take(input.take(4).readUInt32LE())))], // BINBYTES
  [0x8d, pushes((input) => text(input.take(longLength(input))))], // BINUNICODE8
  [0x8e, pushes((input) => Uint8Array.from(input.take(longLength(input))))], // BINBYTES8
  [0x96, pushes((input) => Uint8Array.from(input.take(longLength(input))))], // BYTEARRAY8
  [0x8b, pushes((input) => long(input.take(input.take(4).readUInt32LE())))], // LONG4

  [0x28, (machine) => machine.mark()], // MARK
  [0x30, (machine) => void machine.pop()], // POP
  [0x31, (machine) => void machine.popGroup()], // POP_MARK
  [0x32, (machine) => machine.push(machine.top())], // DUP
  [0x29, pushes(() => [])], // EMPTY_TUPLE
  [0x85, (machine) => machine.push(machine.popMany(1))], // TUPLE1
  [0x86, (machine) => machine.push(machine.popMany(2))], // TUPLE2
  [0x87, (machine) => machine.push(machine.popMany(3))], // TUPLE3
  [0x74, (machine) => machine.push(machine.popGroup())], // TUPLE
  [0x5d, pushes(() => [])], // EMPTY_LIST
  [0x61, (machine) => append(machine, [machine.pop()])], // APPEND
  [0x65, (machine) => append(machine, machine.popGroup())], // APPENDS
  [0x6c, (machine) => machine.push(machine.popGroup())], // LIST
  [0x8f, pushes(() => [])], // EMPTY_SET
  [0x90, (machine) => append(machine, machine.popGroup())], // ADDITEMS
  [0x91, (machine) => machine.push(machine.popGroup())], // FROZENSET
  [0x7d, (machine) => pushMade(machine, new PickleMap())], // EMPTY_DICT
  [0x73, (machine) => setItems(machine, machine.popMany(2))], // SETITEM
  [0x75, (machine) => setItems(machine, machine.popGroup())], // SETITEMS

  [0x71, (machine) => machine.remember(machine.input.byte())], // BINPUT
  [0x72, (machine) => machine.remember(machine.input.take(4).readUInt32LE())], // LONG_BINPUT
  [0x94, (machine) => machine.remember()], // MEMOIZE
  [0x68, (machine) => machine.recall(machine.input.byte())], // BINGET
  [0x6a, (machine) => machine.recall(machine.input.take(4).readUInt32LE())], // LONG_BINGET

  [0x63, (machine) => name(machine, [machine.input.line(), machine.input.line()])], // GLOBAL
  [0x93, (machine) => name(machine, machine.popMany(2))], // STACK_GLOBAL
  [0x52, (machine) => call(machine)], // REDUCE
  [0x81, (machine) => call(machine)], // NEWOBJ
  [0x92, (machine) => callWithNames(machine)], // NEWOBJ_EX
  [0x62, (machine) => setAttributes(machine)], // BUILD
  [0x51, (machine) => machine.pushStorage(storageReference(machine.pop(), machine.refuse))], // BINPERSID
]);

function checkProtocol({ input, refuse }: PickleMachine): void {
  const protocol = input.byte();
  if (protocol < 2 || protocol > 5) refuse('a pickle of protocol 2 to 5', `protocol ${protocol}`);
}

/** The length of what follows, in eight bytes; `take` refuses one beyond the file. */
function longLength(input: ByteReader): number {
  return Number(input.take(8).readBigUInt64LE());
}

/** Decodes an integer in two's complement, the lowest byte first. */
function long(bytes: Buffer): number | bigint {
  const digits = Buffer.from(bytes).reverse().toString('hex');
  const value = BigInt.asIntN(8 * bytes.length, BigInt(`0x${digits === '' ? '0' : digits}`));
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function append(machine: PickleMachine, values: readonly unknown[]): void {
  const list = machine.top();
  if (list instanceof ForeignValue) return;
  if (!Array.isArray(list)) machine.refuse('a list to append to', 'another value');
  for (const value of values) list.push(value);
}

function setItems(machine: PickleMachine, values: readonly unknown[]): void {
  const map = machine.top();
  if (!(map instanceof PickleMap)) machine.refuse('a dict to fill', 'another value');
  for (let i = 0; i + 1 < values.length; i += 2) {
    setItem(map, values.slice(i, i + 2));
  }
}

function name(machine: PickleMachine, [module, path]: readonly unknown[]): void {
  if (typeof module !== 'string' || typeof path !== 'string') {
    machine.refuse('a name of two texts', 'other values');
  }
  machine.push(lookUp(module, path, machine.refuse));
}

function call(machine: PickleMachine): void {
  const [callable, values] = machine.popMany(2);
  if (!(callable instanceof Callable) || !Array.isArray(values)) {
    machine.refuse('tensors and plain data', 'a call of another value');
  }
  pushMade(machine, callable.call(values, machine.refuse));
}

/** A call whose arguments have names, which only classes take that are not read. */
function callWithNames(machine: PickleMachine): void {
  const [callable] = machine.popMany(3);
  if (!(callable instanceof Callable)) machine.refuse('tensors and plain data', 'another call');
  pushMade(machine, new ForeignValue(callable.name));
}

/** Pushes a value and counts it by its size: a short program can make it over and over again. */
function pushMade(machine: PickleMachine, value: unknown): void {
  if (value instanceof PickleMap) machine.spend(dictValues + value.size);
  if (typeof value === 'string' || value instanceof Uint8Array) machine.spendBytes(value.length);
  machine.push(value);
}

/** Even an empty dict takes the memory of so many numbers. */
const dictValues = 8;

/**
 * Fills a namespace or a foreign value, and gives an `OrderedDict` what it carries beside its
 * items.
 */
function setAttributes(machine: PickleMachine): void {
  const state = machine.pop();
  const target = machine.top();
  if (target instanceof NumpyArray || target instanceof NumpyType) {
    target.setState(state);
    return;
  }
  if (target instanceof ForeignValue) {
    fill(machine, target, state);
    return;
  }
  if (!(target instanceof PickleMap) || !(state instanceof PickleMap)) {
    machine.refuse('a dict or a namespace to fill', 'another value');
  }
  if (target instanceof Namespace) fill(machine, target, state);
  else target.attributes = state;
}

/** @param state a dict, or a tuple of a dict and one of slots; another state is passed over */
function fill(machine: PickleMachine, target: PickleMap, state: unknown): void {
  const dicts = Array.isArray(state) ? state : [state];
  for (const dict of dicts.filter((each) => each instanceof PickleMap)) {
    machine.spend(dict.size);
    for (const [key, value] of dict) target.set(key, value);
  }
}
