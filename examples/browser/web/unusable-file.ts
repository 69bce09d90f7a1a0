/** A file that is not what was asked for; the message is a sentence for the user. */
export class UnusableFile extends Error {
  override readonly name = 'UnusableFile';
}
