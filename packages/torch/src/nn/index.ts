/** Layers, and the base that finds their parameters. */
export type { OperatorTime } from '../native.js';
export { Gelu, Relu } from './activation.js';
export { crossAttention, type SelfAttentionOptions, selfAttention } from './attention.js';
export { Checkpoints, type CheckpointsOptions } from './checkpoints.js';
export { Conv2d, type Conv2dOptions } from './conv2d.js';
export { DropPath } from './drop-path.js';
export { heNormalFanOut, type InitOptions, normal, xavierUniform } from './init.js';
export { LayerNorm } from './layer-norm.js';
export { Linear, type LinearOptions } from './linear.js';
export { Module, type StateReport } from './module.js';
export { Parameter } from './parameter.js';
export { profile } from './profile.js';
export { type Layer, Sequential } from './sequential.js';
