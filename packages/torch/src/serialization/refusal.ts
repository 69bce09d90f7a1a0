/** How the readers of this folder say that a file is not what it should be. */
import { SerializationError } from '../errors.js';

/** Throws *Expected X in FILE but got Y.* */
export type Refuse = (expected: string, found: string, advice?: string) => never;

export function refusalIn(path: string): Refuse {
  return (expected, found, advice) => {
    const sentence = `Expected ${expected} in ${path} but got ${found}.`;
    throw new SerializationError(advice === undefined ? sentence : `${sentence}\n${advice}`);
  };
}
