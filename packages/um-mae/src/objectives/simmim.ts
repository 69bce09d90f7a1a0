/**
 * SimMIM: the encoder sees the full grid, dropped units as a learned token, and one linear layer
 * predicts their pixels. The baseline that uniform masking is measured against.
 *
 * Source: Xie et al. 2022, arXiv:2111.09886, section 3, on 16-pixel units as in UM-MAE.
 */
import type { Tensor } from '@um-mae/torch';
import { Linear, normal, Parameter } from '@um-mae/torch/nn';
import { at } from '../at.js';
import type { Backbone } from '../backbones/backbone.js';
import { buildBackbone } from '../backbones/build.js';
import { shapeOf } from '../backbones/families.js';
import { checkImageSize } from '../backbones/image-size.js';
import { fullGrid } from '../backbones/parts/grid/patch-grid.js';
import type { Mask, TrainingMask } from '../masking/mask.js';
import { MaskedObjective, type ObjectiveOptions, type ObjectiveParts } from './masked-objective.js';
import { openTokens, spread } from './units.js';

export class SimMim extends MaskedObjective {
  /**
   * [1, 1, channels]; takes the place of dropped units' tokens, after the norm of the patch
   * embedding.
   */
  readonly mask_token: Parameter;
  readonly encoder: Backbone;
  readonly decoder_pred: Linear;

  /** @throws UmMaeError when the image size does not fit the encoder */
  constructor(options: ObjectiveOptions, { generator, own }: ObjectiveParts) {
    super(options);
    const { backbone, image } = options;
    const { channels, unit, unitsPerToken } = shapeOf(backbone);
    const token = unit * unitsPerToken;
    checkImageSize(image, [token, token]);
    this.mask_token = new Parameter(normal([1, 1, at(channels, 0)], 0.02, { generator }));
    this.encoder = buildBackbone(backbone, image, { generator, own });
    const values = this.values * unitsPerToken ** 2;
    this.decoder_pred = new Linear(this.encoder.width, values, { generator });
  }

  /** The mean absolute difference over the predicted units. */
  forward(images: Tensor, mask: TrainingMask): Tensor {
    const target = this.target(this.unitsOf(images));
    const difference = this.predict(images, mask).sub(target);
    // Not by selection, which would wait for the GPU to count them.
    const { predicted } = mask;
    return difference.abs().mean([-1]).mul(predicted).sum().div(predicted.sum());
  }

  predict(images: Tensor, mask: Mask): Tensor {
    this.checkSize(images);
    const { patch, unitsPerToken } = this.encoder;
    const dropped = mask.visible.logicalNot();
    const units = { ...this.grid, side: this.unit / patch };
    const { maps } = this.encoder.forward({
      ...fullGrid(images, patch),
      replaced: {
        where: spread(dropped, units).unsqueeze(-1),
        token: this.mask_token,
        normed: false,
      },
    });
    return openTokens(this.decoder_pred.forward(at(maps, -1)), unitsPerToken);
  }
}
