/** A file that cannot be used here. The message is a sentence for the user. */
export class UnusableFile extends Error {
  override readonly name = 'UnusableFile';
}
