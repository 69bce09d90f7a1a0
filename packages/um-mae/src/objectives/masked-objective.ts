/** The objectives that predict masked units, as training, pictures and benchmarks use them. */
import type { Generator, Tensor } from '@um-mae/torch';
import type { Parameter } from '@um-mae/torch/nn';
import type { ImageSize } from '../backbones/backbone.js';
import { type BackboneOptions, shapeOf } from '../backbones/families.js';
import type { OwnBackbone } from '../backbones/own.js';
import { patchify } from '../backbones/parts/grid/patches.js';
import { UmMaeError } from '../errors.js';
import type { Grid } from '../masking/grid.js';
import { drawMask, type Mask, type MaskingOptions, type TrainingMask } from '../masking/mask.js';
import { Objective } from './objective.js';
import { normalisePatches } from './pixel-target.js';

/** The things that an objective is built with, beside its options. */
export interface ObjectiveParts {
  /** Draws the first weights. */
  readonly generator: Generator;
  /** The backbone of another program, where the options name one. */
  readonly own?: OwnBackbone | undefined;
}

export interface ObjectiveOptions {
  readonly backbone: BackboneOptions;
  readonly image: ImageSize;
  readonly masking: MaskingOptions;
  /** Targets are the pixels normalised per unit instead of the pixels. */
  readonly normPixels: boolean;
}

/** A backbone that learns by predicting dropped units: their pixels, or what a subclass makes of them. */
export abstract class MaskedObjective<
  Options extends ObjectiveOptions = ObjectiveOptions,
> extends Objective<TrainingMask> {
  /** [1, 1, channels]; stands for every dropped unit. */
  abstract readonly mask_token: Parameter;

  constructor(readonly options: Options) {
    super();
  }

  /** Mask unit side, in pixels. */
  get unit(): number {
    return shapeOf(this.options.backbone).unit;
  }

  /** The grid of mask units. */
  get grid(): Grid {
    const { height, width } = this.options.image;
    return { rows: height / this.unit, columns: width / this.unit };
  }

  /** Draws one mask per image of a batch. */
  drawMask(batch: number, generator: Generator): TrainingMask {
    const { grid, predicted } = this;
    return drawMask(this.options.masking, { batch, grid, predicted, generator });
  }

  override draw(batch: number, generator: Generator): TrainingMask {
    return this.drawMask(batch, generator);
  }

  /**
   * Numbers that are predicted of a unit: its pixels. A subclass with another target overrides it,
   * beside `target`; the constructor asks for it.
   */
  protected get values(): number {
    return 3 * this.unit ** 2;
  }

  /** Whether predictions are pixels, which can be shown. A subclass with another target says no. */
  get predictsPixels(): boolean {
    return true;
  }

  /** Share of the dropped units that a step predicts. */
  protected get predicted(): number {
    return 1;
  }

  /**
   * The loss over the predicted units.
   *
   * @param images f32 [batch, 3, height, width], normalised
   * @returns a scalar
   */
  abstract override forward(images: Tensor, mask: TrainingMask): Tensor;

  /**
   * The prediction of every unit, visible ones (which no loss has trained) included.
   *
   * @param images f32 [batch, 3, height, width], normalised
   * @returns [batch, units, values], raster order: pixels, unit * unit * 3, normalised per unit
   *   where the targets are; or what a subclass has as its target
   */
  abstract predict(images: Tensor, mask: Mask): Tensor;

  /**
   * The pixels of all mask units: [batch, units, unit * unit * 3], raster order
   *
   * @throws UmMaeError for images of another size than the objective's
   */
  protected unitsOf(images: Tensor): Tensor {
    this.checkSize(images);
    return patchify(images, this.unit);
  }

  /** @throws UmMaeError for images of another size than the objective's, whose grid is fixed */
  protected checkSize(images: Tensor): void {
    const { height, width } = this.options.image;
    const [, , ...size] = images.sizes(4);
    if (size[0] === height && size[1] === width) return;
    throw new UmMaeError(
      'image-size',
      `Expected images of ${height}x${width} pixels, the size of the recipe, but got ${size.join('x')}.`,
    );
  }

  /**
   * Returns the target of the prediction of units.
   *
   * @param units [batch, n, unit * unit * 3], normalised pixels by row, column and colour
   * @returns [batch, n, values]
   */
  protected target(units: Tensor): Tensor {
    return this.options.normPixels ? normalisePatches(units) : units;
  }
}
