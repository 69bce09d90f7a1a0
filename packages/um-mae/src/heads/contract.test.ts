import type { BackboneOptions } from '../backbones/families.js';
import type { HeadPooling } from '../backbones/pooled-stages.js';
import { pvt, swin, vit } from '../backbones/testing/small-backbones.js';
import { Classifier } from './classifier.js';
import { describeHead, type HeadCase } from './testing/describe-head.js';

const headNames = ['head.weight', 'head.bias'];
const statistics = ['running_mean', 'running_var', 'num_batches_tracked'];
const normNames = {
  mean: ['fc_norm.weight', 'fc_norm.bias'],
  'class-token': [],
  'mean-and-deviation': ['weight', 'bias', ...statistics].map((name) => `fc_norm.${name}`),
};

function classifier(backbone: BackboneOptions, headPooling: HeadPooling): HeadCase {
  return {
    shape: [5],
    names: [...normNames[headPooling], ...headNames],
    build: (image, generator) =>
      new Classifier({ backbone, image, headPooling, classes: 5 }, { generator }),
  };
}

describeHead('a classifier on a Swin', classifier(swin, 'mean'));
describeHead('a classifier on all stages of a Swin', classifier(swin, 'mean-and-deviation'));
describeHead('a classifier on a PVT', classifier(pvt, 'mean'));
describeHead('a classifier on a ViT, by the mean', classifier(vit, 'mean'));
describeHead('a classifier on a ViT, by its class token', classifier(vit, 'class-token'));
