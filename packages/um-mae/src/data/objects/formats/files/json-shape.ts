/** Values of JSON by a schema, or a sentence about the first that is another one. */
import type { z } from 'zod';
import { DataError } from '../../../../errors.js';
import { expectationOf, shownValue } from '../../../../expectations.js';

/**
 * @param place the value itself in messages, where it is all of another one, such as `[3]` of a list
 * @throws DataError naming the first value that is not as the schema has it
 */
export function parseShape<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  { file, place = '' }: { readonly file: string; readonly place?: string },
): z.output<Schema> {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw new DataError(describeIssue(parsed.error, { file, place }));
}

function describeIssue(
  { issues: [issue] }: z.ZodError,
  { file, place }: { readonly file: string; readonly place: string },
): string {
  const steps = (issue?.path ?? []).map((key) =>
    typeof key === 'number' ? `[${key}]` : `.${String(key)}`,
  );
  const path = `${place}${steps.join('')}`.replace(/^\./, '');
  const expectation = issue ? expectationOf(issue) : 'another value';
  const where = path === '' ? file : `\`${path}\` in ${file}`;
  return `Expected ${expectation} for ${where} but got ${shownValue(issue?.input)}.`;
}
