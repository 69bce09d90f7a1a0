/**
 * The head of generalised focal loss: scores that are qualities of boxes, and distances of their
 * sides as distributions; the same on all levels.
 *
 * Source: Li et al. 2020 (GFL), arXiv:2006.04388. Names are those of published checkpoints.
 */
import { type Generator, noGrad, ones, type Tensor } from '@um-mae/torch';
import { Conv2d, Module, Parameter, type UnbiasedConv2d } from '@um-mae/torch/nn';
import { at } from '../../../at.js';
import { NormedConv } from '../../../heads/normed-conv.js';

export interface GflHeadOptions {
  /** Channels of the levels. */
  readonly inputs: number;
  readonly classes: number;
  /** The number of levels. */
  readonly levels: number;
  /** Channels of the towers. Default 256. */
  readonly channels?: number;
  /** Convolutions of each tower. Default 4. */
  readonly depth?: number;
  /** Groups of channels of the norms. Default 32. */
  readonly groups?: number | undefined;
  /** The largest distance in strides that a distribution has a bin for. Default 16. */
  readonly mostStrides?: number;
  readonly generator: Generator;
}

/** The predictions of each level, from the finest to the coarsest. */
export interface GflPredictions {
  /** [batch, classes, height, width] logits each */
  readonly scores: readonly Tensor[];
  /** [batch, 4 * bins, height, width] logits each: bins of left, top, right, bottom */
  readonly distances: readonly Tensor[];
}

/** The score that an untrained head gives every place. */
const firstScore = 0.01;

/** Scores and distances of every place of every level. */
export class GflHead extends Module {
  readonly cls_convs: readonly NormedConv[];
  readonly reg_convs: readonly NormedConv[];
  readonly gfl_cls: Conv2d;
  readonly gfl_reg: Conv2d;
  readonly scales: readonly Scale[];

  constructor(options: GflHeadOptions) {
    super();
    const { inputs, classes, levels, channels = 256, depth = 4, groups, generator } = options;
    const { mostStrides = 16 } = options;
    const tower = () =>
      Array.from({ length: depth }, (_, i) => {
        const width = i === 0 ? inputs : channels;
        const sizes = { inputs: width, channels, kernel: 3, norm: 'group', groups } as const;
        const layer = new NormedConv({ ...sizes, generator });
        startSmall(layer.conv, generator);
        return layer;
      });
    const output = (outputs: number) => {
      const layer = new Conv2d(channels, outputs, { kernel: 3, padding: 1, generator });
      startSmall(layer, generator);
      return layer;
    };
    this.cls_convs = tower();
    this.reg_convs = tower();
    this.gfl_cls = output(classes);
    this.gfl_reg = output(4 * (mostStrides + 1));
    noGrad(() => this.gfl_cls.bias.fill_(-Math.log(1 / firstScore - 1)));
    this.scales = Array.from({ length: levels }, () => new Scale());
  }

  /** @param levels [batch, inputs, height, width] each */
  forward(levels: readonly Tensor[]): GflPredictions {
    const through = (tower: readonly NormedConv[], x: Tensor) =>
      tower.reduce((y, layer) => layer.forward(y).relu(), x);
    return {
      scores: levels.map((x) => this.gfl_cls.forward(through(this.cls_convs, x))),
      distances: levels.map((x, i) =>
        at(this.scales, i).forward(this.gfl_reg.forward(through(this.reg_convs, x))),
      ),
    };
  }
}

/** A learned factor, 1 at first. */
class Scale extends Module {
  readonly scale = new Parameter(ones([]));

  forward(x: Tensor): Tensor {
    return x.mul(this.scale);
  }
}

function startSmall({ weight }: UnbiasedConv2d, generator: Generator): void {
  noGrad(() => weight.normal_({ std: 0.01, generator }));
}
