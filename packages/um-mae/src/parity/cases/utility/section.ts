/** The contract of sections of the utility case: small parts, each with its own numbers. */
import type { Tensor } from '@um-mae/torch';
import { z } from 'zod';
import type { Comparison } from '../../comparison.js';
import { type Case, readTensors } from '../../fixture.js';

export type Tensors = ReadonlyMap<string, Tensor>;

/** A section: its schema, and what is compared of it. */
export interface Section<Content> {
  readonly schema: z.ZodType<Content>;
  readonly compare: (content: Content, tensors: Tensors) => Comparison[];
}

/** Compares a section by what the case says, and by the tensors of its file. */
export type SectionRun = (fixture: Case, content: unknown) => Comparison[];

const fileOf = z.object({ file: z.string().optional() });

export function section<Content>({ schema, compare }: Section<Content>): SectionRun {
  return (fixture, content) => {
    const { file } = fileOf.parse(content);
    const tensors =
      file === undefined ? new Map() : readTensors({ ...fixture, device: 'cpu' }, file);
    return compare(schema.parse(content), tensors);
  };
}
