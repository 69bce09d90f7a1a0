/**
 * SimMIM: the encoder sees the full grid, dropped units as a learned token, and one linear layer predicts
 * their pixels. The baseline that uniform masking is measured against.
 *
 * Source: Xie et al. 2022, arXiv:2111.09886, section 3, on 16-pixel units as in UM-MAE.
 */
import { ok as assert } from 'node:assert';
import type { Generator, Tensor } from '@um-mae/torch';
import { Linear, normal, Parameter } from '@um-mae/torch/nn';
import type { Backbone, Observer } from '../backbones/backbone.js';
import { buildBackbone, tokenChannels, unitsPerToken } from '../backbones/build.js';
import { checkImageSize } from '../backbones/image-size.js';
import { maskUnit } from '../backbones/mask-unit.js';
import { fullGrid } from '../backbones/parts/patch-grid.js';
import { patchify } from '../backbones/parts/patches.js';
import type { Mask, TrainingMask } from '../masking/mask.js';
import { Objective, type ObjectiveOptions } from './objective.js';
import { openTokens, spread } from './units.js';

export class SimMim extends Objective {
  /** [1, 1, channels]; takes the place of dropped units' tokens, after the norm of the patch embedding. */
  readonly mask_token: Parameter;
  readonly encoder: Backbone;
  readonly decoder_pred: Linear;

  /** @throws UmMaeError when the image size does not fit the encoder */
  constructor(options: ObjectiveOptions, { generator }: { generator: Generator }) {
    super(options);
    const { backbone, image } = options;
    const perSide = unitsPerToken(backbone);
    const token = maskUnit(backbone) * perSide;
    checkImageSize(image, [token, token]);
    this.mask_token = new Parameter(normal([1, 1, tokenChannels(backbone)], 0.02, { generator }));
    this.encoder = buildBackbone(backbone, image, { generator });
    const values = 3 * this.unit ** 2;
    this.decoder_pred = new Linear(this.encoder.width, values * perSide ** 2, { generator });
  }

  /** The mean absolute difference over the predicted units. */
  forward(images: Tensor, mask: TrainingMask, observe?: Observer): Tensor {
    const difference = this.predict(images, mask, observe).sub(
      this.target(patchify(images, this.unit)),
    );
    // Not by selection: a GPU would be waited for to tell how many there are.
    const { predicted } = mask;
    return difference.abs().mean([-1]).mul(predicted).sum().div(predicted.sum());
  }

  predict(images: Tensor, mask: Mask, observe?: Observer): Tensor {
    const { backbone } = this.options;
    const dropped = mask.visible.logicalNot();
    const units = { ...this.grid, side: this.unit / backbone.patch };
    const { maps } = this.encoder.forward(
      {
        ...fullGrid(images, backbone.patch),
        replaced: {
          where: spread(dropped, units).unsqueeze(-1),
          token: this.mask_token,
          normed: false,
        },
      },
      observe,
    );
    const latent = maps.at(-1);
    assert(latent, 'a backbone has at least one stage');
    return openTokens(this.decoder_pred.forward(latent), unitsPerToken(backbone));
  }
}
