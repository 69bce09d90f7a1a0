/**
 * libtorch for TypeScript: tensors, operators, autograd. Layers are in `./nn`, optimizers in
 * `./optim`.
 *
 * @module @um-mae/torch
 */

export { bytesPerElement, type DType, type TypedArray } from './addon/dtype.js';
export {
  DeviceError,
  GroupError,
  OperatorError,
  OutOfMemoryError,
  SerializationError,
  ShapeError,
  TorchError,
} from './addon/errors.js';
export {
  devices,
  type EngineReport,
  engine,
  resolveDevice,
  setThreads,
  synchronize,
  threads,
  useDevice,
} from './device/device.js';
export { canRecord, type Recording, type RecordOptions, record } from './device/graph.js';
export {
  type DeviceMemory,
  deviceMemory,
  type Memory,
  memory,
  resetDevicePeakMemory,
  resetPeakMemory,
} from './device/memory.js';
export { Generator } from './device/random.js';
export { setAtRest, watchSignals } from './device/signals.js';
export { type TraceEvent, trace } from './device/trace.js';
export {
  adaptiveAvgPool2d,
  arange,
  avgPool2d,
  binaryCrossEntropyWithLogits,
  cat,
  conv2d,
  crossEntropy,
  dropout,
  einsum,
  embedding,
  empty,
  emptyLike,
  eye,
  fullLike,
  l1Loss,
  layerNorm,
  linear,
  linspace,
  maxPool2d,
  meshgrid,
  mseLoss,
  ones,
  onesLike,
  rand,
  randint,
  randn,
  randperm,
  stack,
  upsampleBicubic2d,
  upsampleBilinear2d,
  upsampleNearest2d,
  where,
  zeros,
  zerosLike,
} from './generated/operators.js';
export { type ProductRate, productRates } from './product-rates.js';
export { enableGrad, gradients, isGradEnabled, noGrad } from './tensor/autograd.js';
export { type Index, type Slice, slice } from './tensor/indexing.js';
export { hasKernel, type Kernel, useKernels } from './tensor/kernels.js';
export { callOperator } from './tensor/operator.js';
export { scope } from './tensor/scope.js';
export {
  fromArray,
  type NestedNumbers,
  type Scalar,
  type Sizes,
  Tensor,
  type TensorOptions,
  tensor,
} from './tensor/tensor.js';
export { type LateNumber, readLater, upload, uploadArray } from './tensor/transfer.js';
