/**
 * Runs the graphs of a detector on a picture, and makes objects of what they give. The caller runs
 * each graph, by onnxruntime in Node or in a browser.
 */
import type { RgbImage } from '../../images/geometry/resize.js';
import { cascadedBoxes } from './cascade.js';
import { type FindOptions, findObjects } from './find-objects.js';
import { arrayOf, dataOf, type GraphArrays, type RunGraph, runOnRegions } from './graph-arrays.js';
import type { DetectedObject } from './objects.js';
import { type PastedMask, pasteMask } from './paste-mask.js';
import { type PreparedPicture, preparePicture } from './prepare-picture.js';
import { proposedRegions, regionsByLevel } from './regions.js';
import type { DetectorSettings, DetectorUse } from './settings.js';
import type { SoftRule } from './suppression.js';

/** A detector of one stage has one graph; of two, regions have others. */
export interface DetectorGraphs {
  readonly picture: RunGraph;
  readonly boxes?: RunGraph | undefined;
  /** Those of the second and the third stage of a cascade. */
  readonly boxes2?: RunGraph | undefined;
  readonly boxes3?: RunGraph | undefined;
  readonly masks?: RunGraph | undefined;
}

/** Choices instead of those that the detector brings. */
export interface DetectOptions {
  readonly leastScore?: number | undefined;
  readonly most?: number | undefined;
  /** Overlap from which on boxes suppress each other, across classes if wanted. */
  readonly overlap?: number | undefined;
  readonly acrossClasses?: boolean | undefined;
  /** Lowers scores instead of dropping boxes; false: drops them whatever the detector brings. */
  readonly soft?: SoftRule | false | undefined;
}

/** An object, with its outline where the detector tells it. */
export interface SeenObject extends DetectedObject {
  /** The name of its class. */
  readonly name: string;
  readonly mask?: PastedMask;
}

/**
 * Finds the objects of a picture, best first, in its own pixels.
 *
 * @example
 * ```ts
 * import { detect, detectorSettings } from 'um-mae/detect';
 *
 * const detector = {
 *   stages: 1,
 *   mostOfLevel: 1000,
 *   places: [1],
 *   leastScore: 0.05,
 *   overlap: 0.6,
 *   most: 100,
 * };
 * const settings = detectorSettings({
 *   height: '64',
 *   width: '64',
 *   interpolation: 'bilinear',
 *   mean: '[0.5, 0.5, 0.5]',
 *   deviation: '[0.2, 0.2, 0.2]',
 *   classes: '["nucleus"]',
 *   detector: JSON.stringify(detector),
 * });
 * // With onnxruntime: picture: sessionGraph(session, Tensor).
 * const picture = async () => ({
 *   boxes: { data: Float32Array.of(8, 8, 24, 24), shape: [1, 1, 4] },
 *   scores: { data: Float32Array.of(0.9), shape: [1, 1, 1] },
 * });
 * const image = { data: new Uint8Array(64 * 64 * 3), width: 64, height: 64 };
 * const [object] = await detect(image, settings, { picture });
 * console.log(object?.name, object?.box); // nucleus [ 8, 8, 24, 24 ]
 * ```
 */
export async function detect(
  image: RgbImage,
  settings: DetectorSettings,
  graphs: DetectorGraphs,
  options: DetectOptions = {},
): Promise<SeenObject[]> {
  const picture = preparePicture(image, settings);
  const { height, width } = settings;
  const outputs = await graphs.picture({
    pixel_values: { data: picture.pixels, shape: [1, 3, height, width] },
  });
  const context = { settings, graphs, picture, outputs };
  const found = await foundBy(context, options);
  const masks = await masksOf(context, found);
  return found.map((one, i) => {
    const mask = masks?.[i];
    const name = settings.classes[one.label] ?? '';
    return { ...one, name, ...(mask && { mask }) };
  });
}

interface Context {
  readonly settings: DetectorSettings;
  readonly graphs: DetectorGraphs;
  readonly picture: PreparedPicture;
  /** The outputs of the first graph. */
  readonly outputs: GraphArrays;
}

async function foundBy(context: Context, options: DetectOptions): Promise<DetectedObject[]> {
  const { settings, graphs, picture, outputs } = context;
  const { detector: use } = settings;
  const classes = settings.classes.length;
  const rule = findOptions(use, picture, options);
  if (use.stages === 1) {
    return findObjects(
      { boxes: dataOf(outputs, 'boxes'), scores: dataOf(outputs, 'scores'), classes },
      rule,
    );
  }
  const anchors = {
    boxes: dataOf(outputs, 'proposal_boxes'),
    scores: dataOf(outputs, 'proposal_scores'),
  };
  const { places, proposals, strides, boxStages } = use;
  const regions = proposedRegions(anchors, picture.resized, { places, ...proposals });
  if (regions.length === 0 || !graphs.boxes) return [];
  if (boxStages > 1) {
    const stages = [graphs.boxes, graphs.boxes2, graphs.boxes3].slice(0, boxStages);
    const read = { outputs, regions, strides, size: picture.resized };
    return findObjects({ ...(await cascadedBoxes(stages, read)), classes }, rule);
  }
  const told = await runOnRegions(graphs.boxes, outputs, regionsByLevel(regions, strides).boxes);
  return findObjects(
    { boxes: dataOf(told, 'boxes'), scores: dataOf(told, 'scores'), classes },
    rule,
  );
}

function findOptions(
  use: DetectorUse,
  picture: PreparedPicture,
  { leastScore = use.leastScore, most = use.most, overlap = use.overlap, ...more }: DetectOptions,
): FindOptions {
  const { soft = use.soft && { ...use.soft, overlap }, acrossClasses } = more;
  return {
    picture,
    leastScore,
    most,
    suppression: soft ? { soft: { acrossClasses, ...soft } } : { overlap, acrossClasses },
    ...(use.stages === 1 && { levels: { places: use.places, most: use.mostOfLevel } }),
  };
}

/** One mask of each object, in its order; undefined where the detector has none. */
async function masksOf(
  { settings, graphs, picture, outputs }: Context,
  found: readonly DetectedObject[],
): Promise<PastedMask[] | undefined> {
  const { detector: use } = settings;
  if (use.stages === 1 || !graphs.masks || found.length === 0) return undefined;
  const { original, resized } = picture;
  const factors = [resized.width / original.width, resized.height / original.height] as const;
  const regions = Float32Array.from(
    found.flatMap(({ box }) => box.map((side, i) => side * factors[i % 2 === 0 ? 0 : 1])),
  );
  const { boxes, order } = regionsByLevel(regions, use.strides);
  const told = await runOnRegions(graphs.masks, outputs, boxes);
  const { data, shape } = arrayOf(told, 'masks');
  const [, classes = 1, side = 1] = shape;
  const pasted: PastedMask[] = [];
  for (const [i, place] of order.entries()) {
    const { label, box } = found[place] as DetectedObject;
    const first = (i * classes + label) * side * side;
    pasted[place] = pasteMask(data.subarray(first, first + side * side), box, original);
  }
  return pasted;
}
