/** The scores of the last probe of a finished run, as a file in it, for whoever looks at it later. */
import { parseJson } from '@um-mae/torch/files';
import { z } from 'zod';
import { replaceText } from './replace-text.js';
import type { RunDirectory } from './run-directory.js';

const share = z.number().min(0).max(1);

const probeRecord = z.object({
  /** Share of unseen images that their nearest neighbours classify right. */
  neighbours: share,
  /** Share of unseen images that a linear probe classifies right. */
  linearProbe: share,
  /** Unseen images. */
  images: z.int().min(0),
  /** The vectors of images, in words (`describeFeatures`). Probes of early versions kept none. */
  features: z.string().min(1).max(1000).optional(),
});

export type ProbeRecord = z.output<typeof probeRecord>;

/** Writes the scores into the run, if that is possible: it may be somebody else's. */
export function writeProbe({ probe: path }: RunDirectory, found: ProbeRecord): void {
  const { neighbours, linearProbe, images, features } = found;
  try {
    replaceText(
      path,
      `${JSON.stringify({ neighbours, linearProbe, images, features }, null, 2)}\n`,
    );
  } catch {
    // The scores are told all the same.
  }
}

/**
 * @returns undefined for a text that is no record of a probe
 *
 * @example
 * ```ts
 * import { parseProbe } from 'um-mae/runs';
 *
 * console.log(parseProbe('not JSON')); // undefined
 * ```
 */
export function parseProbe(text: string): ProbeRecord | undefined {
  try {
    return probeRecord.parse(parseJson(text, { mostValues: 100 }));
  } catch {
    return undefined;
  }
}
