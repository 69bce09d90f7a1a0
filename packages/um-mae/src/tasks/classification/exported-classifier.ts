/** A classifier as exports write it. */
import { counted } from '../../counted.js';
import type { ExportedNetwork } from '../../export/onnx/exported-network.js';
import { classifierGraph } from '../../export/onnx/model.js';
import type { Classifier } from '../../heads/classifier.js';
import type { FinetuneRecipe } from '../../recipes/finetune/finetune-recipe.js';

export function exportedClassifier(model: Classifier, { head }: FinetuneRecipe): ExportedNetwork {
  const { classes } = head;
  return {
    title: `classifier of ${counted(classes.length, 'class', 'classes')}`,
    classes,
    computation: {
      graph: (options) => classifierGraph(model, options),
      expected: (images) => ({ logits: model.forward(images) }),
      output: 'logits',
    },
    transformers: {
      architecture: 'ForImageClassification',
      config: {
        id2label: Object.fromEntries(classes.entries()),
        label2id: Object.fromEntries(classes.map((label, id) => [label, id])),
      },
      processor: 'ViTImageProcessor',
      pipeline: 'image-classification',
    },
    isKnownToTimm: head.pooling !== 'mean-and-deviation',
  };
}
