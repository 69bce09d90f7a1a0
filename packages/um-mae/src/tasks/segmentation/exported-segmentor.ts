/** A segmentor as exports write it: logits or classes of every pixel of an image. */
import type { Tensor } from '@um-mae/torch';
import { counted } from '../../counted.js';
import type { ExportedNetwork, TransformersForm } from '../../export/onnx/exported-network.js';
import { transformersSegmentors } from '../../export/onnx/families.js';
import type { GraphOptions } from '../../export/onnx/model.js';
import { type SegmentorOutput, segmentorGraph } from '../../export/onnx/segmentor.js';
import { resizeMap } from '../../heads/segmentation/resize-map.js';
import type { Segmentor } from '../../heads/segmentation/segmentor.js';
import type { SegmentationRecipe } from '../../recipes/segmentation/segmentation-recipe.js';
import { completeRecipe } from './segmented-images.js';

/** Describes the network of a recipe, by default for images as large as its crop. */
export function exportedSegmentor(model: Segmentor, recipe: SegmentationRecipe): ExportedNetwork {
  const { crop, scale, data, head } = completeRecipe(recipe);
  const classes = data.classes.map(({ name }) => name);
  const computation = (output: SegmentorOutput, answer = (logits: Tensor) => logits) => ({
    graph: (options: GraphOptions) => segmentorGraph(model, options, output),
    expected: (images: Tensor) => {
      const [, , height, width] = images.sizes(4);
      const { decode } = model.forward(images);
      return { [output]: answer(resizeMap(decode, [height, width], head.alignCorners)) };
    },
    output,
  });
  return {
    title: `segmentor of ${counted(classes.length, 'class', 'classes')}`,
    classes,
    image: crop,
    fitting: 'stretch',
    computation: computation('logits'),
    pixels: {
      classMaps: computation('classes', (logits) => logits.argmax({ dim: 1 }).to('i32')),
      scale,
      colours: data.classes.map(({ colour }) => colour),
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
