/** Errors of this folder's readers about files that are not as they should be. */
import { SerializationError } from '../addon/errors.js';

/**
 * Throws *Expected X in FILE but got Y.* What of it is from the file is shown without control
 * characters.
 */
export type Refuse = (expected: string, found: string, advice?: string) => never;

export function refusalIn(path: string): Refuse {
  return (expected, found, advice) => {
    const sentence = `Expected ${printable(expected)} in ${path} but got ${printable(found)}.`;
    throw new SerializationError(advice === undefined ? sentence : `${sentence}\n${advice}`);
  };
}

/** The largest number of characters from a file in a message. */
const longest = 300;

/** A terminal would obey control characters, and those that turn the direction of writing. */
function printable(text: string): string {
  const shown = text.length <= longest ? text : `${text.slice(0, longest)}...`;
  return shown.replace(
    /[\p{Cc}\p{Bidi_Control}]/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
