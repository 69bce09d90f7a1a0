/** Errors of this package: `code` is stable, the message is not API. */

export class TorchError extends Error {
  override readonly name: string = 'TorchError';

  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** libtorch refused a call. `cause` holds its own first line. */
export class OperatorError extends TorchError {
  override readonly name = 'OperatorError';

  constructor(
    /** The name with its overload, e.g. `aten::add.Tensor`. */
    readonly operator: string,
    /** Every argument given, tensors by dtype and shape. */
    readonly operands: string,
    cause: string,
  ) {
    super('operator', `${operator}(${operands}) failed: ${cause}`, { cause: new Error(cause) });
  }
}

/** A tensor has another shape than its place needs. */
export class ShapeError extends TorchError {
  override readonly name = 'ShapeError';

  constructor(subject: string, expected: string, shape: readonly number[]) {
    super('shape', `Expected ${subject} of shape ${expected} but got [${shape.join(', ')}].`);
  }
}

/** A requested device is not available. The message says why. */
export class DeviceError extends TorchError {
  override readonly name = 'DeviceError';

  constructor(message: string) {
    super('device', message);
  }
}

/** The device's memory is used up. */
export class OutOfMemoryError extends TorchError {
  override readonly name = 'OutOfMemoryError';

  constructor(cause: string) {
    super('out-of-memory', `Expected enough memory but the device has none left: ${cause}`);
  }
}

/** Processes that work together did not find each other, or one of them is lost. */
export class GroupError extends TorchError {
  override readonly name: string = 'GroupError';

  constructor(message: string, options?: ErrorOptions) {
    super('group', message, options);
  }
}

/** An exchange of processes that work together has failed: another one is lost. */
export class LostGroupError extends GroupError {
  constructor(
    message: string,
    /** Whether another one did not answer in time, in place of having ended. */
    readonly isLate: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

interface MeetingErrorOptions extends ErrorOptions {
  readonly isShared?: boolean;
}

/** Processes cannot meet where they are told to. */
export class MeetingError extends TorchError {
  override readonly name = 'MeetingError';
  /** Whether all processes have this error. */
  readonly isShared: boolean;

  constructor(message: string, { isShared = false, ...options }: MeetingErrorOptions = {}) {
    super('meeting', message, options);
    this.isShared = isShared;
  }
}

/** A file or a set of named tensors does not hold what it should. */
export class SerializationError extends TorchError {
  override readonly name = 'SerializationError';

  constructor(message: string, options?: ErrorOptions) {
    super('serialization', message, options);
  }
}

/** A mistake of ours, not of a caller: never caught. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new TorchError('internal', message);
}
