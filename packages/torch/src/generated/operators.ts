// Made by `npm run generate -w packages/torch` from codegen/schemas.json; not to be edited.
import type { DType } from '../addon/dtype.js';
import { dtypeCode } from '../addon/dtype.js';
import type { Generator } from '../device/random.js';
import { call } from '../addon/native.js';
import type { Tensor } from '../tensor/tensor.js';
import { type Scalar, handlesOf, wrap, wrapAll } from '../tensor/tensor.js';

/** `aten::empty.memory_format(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
export function empty(size: readonly number[], options?: { dtype?: DType | null | undefined; device?: string | null | undefined }): Tensor {
  return wrap(call(145, size, dtypeCode(options?.dtype), undefined, options?.device));
}

/** `aten::zeros(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function zeros(size: readonly number[], options?: { dtype?: DType | null | undefined; device?: string | null | undefined }): Tensor {
  return wrap(call(146, size, dtypeCode(options?.dtype), undefined, options?.device));
}

/** `aten::ones(SymInt[] size, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function ones(size: readonly number[], options?: { dtype?: DType | null | undefined; device?: string | null | undefined }): Tensor {
  return wrap(call(147, size, dtypeCode(options?.dtype), undefined, options?.device));
}

/** `aten::arange.start(Scalar start, Scalar end, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function arange(start: Scalar, end: Scalar, options?: { dtype?: DType | null | undefined; device?: string | null | undefined }): Tensor {
  return wrap(call(148, start, end, dtypeCode(options?.dtype), undefined, options?.device));
}

/** `aten::linspace(Scalar start, Scalar end, int steps, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function linspace(start: Scalar, end: Scalar, steps: number, options?: { dtype?: DType | null | undefined; device?: string | null | undefined }): Tensor {
  return wrap(call(149, start, end, steps, dtypeCode(options?.dtype), undefined, options?.device));
}

/** `aten::eye(int n, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function eye(n: number, options?: { dtype?: DType | null | undefined; device?: string | null | undefined }): Tensor {
  return wrap(call(150, n, dtypeCode(options?.dtype), undefined, options?.device));
}

/** `aten::zeros_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
export function zerosLike(input: Tensor, options?: { dtype?: DType | null | undefined; device?: string | null | undefined }): Tensor {
  return wrap(call(151, input.handle, dtypeCode(options?.dtype), undefined, options?.device));
}

/** `aten::ones_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
export function onesLike(input: Tensor, options?: { dtype?: DType | null | undefined; device?: string | null | undefined }): Tensor {
  return wrap(call(152, input.handle, dtypeCode(options?.dtype), undefined, options?.device));
}

/** `aten::empty_like(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
export function emptyLike(input: Tensor, options?: { dtype?: DType | null | undefined; device?: string | null | undefined }): Tensor {
  return wrap(call(153, input.handle, dtypeCode(options?.dtype), undefined, options?.device));
}

/** `aten::full_like(Tensor self, Scalar fill_value, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None, MemoryFormat? memory_format=None) -> Tensor` */
export function fullLike(input: Tensor, fillValue: Scalar, options?: { dtype?: DType | null | undefined; device?: string | null | undefined }): Tensor {
  return wrap(call(154, input.handle, fillValue, dtypeCode(options?.dtype), undefined, options?.device));
}

/** `aten::rand.generator(int[] size, *, Generator? generator, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function rand(size: readonly number[], options?: { generator?: Generator | null | undefined; dtype?: DType | null | undefined; device?: string | null | undefined }): Tensor {
  return wrap(call(155, size, options?.generator?.handle, dtypeCode(options?.dtype), undefined, options?.device));
}

/** `aten::randn.generator(int[] size, *, Generator? generator, ScalarType? dtype=None, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function randn(size: readonly number[], options?: { generator?: Generator | null | undefined; dtype?: DType | null | undefined; device?: string | null | undefined }): Tensor {
  return wrap(call(156, size, options?.generator?.handle, dtypeCode(options?.dtype), undefined, options?.device));
}

/** `aten::randint.low_generator(int low, int high, int[] size, *, Generator? generator, ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function randint(low: number, high: number, size: readonly number[], options?: { generator?: Generator | null | undefined; dtype?: DType | null | undefined; device?: string | null | undefined }): Tensor {
  return wrap(call(157, low, high, size, options?.generator?.handle, dtypeCode(options?.dtype), undefined, options?.device));
}

/** `aten::randperm.generator(int n, *, Generator? generator, ScalarType? dtype=4, Layout? layout=None, Device? device=None, bool? pin_memory=None) -> Tensor` */
export function randperm(n: number, options?: { generator?: Generator | null | undefined; dtype?: DType | null | undefined; device?: string | null | undefined }): Tensor {
  return wrap(call(158, n, options?.generator?.handle, dtypeCode(options?.dtype), undefined, options?.device));
}

/** `aten::cat(Tensor[] tensors, int dim=0) -> Tensor` */
export function cat(tensors: readonly Tensor[], options?: { dim?: number | undefined }): Tensor {
  return wrap(call(159, handlesOf(tensors), options?.dim));
}

/** `aten::stack(Tensor[] tensors, int dim=0) -> Tensor` */
export function stack(tensors: readonly Tensor[], options?: { dim?: number | undefined }): Tensor {
  return wrap(call(160, handlesOf(tensors), options?.dim));
}

/** `aten::where.self(Tensor condition, Tensor self, Tensor other) -> Tensor` */
export function where(condition: Tensor, input: Tensor, other: Tensor): Tensor {
  return wrap(call(161, condition.handle, input.handle, other.handle));
}

/** `aten::meshgrid.indexing(Tensor[] tensors, *, str indexing) -> Tensor[]` */
export function meshgrid(tensors: readonly Tensor[], indexing: string): Tensor[] {
  return wrapAll(call(162, handlesOf(tensors), indexing));
}

/** `aten::einsum(str equation, Tensor[] tensors, *, int[]? path=None) -> Tensor` */
export function einsum(equation: string, tensors: readonly Tensor[], options?: { path?: readonly number[] | undefined }): Tensor {
  return wrap(call(163, equation, handlesOf(tensors), options?.path));
}

/** `aten::linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor` */
export function linear(input: Tensor, weight: Tensor, options?: { bias?: Tensor | null | undefined }): Tensor {
  return wrap(call(164, input.handle, weight.handle, options?.bias?.handle));
}

/** `aten::conv2d(Tensor input, Tensor weight, Tensor? bias=None, int[2] stride=1, int[2] padding=0, int[2] dilation=1, int groups=1) -> Tensor` */
export function conv2d(input: Tensor, weight: Tensor, options?: { bias?: Tensor | null | undefined; stride?: number | readonly number[] | undefined; padding?: number | readonly number[] | undefined; dilation?: number | readonly number[] | undefined; groups?: number | undefined }): Tensor {
  return wrap(call(165, input.handle, weight.handle, options?.bias?.handle, options?.stride, options?.padding, options?.dilation, options?.groups));
}

/** `aten::conv_transpose2d.input(Tensor input, Tensor weight, Tensor? bias=None, int[2] stride=1, int[2] padding=0, int[2] output_padding=0, int groups=1, int[2] dilation=1) -> Tensor` */
export function convTranspose2d(input: Tensor, weight: Tensor, options?: { bias?: Tensor | null | undefined; stride?: number | readonly number[] | undefined; padding?: number | readonly number[] | undefined; outputPadding?: number | readonly number[] | undefined; groups?: number | undefined; dilation?: number | readonly number[] | undefined }): Tensor {
  return wrap(call(166, input.handle, weight.handle, options?.bias?.handle, options?.stride, options?.padding, options?.outputPadding, options?.groups, options?.dilation));
}

/** `aten::batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool training, float momentum, float eps, bool cudnn_enabled) -> Tensor` */
export function batchNorm(input: Tensor, weight: Tensor | null, bias: Tensor | null, runningMean: Tensor | null, runningVar: Tensor | null, training: boolean, momentum: number, eps: number, cudnnEnabled: boolean): Tensor {
  return wrap(call(167, input.handle, weight?.handle, bias?.handle, runningMean?.handle, runningVar?.handle, training, momentum, eps, cudnnEnabled));
}

/** `aten::group_norm(Tensor input, int num_groups, Tensor? weight=None, Tensor? bias=None, float eps=1.0000000000000001e-05, bool cudnn_enabled=True) -> Tensor` */
export function groupNorm(input: Tensor, numGroups: number, options?: { weight?: Tensor | null | undefined; bias?: Tensor | null | undefined; eps?: number | undefined; cudnnEnabled?: boolean | undefined }): Tensor {
  return wrap(call(168, input.handle, numGroups, options?.weight?.handle, options?.bias?.handle, options?.eps, options?.cudnnEnabled));
}

/** `aten::layer_norm(Tensor input, int[] normalized_shape, Tensor? weight=None, Tensor? bias=None, float eps=1.0000000000000001e-05, bool cudnn_enable=True) -> Tensor` */
export function layerNorm(input: Tensor, normalizedShape: readonly number[], options?: { weight?: Tensor | null | undefined; bias?: Tensor | null | undefined; eps?: number | undefined }): Tensor {
  return wrap(call(169, input.handle, normalizedShape, options?.weight?.handle, options?.bias?.handle, options?.eps));
}

/** `aten::embedding(Tensor weight, Tensor indices, int padding_idx=-1, bool scale_grad_by_freq=False, bool sparse=False) -> Tensor` */
export function embedding(weight: Tensor, indices: Tensor, options?: { paddingIdx?: number | undefined; scaleGradByFreq?: boolean | undefined; sparse?: boolean | undefined }): Tensor {
  return wrap(call(170, weight.handle, indices.handle, options?.paddingIdx, options?.scaleGradByFreq, options?.sparse));
}

/** `aten::dropout(Tensor input, float p, bool train) -> Tensor` */
export function dropout(input: Tensor, p: number, train: boolean): Tensor {
  return wrap(call(171, input.handle, p, train));
}

/** `aten::avg_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, bool ceil_mode=False, bool count_include_pad=True, int? divisor_override=None) -> Tensor` */
export function avgPool2d(input: Tensor, kernelSize: number | readonly number[], options?: { stride?: number | readonly number[] | undefined; padding?: number | readonly number[] | undefined; ceilMode?: boolean | undefined; countIncludePad?: boolean | undefined; divisorOverride?: number | null | undefined }): Tensor {
  return wrap(call(172, input.handle, kernelSize, options?.stride, options?.padding, options?.ceilMode, options?.countIncludePad, options?.divisorOverride));
}

/** `aten::adaptive_avg_pool2d(Tensor self, SymInt[2] output_size) -> Tensor` */
export function adaptiveAvgPool2d(input: Tensor, outputSize: number | readonly number[]): Tensor {
  return wrap(call(173, input.handle, outputSize));
}

/** `aten::max_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, int[2] dilation=1, bool ceil_mode=False) -> Tensor` */
export function maxPool2d(input: Tensor, kernelSize: number | readonly number[], options?: { stride?: number | readonly number[] | undefined; padding?: number | readonly number[] | undefined; dilation?: number | readonly number[] | undefined; ceilMode?: boolean | undefined }): Tensor {
  return wrap(call(174, input.handle, kernelSize, options?.stride, options?.padding, options?.dilation, options?.ceilMode));
}

/** `aten::upsample_bicubic2d(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor` */
export function upsampleBicubic2d(input: Tensor, outputSize: number | readonly number[], alignCorners: boolean, options?: { scalesH?: number | null | undefined; scalesW?: number | null | undefined }): Tensor {
  return wrap(call(175, input.handle, outputSize, alignCorners, options?.scalesH, options?.scalesW));
}

/** `aten::upsample_nearest2d(Tensor self, SymInt[2] output_size, float? scales_h=None, float? scales_w=None) -> Tensor` */
export function upsampleNearest2d(input: Tensor, outputSize: number | readonly number[], options?: { scalesH?: number | null | undefined; scalesW?: number | null | undefined }): Tensor {
  return wrap(call(176, input.handle, outputSize, options?.scalesH, options?.scalesW));
}

/** `aten::upsample_bilinear2d(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor` */
export function upsampleBilinear2d(input: Tensor, outputSize: number | readonly number[], alignCorners: boolean, options?: { scalesH?: number | null | undefined; scalesW?: number | null | undefined }): Tensor {
  return wrap(call(177, input.handle, outputSize, alignCorners, options?.scalesH, options?.scalesW));
}

/** `aten::mse_loss(Tensor self, Tensor target, int reduction=1) -> Tensor` */
export function mseLoss(input: Tensor, target: Tensor, options?: { reduction?: number | undefined }): Tensor {
  return wrap(call(178, input.handle, target.handle, options?.reduction));
}

/** `aten::l1_loss(Tensor self, Tensor target, int reduction=1) -> Tensor` */
export function l1Loss(input: Tensor, target: Tensor, options?: { reduction?: number | undefined }): Tensor {
  return wrap(call(179, input.handle, target.handle, options?.reduction));
}

/** `aten::cross_entropy_loss(Tensor self, Tensor target, Tensor? weight=None, int reduction=1, int ignore_index=-100, float label_smoothing=0.) -> Tensor` */
export function crossEntropy(input: Tensor, target: Tensor, options?: { weight?: Tensor | null | undefined; reduction?: number | undefined; ignoreIndex?: number | undefined; labelSmoothing?: number | undefined }): Tensor {
  return wrap(call(180, input.handle, target.handle, options?.weight?.handle, options?.reduction, options?.ignoreIndex, options?.labelSmoothing));
}

/** `aten::binary_cross_entropy_with_logits(Tensor self, Tensor target, Tensor? weight=None, Tensor? pos_weight=None, int reduction=1) -> Tensor` */
export function binaryCrossEntropyWithLogits(input: Tensor, target: Tensor, options?: { weight?: Tensor | null | undefined; posWeight?: Tensor | null | undefined; reduction?: number | undefined }): Tensor {
  return wrap(call(181, input.handle, target.handle, options?.weight?.handle, options?.posWeight?.handle, options?.reduction));
}

/** `aten::_foreach_add.List(Tensor[] self, Tensor[] other, *, Scalar alpha=1) -> Tensor[]` */
export function _foreachAdd(input: readonly Tensor[], other: readonly Tensor[], options?: { alpha?: Scalar | undefined }): Tensor[] {
  return wrapAll(call(182, handlesOf(input), handlesOf(other), options?.alpha));
}

/** `aten::_foreach_add_.List(Tensor(a!)[] self, Tensor[] other, *, Scalar alpha=1) -> ()` */
export function _foreachAdd_(input: readonly Tensor[], other: readonly Tensor[], options?: { alpha?: Scalar | undefined }): void;
/** `aten::_foreach_add_.Scalar(Tensor(a!)[] self, Scalar scalar) -> ()` */
export function _foreachAdd_(input: readonly Tensor[], scalar: Scalar): void;
export function _foreachAdd_(input: readonly Tensor[], other: readonly Tensor[] | Scalar, options?: { alpha?: Scalar | undefined }): void {
  return Array.isArray(other)
    ? void call(183, handlesOf(input), handlesOf(other), options?.alpha)
    : void call(184, handlesOf(input), other);
}

/** `aten::_foreach_mul.List(Tensor[] self, Tensor[] other) -> Tensor[]` */
export function _foreachMul(input: readonly Tensor[], other: readonly Tensor[]): Tensor[];
/** `aten::_foreach_mul.Scalar(Tensor[] self, Scalar scalar) -> Tensor[]` */
export function _foreachMul(input: readonly Tensor[], scalar: Scalar): Tensor[];
export function _foreachMul(input: readonly Tensor[], other: readonly Tensor[] | Scalar): Tensor[] {
  return Array.isArray(other)
    ? wrapAll(call(185, handlesOf(input), handlesOf(other)))
    : wrapAll(call(186, handlesOf(input), other));
}

/** `aten::_foreach_mul_.Scalar(Tensor(a!)[] self, Scalar scalar) -> ()` */
export function _foreachMul_(input: readonly Tensor[], scalar: Scalar): void;
/** `aten::_foreach_mul_.List(Tensor(a!)[] self, Tensor[] other) -> ()` */
export function _foreachMul_(input: readonly Tensor[], other: readonly Tensor[]): void;
export function _foreachMul_(input: readonly Tensor[], other: readonly Tensor[] | Scalar): void {
  return Array.isArray(other)
    ? void call(188, handlesOf(input), handlesOf(other))
    : void call(187, handlesOf(input), other);
}

/** `aten::_foreach_sub_.List(Tensor(a!)[] self, Tensor[] other, *, Scalar alpha=1) -> ()` */
export function _foreachSub_(input: readonly Tensor[], other: readonly Tensor[], options?: { alpha?: Scalar | undefined }): void {
  return void call(189, handlesOf(input), handlesOf(other), options?.alpha);
}

/** `aten::_foreach_div_.Scalar(Tensor(a!)[] self, Scalar scalar) -> ()` */
export function _foreachDiv_(input: readonly Tensor[], scalar: Scalar): void;
/** `aten::_foreach_div_.List(Tensor(a!)[] self, Tensor[] other) -> ()` */
export function _foreachDiv_(input: readonly Tensor[], other: readonly Tensor[]): void;
export function _foreachDiv_(input: readonly Tensor[], other: readonly Tensor[] | Scalar): void {
  return Array.isArray(other)
    ? void call(191, handlesOf(input), handlesOf(other))
    : void call(190, handlesOf(input), other);
}

/** `aten::_foreach_sqrt(Tensor[] self) -> Tensor[]` */
export function _foreachSqrt(input: readonly Tensor[]): Tensor[] {
  return wrapAll(call(192, handlesOf(input)));
}

/** `aten::_foreach_addcmul_.Scalar(Tensor(a!)[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar value=1) -> ()` */
export function _foreachAddcmul_(input: readonly Tensor[], tensor1: readonly Tensor[], tensor2: readonly Tensor[], options?: { value?: Scalar | undefined }): void {
  return void call(193, handlesOf(input), handlesOf(tensor1), handlesOf(tensor2), options?.value);
}

/** `aten::_foreach_addcdiv_.Scalar(Tensor(a!)[] self, Tensor[] tensor1, Tensor[] tensor2, Scalar value=1) -> ()` */
export function _foreachAddcdiv_(input: readonly Tensor[], tensor1: readonly Tensor[], tensor2: readonly Tensor[], options?: { value?: Scalar | undefined }): void {
  return void call(194, handlesOf(input), handlesOf(tensor1), handlesOf(tensor2), options?.value);
}

/** `aten::_foreach_norm.Scalar(Tensor[] self, Scalar ord=2) -> Tensor[]` */
export function _foreachNorm(input: readonly Tensor[], options?: { ord?: Scalar | undefined }): Tensor[] {
  return wrapAll(call(195, handlesOf(input), options?.ord));
}

/** `aten::_foreach_zero_(Tensor(a!)[] self) -> ()` */
export function _foreachZero_(input: readonly Tensor[]): void {
  return void call(196, handlesOf(input));
}
