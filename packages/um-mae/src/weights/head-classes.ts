/** The classes of a trained head beside those of a recipe. */
import { CheckpointError } from '../errors.js';

/** The second line of a refusal of a head. */
export const headAdvice =
  'Add --new-head to replace it, or train on the classes that it knows to keep it.';

/**
 * Checks that a trained head tells the classes of a recipe apart, in the same order.
 *
 * @throws CheckpointError naming the first class that differs
 */
export function checkHeadClasses(
  classes: readonly string[],
  head: readonly string[],
  path: string,
): void {
  const other = classes.findIndex((name, i) => name !== head[i]);
  if (other < 0 && classes.length === head.length) return;
  throw otherClass(classes[other] ?? 'no more', head[other] ?? 'no more', path);
}

/** The error for a head that knows another class than the one that is learnt. */
export function otherClass(wanted: string, found: string, path: string): CheckpointError {
  return new CheckpointError(
    `Expected a head for the class \`${wanted}\` in ${path} but got one for \`${found}\`.\n${headAdvice}`,
  );
}
