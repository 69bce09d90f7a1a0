/** JSON within limits as a step of a schema. */
import { parseJson } from '@um-mae/torch/files';
import { z } from 'zod';

/** Takes a text and gives its value, which a further schema checks. */
export const jsonText = z.string().transform((text, context): unknown => {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    context.addIssue({ code: 'custom', message: 'no JSON' });
    return z.NEVER;
  }
});
