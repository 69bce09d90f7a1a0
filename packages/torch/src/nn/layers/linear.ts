import { linear, zeros } from '../../generated/operators.js';
import { hasKernel } from '../../kernels.js';
import { callOperator } from '../../operator.js';
import type { Generator } from '../../random.js';
import type { Tensor } from '../../tensor.js';
import { xavierUniform } from '../init.js';
import { Module } from '../module.js';
import { Parameter } from '../parameter.js';

export interface LinearOptions {
  readonly bias?: boolean;
  readonly generator?: Generator;
}

/** `x W^T + b` over the last dimension. Starts Xavier-uniform with zero bias. */
export class Linear extends Module {
  /** [outputs, inputs] */
  readonly weight: Parameter;
  /** [outputs] */
  readonly bias: Parameter | undefined;

  constructor(inputs: number, outputs: number, options: LinearOptions = {}) {
    super();
    const { bias = true, generator } = options;
    this.weight = new Parameter(xavierUniform([outputs, inputs], { generator }));
    this.bias = bias ? new Parameter(zeros([outputs])) : undefined;
  }

  /** @param x [..., inputs]  @returns [..., outputs] */
  forward(x: Tensor): Tensor {
    if (hasKernel('um::linear', x, this.weight)) {
      return callOperator('um::linear', x, this.weight, this.bias) as Tensor;
    }
    return linear(x, this.weight, { bias: this.bias });
  }
}
