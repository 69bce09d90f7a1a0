/** The heads of regions, by stages: boxes, masks, and the semantic branch that informs both. */
import { adaptiveAvgPool2d, type Generator, type Tensor } from '@um-mae/torch';
import { Module } from '@um-mae/torch/nn';
import { roiAlign } from '@um-mae/torch/vision';
import { at } from '../../../at.js';
import { inFull } from '../in-full.js';
import { BoxHead, type BoxHeadOptions, type BoxPredictions } from './box-head.js';
import { MaskHead, type MaskHeadOptions, masksOfClass } from './mask-head.js';
import { roiFeatures } from './roi-features.js';
import { SemanticHead, type SemanticHeadOptions, semanticLevel } from './semantic-head.js';

export interface RoiHeadsOptions {
  readonly classes: number;
  /** Channels of the levels. */
  readonly channels: number;
  /** Strides of the levels that regions are read from. */
  readonly strides: readonly number[];
  /** Rows and columns that boxes and masks are told from. */
  readonly sides: { readonly box: number; readonly mask: number };
  /** The number of stages; undefined for the one of Mask R-CNN, whose heads have no number. */
  readonly stages?: number | undefined;
  readonly box: Pick<BoxHeadOptions, 'channels' | 'layers' | 'sharesBoxes'>;
  /** Undefined without masks. */
  readonly mask: Pick<MaskHeadOptions, 'depth'> | undefined;
  /** Whether the masks of a stage take what those before made of the same region. */
  readonly masksFlow?: boolean | undefined;
  readonly semantic?: Pick<SemanticHeadOptions, 'classes' | 'levels' | 'depth'> | undefined;
  readonly generator: Generator;
}

/** The maps that regions are read from. */
export interface RoiSource {
  /** [batch, channels, height, width] of each level */
  readonly levels: readonly Tensor[];
  /** [batch, channels, rows, columns]: that of the semantic branch, where there is one */
  readonly embedding?: Tensor | undefined;
}

/** The heads under their published names. */
export class RoiHeads extends Module {
  readonly bbox_head: BoxHead | readonly BoxHead[];
  readonly mask_head: MaskHead | readonly MaskHead[] | undefined;
  readonly semantic_head: SemanticHead | undefined;
  readonly #options: RoiHeadsOptions;

  constructor(options: RoiHeadsOptions) {
    super();
    const { classes, channels, sides, stages, box, mask, masksFlow, generator } = options;
    const shared = { inputs: channels, classes, generator };
    const boxHead = () => new BoxHead({ ...shared, side: sides.box, ...box });
    const maskHead = (k: number) =>
      new MaskHead({ ...shared, channels, ...mask, takesEarlier: masksFlow && k > 0 });
    const each = <Head>(make: (k: number) => Head) =>
      stages === undefined ? make(0) : Array.from({ length: stages }, (_, k) => make(k));
    this.bbox_head = each(boxHead);
    this.mask_head = mask && each(maskHead);
    const { semantic } = options;
    this.semantic_head = semantic && new SemanticHead({ ...semantic, channels, generator });
    this.#options = options;
  }

  /** The box heads of all stages. */
  get boxHeads(): readonly BoxHead[] {
    return [this.bbox_head].flat();
  }

  /** The mask heads of all stages; none without masks. */
  get maskHeads(): readonly MaskHead[] {
    return this.mask_head ? [this.mask_head].flat() : [];
  }

  /**
   * The answers of a stage's box head.
   *
   * @param rois [count, 5] as image, x1, y1, x2, y2
   */
  boxes(stage: number, source: RoiSource, rois: Tensor): BoxPredictions {
    const features = this.#features(source, rois, this.#options.sides.box);
    const { scores, deltas } = at(this.boxHeads, stage).forward(features);
    return { scores: inFull(scores), deltas: inFull(deltas) };
  }

  /** Logits of a stage's masks, [count, classes, rows, columns]. */
  masks(stage: number, source: RoiSource, rois: Tensor): Tensor {
    const features = this.maskFeatures(source, rois);
    const heads = this.#options.masksFlow ? this.maskHeads.slice(0, stage) : [];
    let earlier: Tensor | undefined;
    for (const head of heads) earlier = head.mixed(features, earlier);
    return inFull(at(this.maskHeads, stage).forward(features, earlier));
  }

  /**
   * Probabilities of the masks of each region's own class, the mean of all stages.
   *
   * @param labels [count] i64 @returns [count, rows, columns]
   */
  ownMasks(source: RoiSource, rois: Tensor, labels: Tensor): Tensor {
    return meanOf(
      this.#maskLogits(this.maskFeatures(source, rois)).map((logits) =>
        masksOfClass(inFull(logits), labels).sigmoid(),
      ),
    );
  }

  /** Probabilities of masks of every class, the mean of all stages. */
  allMasks(source: RoiSource, rois: Tensor): Tensor {
    const all = this.#maskLogits(this.maskFeatures(source, rois));
    return meanOf(all.map((logits) => logits.sigmoid()));
  }

  /** [count, channels, side, side] that masks are told from */
  maskFeatures(source: RoiSource, rois: Tensor): Tensor {
    return this.#features(source, rois, this.#options.sides.mask);
  }

  #maskLogits(features: Tensor): Tensor[] {
    let earlier: Tensor | undefined;
    return this.maskHeads.map((head) => {
      if (!this.#options.masksFlow) return head.forward(features);
      earlier = head.mixed(features, earlier);
      return head.logits(earlier);
    });
  }

  #features({ levels, embedding }: RoiSource, rois: Tensor, side: number): Tensor {
    const { strides, sides } = this.#options;
    const features = roiFeatures(levels, rois, { side, strides });
    if (!embedding) return features;
    const bins = [sides.mask, sides.mask] as const;
    const own = roiAlign([embedding], rois, { bins, strides: [at(strides, semanticLevel)] });
    return features.add(side === sides.mask ? own : adaptiveAvgPool2d(own, [side, side]));
  }
}

/** The mean of tensors of one shape; of one, itself. */
export function meanOf(values: readonly Tensor[]): Tensor {
  const sum = values.reduce((all, one) => all.add(one));
  return values.length === 1 ? sum : sum.div(values.length);
}
