/** Words for values that are not as a schema has them, in recipes and in files of annotations. */
import type { z } from 'zod';

/** Completes the sentence "Expected ...". Messages of the schema's own are such phrases already. */
export function expectationOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeNames[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return oneOf(issue.values.map(String));
    case 'too_small':
      return `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${unitOf(issue.origin)}`;
    case 'too_big':
      return `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}${unitOf(issue.origin)}`;
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? oneOf(issue.options.filter((option) => option !== undefined).map(String))
        : issue.message;
    default:
      return issue.message;
  }
}

const typeNames: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a number',
  object: 'a group of values',
  record: 'a group of values',
  string: 'a text',
  tuple: 'a list',
};

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? `${values[0]}` : `one of ${values.join(', ')}`;
}

function unitOf(origin: string): string {
  return origin === 'array' ? ' items' : '';
}

/** A value as the end of a sentence "Expected ... but got ...". */
export function shownValue(value: unknown): string {
  // JSON has no word for numbers that are none.
  const text = JSON.stringify(value, (_, item) =>
    typeof item === 'number' && !Number.isFinite(item) ? String(item) : item,
  );
  if (value === undefined) return 'nothing';
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
