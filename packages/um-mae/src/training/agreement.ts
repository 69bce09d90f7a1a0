/** Processes that train together do the same: checked before any of them writes anything. */
import { engine } from '@um-mae/torch';
import { UmMaeError } from '../errors.js';
import { packageVersion } from '../package-version.js';
import { recipeDifferences } from '../recipes/differences.js';
import type { TrainingRecipe } from '../recipes/training-recipe.js';
import type { ImageSet } from './run-files/training-state.js';
import type { Team } from './team.js';

/** Values that say where images are, on each host. */
const places = /^recipe\.(data|watch\.labelled)\.(paths|root|train|val)$/;

/** The things that have to be the same in all processes. */
export interface Agreement {
  readonly recipe: TrainingRecipe;
  readonly images: ImageSet;
  readonly device: string;
}

/**
 * Compares what all processes are about to do.
 *
 * @throws UmMaeError in all of them, of the same sentence, when one differs from the first, when
 *   there are more processes than images in a batch, or devices are no CPUs
 */
export async function agree(team: Team, agreement: Agreement): Promise<void> {
  const { batchSize } = agreement.recipe;
  if (team.size > batchSize) {
    throw new UmMaeError(
      'team',
      `Expected a \`batchSize\` of at least one image for each of ${team.size} processes but got ${batchSize}.`,
    );
  }
  if (agreement.device !== 'cpu') {
    throw new UmMaeError(
      'team',
      `Expected \`--device\` cpu with several processes but got ${agreement.device}.`,
    );
  }
  const { images, ...facts } = agreement;
  await agreeOn(team, facts);
  await agreeOnImages(team, images);
}

/** Processes may have images in folders of their own, but have the same ones. */
async function agreeOnImages(team: Team, images: ImageSet): Promise<void> {
  const [first, ...others] = await team.gather([images]);
  const other = others.findIndex(({ digest }) => digest !== first?.digest);
  const found = others[other];
  if (!first || !found) return;
  const got = found.count === first.count ? 'others' : `${found.count}`;
  const { hosts } = team.group;
  throw new UmMaeError(
    'team',
    `Expected the ${first.count} images of process 0 on ${hosts[0]} but got ${got} in process ${other + 1} on ${hosts[other + 1]}.\n` +
      'All processes need the same images, in folders of any names.',
  );
}

/**
 * Compares versions and facts that have to be the same in all processes.
 *
 * @throws UmMaeError in all of them, of the same sentence, when one differs from the first
 */
export async function agreeOn(team: Team, facts: object): Promise<void> {
  const versions = { 'um-mae': packageVersion(), libtorch: engine().version };
  const [first, ...others] = await team.gather([{ ...facts, versions }]);
  for (const [i, other] of others.entries()) {
    const [difference] = recipeDifferences(first ?? {}, other).filter(
      ({ path }) => !places.test(path),
    );
    if (!difference) continue;
    const [was, is] = [difference.left, difference.right].map((value) => JSON.stringify(value));
    throw new UmMaeError(
      'team',
      `Expected \`${difference.path}\` ${was}, as in process 0 on ${team.group.hosts[0]}, but got ${is} in process ${i + 1} on ${team.group.hosts[i + 1]}.`,
    );
  }
}
