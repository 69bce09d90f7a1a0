import { z } from 'zod';

/** Kinds of cases that are about no model: small parts, files, transforms. */
const kinds = ['util', 'checkpoints', 'transforms'] as const;

/** A kind of case that is about no model. */
export type PartKind = (typeof kinds)[number];

const named = z.object({ case: z.string() });

/** The kind by the name in the case, which may go on; undefined for a case of a model. */
export function partKind(json: unknown): PartKind | undefined {
  const { data } = named.safeParse(json);
  return kinds.find((kind) => data?.case === kind || data?.case.startsWith(`${kind}_`));
}
