/** A set-up that cannot go on. Exit code 2: the user is to act; 1: a step failed. */
export class SetupError extends Error {
  readonly exitCode: number;
  /** The output of the step that failed, shortened; empty where none did. */
  readonly output: string;
}
