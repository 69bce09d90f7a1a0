/** Processes that train together do the same: checked before any of them writes anything. */
import { UmMaeError } from '../../errors.js';
import type { TrainingRecipe } from '../../recipes/training-recipe.js';
import type { ImageSet } from '../run-files/checkpoints/training-state.js';
import type { Team } from './team.js';

/** The things that have to be the same in all processes. */
export interface Agreement {
  readonly recipe: TrainingRecipe;
  readonly images: ImageSet;
}

/**
 * Compares what all processes are about to do.
 *
 * @throws UmMaeError in all of them, of the same sentence, when one differs from the first, or when
 *   there are more processes than images in a batch
 */
export async function agree(team: Team, agreement: Agreement): Promise<void> {
  const { batchSize } = agreement.recipe;
  if (team.size > batchSize) {
    throw new UmMaeError(
      'team',
      `Expected a \`batchSize\` of at least one image for each of ${team.size} processes but got ${batchSize}.`,
    );
  }
  const { images, ...facts } = agreement;
  await team.agreeOn(facts);
  await team.agreeOnImages(images);
}
