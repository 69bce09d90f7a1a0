/** Texts of short sums, one for each part of a set, of which two are compared place by place. */
import { createHash } from 'node:crypto';

/** Hexadecimal digits of a sum. */
const digits = 8;

/** The sum of parts that cannot be read. */
export const unread = '0'.repeat(digits);

/** Returns a sum of values, of eight hexadecimal digits. */
export function shortSum(values: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const value of values) hash.update(value);
  return hash.digest('hex').slice(0, digits);
}

/** The places at which two texts of as many sums differ; none where they are of other lengths. */
export function differingPlaces(before: string, now: string): number[] {
  if (before.length !== now.length) return [];
  const sum = (text: string, place: number) => text.slice(digits * place, digits * (place + 1));
  const places = Array.from({ length: now.length / digits }, (_, place) => place);
  return places.filter((place) => sum(before, place) !== sum(now, place));
}
