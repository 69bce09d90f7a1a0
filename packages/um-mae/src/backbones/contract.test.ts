import { buildBackbone } from './build.js';
import { pvt as pvtFamily } from './pvt/family.js';
import { swin as swinFamily } from './swin/family.js';
import { describeBackbone } from './testing/describe-backbone.js';
import { pvt, swin, vit } from './testing/small-backbones.js';
import { toy } from './testing/toy/family.js';
import { Toy } from './testing/toy/toy.js';
import { vit as vitFamily } from './vit/family.js';

describeBackbone('a Swin', { family: swinFamily, options: swin, build: buildBackbone });
describeBackbone('a Swin of another ratio', {
  family: swinFamily,
  options: { ...swin, mlpRatio: 2.6 },
  build: buildBackbone,
});
describeBackbone('a PVT', { family: pvtFamily, options: pvt, build: buildBackbone });
describeBackbone('a ViT', { family: vitFamily, options: vit, build: buildBackbone });
describeBackbone('a ViT with LayerScale and registers', {
  family: vitFamily,
  options: { ...vit, layerScale: 1e-5, registers: 3 },
  build: buildBackbone,
});
describeBackbone('a toy', {
  family: toy,
  options: { kind: 'toy', channels: [8, 12, 16], patch: 4, mlpRatio: 2 },
  build: (options, _, parts) => new Toy(options, parts),
});
