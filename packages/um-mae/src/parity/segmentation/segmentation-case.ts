import { z } from 'zod';

const segmentationCase = z.object({ case: z.string().startsWith('seg_') });

/** Whether `json` describes a case of semantic segmentation, of any kind. */
export function isSegmentationCase(json: unknown): boolean {
  return segmentationCase.safeParse(json).success;
}
