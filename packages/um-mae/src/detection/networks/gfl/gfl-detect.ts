/** The boxes that a GFL head finds in an image. */
import { cat, type Tensor, tensor } from '@um-mae/torch';
import { at } from '../../../at.js';
import type { AnchorGrid } from '../../boxes/anchors.js';
import { bestBoxes, type Detections, type SuppressionOptions } from '../../boxes/class-boxes.js';
import type { PictureSize } from '../../boxes/corners.js';
import { centresOf, decodeDistances } from '../../boxes/distances.js';
import type { PyramidAnchors } from '../pyramid/pyramid-anchors.js';
import type { GflPredictions } from './gfl-head.js';
import { expectedBin } from './gfl-loss.js';

/** Scores of each level that are looked at, unless told otherwise. */
export const bestOfLevel = 1000;

export interface GflDetectionOptions {
  /** Scores have to be greater. Default 0.05. */
  readonly leastScore?: number;
  /** Scores of each level that are looked at. Default 1000. */
  readonly mostOfLevel?: number;
  /** Default: boxes of one class suppress each other from an overlap of 0.6 on. */
  readonly suppression?: SuppressionOptions['suppression'];
  /** Default 100. */
  readonly most?: number;
}

/** A picture that was resized. */
export interface ResizedPicture {
  /** The resized picture without padding. */
  readonly size: PictureSize;
  /** New sides over old ones. */
  readonly scale: readonly [across: number, down: number];
}

/** @param image its place in the batch  @returns boxes in pixels of the original picture */
export function detectGfl(
  { scores, distances }: GflPredictions,
  anchors: PyramidAnchors,
  { image, size, scale }: ResizedPicture & { readonly image: number },
  options: GflDetectionOptions = {},
): Detections {
  const { leastScore = 0.05, mostOfLevel = bestOfLevel, most = 100 } = options;
  const { suppression = { threshold: 0.6 } } = options;
  let first = 0;
  const levels = anchors.grids.map((grid, level) => {
    const own = anchors.boxes.narrow(0, first, grid.rows * grid.columns);
    first += grid.rows * grid.columns;
    const maps = { scores: at(scores, level), distances: at(distances, level) };
    return ofLevel(maps, own, { grid, image, size, leastScore, mostOfLevel });
  });
  const joined = (part: (found: Detections) => Tensor) => cat(levels.map(part));
  const [across, down] = scale;
  const factors = tensor([across, down, across, down], { device: at(scores, 0).device });
  const found = {
    boxes: joined(({ boxes }) => boxes).div(factors),
    scores: joined((one) => one.scores),
    labels: joined(({ labels }) => labels),
  };
  return bestBoxes(found, { most, suppression });
}

interface LevelOptions {
  readonly grid: AnchorGrid;
  readonly image: number;
  readonly size: PictureSize;
  readonly leastScore: number;
  readonly mostOfLevel: number;
}

function ofLevel(
  maps: { readonly scores: Tensor; readonly distances: Tensor },
  anchors: Tensor,
  { grid, image, size, leastScore, mostOfLevel }: LevelOptions,
): Detections {
  const rows = (map: Tensor) => map.select(0, image).permute([1, 2, 0]).flatten({ endDim: 1 });
  const scores = rows(maps.scores).sigmoid();
  const [, classes] = scores.sizes(2);
  const chosen = scores.flatten().gt(leastScore).nonzero().flatten();
  const own = scores.flatten().indexSelect(0, chosen);
  const [best, order] = own.topk(Math.min(mostOfLevel, own.elements));
  const pairs = chosen.indexSelect(0, order);
  const places = pairs.floorDivide(classes);
  const logits = rows(maps.distances).indexSelect(0, places);
  const [stride] = grid.stride;
  const [found, channels] = logits.sizes(2);
  const distances = expectedBin(logits.view([found, 4, channels / 4])).mul(stride);
  const points = centresOf(anchors.indexSelect(0, places));
  return {
    boxes: decodeDistances(points, distances, size),
    scores: best,
    labels: pairs.remainder(classes),
  };
}
