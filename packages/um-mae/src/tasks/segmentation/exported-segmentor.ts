/** A segmentor as exports write it: the logits of every pixel of an image as large as a crop. */
import type { ExportedNetwork, TransformersForm } from '../../export/onnx/exported-network.js';
import { transformersSegmentors } from '../../export/onnx/families.js';
import { segmentorGraph } from '../../export/onnx/segmentor.js';
import { resizeMap } from '../../heads/segmentation/resize-map.js';
import type { Segmentor } from '../../heads/segmentation/segmentor.js';
import type { SegmentationRecipe } from '../../recipes/segmentation/segmentation-recipe.js';
import { classesOf, completeRecipe } from './segmented-images.js';

/** Describes the network of a recipe for images as large as its crop. */
export function exportedSegmentor(model: Segmentor, recipe: SegmentationRecipe): ExportedNetwork {
  const { crop, head } = completeRecipe(recipe);
  const classes = classesOf(recipe).map(({ name }) => name);
  const size = [crop.height, crop.width] as const;
  return {
    title: `segmentor of ${classes.length} classes`,
    classes,
    image: crop,
    fitting: 'stretch',
    computation: {
      graph: (options) => segmentorGraph(model, options),
      expected: (images) => ({
        logits: resizeMap(model.forward(images).decode, size, head.alignCorners),
      }),
      output: 'logits',
    },
    transformers: transformersSegmentors.has(recipe.backbone.kind)
      ? asTransformer(classes)
      : undefined,
    isKnownToTimm: false,
  };
}

function asTransformer(classes: readonly string[]): TransformersForm {
  return {
    architecture: 'ForSemanticSegmentation',
    config: {
      id2label: Object.fromEntries(classes.entries()),
      label2id: Object.fromEntries(classes.map((label, id) => [label, id])),
    },
    processor: 'SegformerImageProcessor',
    pipeline: 'image-segmentation',
  };
}
