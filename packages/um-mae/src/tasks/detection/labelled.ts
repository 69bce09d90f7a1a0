/** Detection and instance segmentation as `um-mae finetune` and the commands after it ask. */
import { resolve } from 'node:path';
import { ImageLoader } from '../../data/loading/loader.js';
import type { Transform } from '../../data/loading/views/transform.js';
import { type DetectedImages, orientationOf } from '../../data/objects/detected-images.js';
import type { ObjectsOfImage } from '../../data/objects/known-objects.js';
import {
  openDetectedImages,
  openTrainingObjects,
} from '../../data/objects/open-detected-images.js';
import type { WantedStuff } from '../../data/objects/stuff-maps.js';
import type { Detector } from '../../detection/networks/detector.js';
import type { Size } from '../../images/geometry/resize.js';
import type {
  DetectionRecipe,
  InstancesRecipe,
  ObjectRecipe,
} from '../../recipes/detection/object-recipe.js';
import { detection, instances } from '../../recipes/kind.js';
import type { LabelledKind } from '../../recipes/recipe-kind.js';
import type { LabelledTask } from '../labelled-task.js';
import { buildDetector } from './build-detector.js';
import { DetectionTask, fillsOutput } from './detection-task.js';
import { exportedDetector } from './exported-detector.js';
import { largestShort, sideMultiple } from './find-objects.js';
import { predictObjects } from './predict.js';

/** Boxes of objects. */
export const detectionTask = taskOf<DetectionRecipe>(detection);

/** Boxes and outlines of objects. */
export const instancesTask = taskOf<InstancesRecipe>(instances);

function taskOf<Recipe extends ObjectRecipe>(
  kind: LabelledKind<Recipe>,
): LabelledTask<Recipe, Detector, ObjectsOfImage> {
  return {
    kind,

    async open(recipe) {
      const { data } = recipe;
      const opened = await openTrainingObjects(
        { ...data, root: data.root ?? undefined },
        { ...rulesOf(recipe), stuff: stuffOf(recipe) },
      );
      const { train, val, classes, findings } = opened;
      return {
        recipe: { ...recipe, data: { ...data, classes } },
        train,
        evaluated: val,
        digest: train.digest,
        ignored: train.ignored,
        classes,
        findings,
      };
    },

    async openEvaluated(recipe, other) {
      const { data } = recipe;
      const path = other.path === undefined ? data.val : resolve(other.path);
      const own = other.path === undefined ? (data.root ?? undefined) : undefined;
      const root = other.root ? resolve(other.root) : own;
      const rules = { ...rulesOf(recipe), classes: data.classes ?? [] };
      const isOwn = path === data.val || path === data.train;
      const annotations = isOwn ? data.annotations : null;
      const exclude = other.exclude ?? (isOwn ? data.exclude : []);
      const options = { path, root, annotations, exclude };
      return { ...(await openDetectedImages(options, rules)), path };
    },

    begin(recipe, start) {
      return new DetectionTask({ recipe, start });
    },

    load({ recipe, train }, options) {
      const { batchSize, seed } = recipe;
      const objects = train as DetectedImages;
      const { images, targets } = objects;
      return new ImageLoader({
        images,
        targets,
        pixelClasses: objects.stuff,
        objects: { of: targets, wanted: { masks: needsMasks(recipe) } },
        ...viewOf(recipe),
        ...(recipe.input.kind === 'multi-scale' && { groupOf: orientationOf(objects) }),
        batchSize,
        seed,
        ...options,
        dropLast: true,
      });
    },

    network: buildDetector,

    isHead: (name) =>
      /^(?:neck|bbox_head|rpn_head|roi_head|simple_fpn|global_block|up\d|norm\d)\./.test(name),

    exported: exportedDetector,

    predict(trained, paths, options) {
      return predictObjects(trained, paths, options);
    },
  };
}

function needsMasks({ task }: ObjectRecipe): boolean {
  return task === 'instances';
}

function stuffOf({ head, data }: ObjectRecipe): WantedStuff | undefined {
  if (head.kind !== 'htc' || head.stuff === null) return undefined;
  return { classes: head.stuff, folder: data.stuff ?? undefined };
}

function rulesOf(recipe: ObjectRecipe) {
  return { classes: recipe.data.classes, needsOutlines: needsMasks(recipe) };
}

interface TrainedView extends Size {
  readonly transform: Transform;
  readonly sideMultiple: number;
}

/** The way in which images are shown in training. */
function viewOf(recipe: ObjectRecipe): TrainedView {
  const { input, flip, published } = recipe;
  const resampling = published ? 'opencv' : 'pillow';
  const instaBoost = recipe.task === 'instances' ? recipe.instaBoost : null;
  if (input.kind === 'jitter') {
    const { height, width, ratios } = input;
    return {
      height,
      width,
      transform: { kind: 'jittered', ratios, flip, resampling, instaBoost },
      sideMultiple: fillsOutput(recipe) ? Math.max(height, width) : sideMultiple,
    };
  }
  const { long, short, crop } = input;
  return {
    height: largestShort(short),
    width: long,
    transform: { kind: 'multi-scale', long, short, crop, flip, resampling, instaBoost },
    sideMultiple,
  };
}
