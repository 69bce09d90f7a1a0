/**
 * Errors that are a user's to act on. Each message is one sentence, *Expected X for `path` but got
 * Y*, then at most one line on what to do. The command line prints the message and exits with 2.
 */

/** Root of all errors of this package. `code` is stable, the message is not API. */
export class UmMaeError extends Error {
  override readonly name: string = 'UmMaeError';

  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** One thing that is wrong with a recipe. */
export interface RecipeIssue {
  /** Dotted path of the value, e.g. `optimizer.weightDecay`. */
  readonly path: string;
  readonly message: string;
}

/** A recipe or a command line that cannot be run; carries every issue found. */
export class RecipeError extends UmMaeError {
  override readonly name = 'RecipeError';

  constructor(readonly issues: readonly RecipeIssue[]) {
    super('recipe', issues.map((issue) => issue.message).join('\n'));
  }
}

/** Weights or a run directory that cannot be used: missing, damaged, or of another model. */
export class CheckpointError extends UmMaeError {
  override readonly name = 'CheckpointError';

  constructor(message: string, options?: ErrorOptions) {
    super('checkpoint', message, options);
  }
}

/**
 * A file or folder that cannot be written or read, and is neither a run, nor weights, nor images.
 */
export class FileError extends UmMaeError {
  override readonly name = 'FileError';

  constructor(message: string, options?: ErrorOptions) {
    super('file', message, options);
  }
}

/**
 * Images that are missing, unreadable beyond the allowed share, or laid out differently than
 * expected.
 */
export class DataError extends UmMaeError {
  override readonly name = 'DataError';

  constructor(message: string, options?: ErrorOptions) {
    super('data', message, options);
  }
}
