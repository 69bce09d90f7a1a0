/**
 * libtorch for TypeScript: tensors, operators, autograd. Layers are in `./nn`, optimizers in
 * `./optim`.
 *
 * @example Make, index and join tensors
 * ```ts
 * import { arange, cat, eye, linspace, meshgrid, stack, tensor, where } from '@um-mae/torch';
 * import { empty, emptyLike, fullLike, ones, onesLike, slice, zeros, zerosLike } from '@um-mae/torch';
 *
 * const rows = tensor([[1, 2, 3], [4, 5, 6]]);
 * console.log(rows.at(slice(null), 1).toArray().join(' ')); // 2 5
 * console.log(cat([rows, ones([1, 3])]).shape.join(' ')); // 3 3
 * console.log(stack([rows, zerosLike(rows)], { dim: 2 }).shape.join(' ')); // 2 3 2
 * console.log(where(rows.gt(3), rows, fullLike(rows, 0)).sum().number()); // 15
 *
 * const steps = linspace(0, 1, 5); //              0, 0.25, ..., 1
 * const [y, x] = meshgrid([arange(0, 2), arange(0, 3)], 'ij');
 * console.log(steps.shape[0], y?.shape.join(' '), x?.shape.join(' ')); // 5 2 3 2 3
 * const filled = [zeros([2]), onesLike(rows), eye(3), empty([2]), emptyLike(rows)];
 * console.log(filled.map(({ elements }) => elements).join(' ')); // 2 6 9 2 6
 * ```
 *
 * @example Draw random numbers
 * ```ts
 * import { Generator, rand, randint, randn, randperm } from '@um-mae/torch';
 *
 * const generator = new Generator(0); // the same numbers in every run
 * const noise = randn([2, 3], { generator });
 * const shares = rand([4], { generator }); //          in [0, 1)
 * const classes = randint(0, 10, [4], { generator }); // below 10
 * const order = randperm(5, { generator });
 * console.log(noise.shape.join(' '), shares.elements, classes.dtype, order.elements); // 2 3 4 i64 5
 * ```
 *
 * @example Layers as functions
 * ```ts
 * import { conv2d, dropout, einsum, embedding, layerNorm, linear, ones, tensor } from '@um-mae/torch';
 * import { adaptiveAvgPool2d, avgPool2d, maxPool2d } from '@um-mae/torch';
 * import { upsampleBicubic2d, upsampleBilinear2d, upsampleNearest2d } from '@um-mae/torch';
 *
 * const images = ones([1, 3, 8, 8]);
 * console.log(conv2d(images, ones([4, 3, 3, 3]), { padding: 1 }).shape.join(' ')); // 1 4 8 8
 * console.log(maxPool2d(images, 2).shape.join(' '), avgPool2d(images, 4).elements); // 1 3 4 4 12
 * console.log(adaptiveAvgPool2d(images, 1).sum().number()); // 3
 * for (const larger of [
 *   upsampleNearest2d(images, [16, 16]),
 *   upsampleBilinear2d(images, [16, 16], false),
 *   upsampleBicubic2d(images, [16, 16], false),
 * ]) {
 *   console.log(larger.shape.join(' ')); // 1 3 16 16
 * }
 *
 * const tokens = embedding(ones([10, 4]), tensor([1, 2], { dtype: 'i64' })); // [tokens, channels]
 * console.log(linear(tokens, ones([8, 4])).shape.join(' ')); // 2 8
 * console.log(layerNorm(tokens, [4]).abs().sum().number()); // 0
 * console.log(einsum('tc,sc->ts', [tokens, tokens]).sum().number()); // 16
 * console.log(dropout(tokens, 0.5, false).equal(tokens)); // true
 * ```
 *
 * @example Losses
 * ```ts
 * import { binaryCrossEntropyWithLogits, crossEntropy, l1Loss, mseLoss, tensor } from '@um-mae/torch';
 *
 * const [found, wanted] = [tensor([1, 2]), tensor([1, 4])];
 * console.log(mseLoss(found, wanted).number(), l1Loss(found, wanted).number()); // 2 1
 * const logits = tensor([[0, 0]]);
 * console.log(crossEntropy(logits, tensor([1], { dtype: 'i64' })).number().toFixed(4)); // 0.6931
 * console.log(binaryCrossEntropyWithLogits(logits, tensor([[0, 1]])).number().toFixed(4)); // 0.6931
 * ```
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
