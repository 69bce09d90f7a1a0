/** Small parts of the published implementation, section by section. */
import { TorchError } from '@um-mae/torch';
import { z } from 'zod';
import { UmMaeError } from '../../../errors.js';
import { type Comparison, failedComparison, notCompared } from '../../comparison.js';
import type { Case } from '../../fixture.js';
import { arithmeticSections } from './arithmetic.js';
import { augmentationSections } from './augmentation.js';
import { modelSections } from './models.js';
import { randomSections } from './randomness.js';
import { rateSections } from './rates.js';
import type { SectionRun } from './section.js';

const sections: ReadonlyMap<string, SectionRun> = new Map(
  [rateSections, arithmeticSections, augmentationSections, randomSections, modelSections].flatMap(
    (each) => Object.entries(each),
  ),
);

/** Keys of the case that hold no numbers. */
const described = ['case', 'versions', 'description'];

/** Sections that um-mae has no counterpart of, and why. */
const left: ReadonlyMap<string, string> = new Map([
  ['meters', 'um-mae logs the numbers of every step, and has no running medians'],
]);

/**
 * Compares every section of the case. One that cannot be computed, or that nothing computes, is a
 * row that fails; the others go on.
 */
export function runUtilityCase(fixture: Case): Comparison[] {
  const all = Object.entries(Object(fixture.json));
  return all
    .filter(([name]) => !described.includes(name))
    .flatMap(([name, content]) => {
      const run = sections.get(name);
      const reason = left.get(name);
      if (reason !== undefined) return [notCompared(name, reason)];
      if (!run) return [failedComparison(`section ${name}, which nothing computes`)];
      try {
        return run(fixture, content);
      } catch (error) {
        return [failedComparison(`section ${name}: ${reasonOf(error)}`)];
      }
    });
}

/** @throws the error itself where it is a fault of ours */
function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) {
    const [issue] = error.issues;
    return `\`${issue?.path.join('.')}\` is ${issue?.message}`;
  }
  if (error instanceof UmMaeError || error instanceof TorchError) return error.message;
  throw error;
}
