/**
 * Layers, and the base that finds their parameters.
 *
 * @module @um-mae/torch/nn
 */
export type { OperatorTime } from '../addon/native.js';
export {
  type Attention,
  attentionFor,
  composedAttention,
  crossAttention,
  joinHeads,
  type SelfAttentionOptions,
  scaledDotProductAttention,
  selfAttention,
} from './attention.js';
export { heNormalFanOut, type InitOptions, normal, xavierUniform } from './init.js';
export { Gelu, Relu } from './layers/activation.js';
export { Conv2d, type Conv2dOptions, UnbiasedConv2d } from './layers/convolution/conv2d.js';
export { TransposedConv2d } from './layers/convolution/transposed-conv2d.js';
export { batchMean, type Divisor, ownDivisor } from './layers/divisor.js';
export { type BatchRows, rowsOf } from './layers/dropout/batch-rows.js';
export { DropChannels, dropChannels } from './layers/dropout/drop-channels.js';
export { DropPath, dropPath } from './layers/dropout/drop-path.js';
export { affine, Linear, type LinearOptions } from './layers/linear.js';
export {
  BatchNorm2d,
  type BatchNorm2dOptions,
  type SharedStatistics,
} from './layers/normalisation/batch-norm.js';
export { GroupNorm } from './layers/normalisation/group-norm.js';
export { LayerNorm } from './layers/normalisation/layer-norm.js';
export { type Layer, Sequential } from './layers/sequential.js';
export {
  ActivationCheckpoints,
  type ActivationCheckpointsOptions,
} from './module/activation-checkpoints.js';
export { Module, type StateReport } from './module/module.js';
export { type ModuleCall, observing } from './module/observing.js';
export { Parameter } from './module/parameter.js';
export { profile } from './module/profile.js';
export { reductions } from './reduction.js';
