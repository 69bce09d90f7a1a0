import type { BackboneOptions } from '../backbones/families.js';
import { pvt, swin, vit } from '../backbones/testing/small-backbones.js';
import { Classifier, type HeadPooling } from './classifier.js';
import { describeHead, type HeadCase } from './testing/describe-head.js';

const headNames = ['head.weight', 'head.bias'];

function classifier(backbone: BackboneOptions, headPooling: HeadPooling): HeadCase {
  return {
    shape: [5],
    names: headPooling === 'mean' ? ['fc_norm.weight', 'fc_norm.bias', ...headNames] : headNames,
    build: (image, generator) =>
      new Classifier({ backbone, image, headPooling, classes: 5 }, { generator }),
  };
}

describeHead('a classifier on a Swin', classifier(swin, 'mean'));
describeHead('a classifier on a PVT', classifier(pvt, 'mean'));
describeHead('a classifier on a ViT, by the mean', classifier(vit, 'mean'));
describeHead('a classifier on a ViT, by its class token', classifier(vit, 'class-token'));
