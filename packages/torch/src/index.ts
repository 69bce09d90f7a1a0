/**
 * libtorch for TypeScript: tensors, operators, autograd. Layers are in `./nn`, optimizers in
 * `./optim`.
 */
export { enableGrad, gradients, isGradEnabled, noGrad } from './autograd.js';
export {
  devices,
  type EngineReport,
  engine,
  resolveDevice,
  setThreads,
  synchronize,
  threads,
} from './device.js';
export { bytesPerElement, type DType, type TypedArray } from './dtype.js';
export {
  DeviceError,
  OperatorError,
  OutOfMemoryError,
  SerializationError,
  ShapeError,
  TorchError,
} from './errors.js';
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
export { canRecord, type Recording, type RecordOptions, record } from './graph.js';
export { type Index, type Slice, slice } from './indexing.js';
export { hasKernel, type Kernel, useKernels } from './kernels.js';
export {
  type DeviceMemory,
  deviceMemory,
  type Memory,
  memory,
  resetDevicePeakMemory,
  resetPeakMemory,
} from './memory.js';
export { callOperator } from './operator.js';
export { type ProductRate, productRates } from './product-rates.js';
export { Generator } from './random.js';
export { scope } from './scope.js';
export {
  fromArray,
  type NestedNumbers,
  type Scalar,
  type Sizes,
  Tensor,
  type TensorOptions,
  tensor,
} from './tensor.js';
export { type TraceEvent, trace } from './trace.js';
export { type LateNumber, readLater, upload, uploadArray } from './transfer.js';
