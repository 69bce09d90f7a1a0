// Made by `npm run generate -w packages/torch` from codegen/schemas.json; not to be edited.
import type { DType } from '../addon/dtype.js';
import { dtypeCode } from '../addon/dtype.js';
import type { Generator } from '../device/random.js';
import { call } from '../addon/native.js';
import type { Tensor } from '../tensor/tensor.js';
import { handlesOf, isTensor, type Scalar, wrap, wrapAll } from '../tensor/tensor.js';

/** The operators of libtorch as methods; `Tensor` adds the handwritten ones. */
export abstract class TensorMethods {
  /** The addon's handle of this tensor; 0 once it is disposed of. */
  abstract get handle(): number;

  /** `aten::add.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor` */
  add(other: Tensor, options?: { alpha?: Scalar | undefined }): Tensor;
  /** `aten::add.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor` */
  add(other: Scalar, options?: { alpha?: Scalar | undefined }): Tensor;
  add(other: Tensor | Scalar, options?: { alpha?: Scalar | undefined }): Tensor {
    return isTensor(other)
      ? wrap(call(0, this.handle, other.handle, options?.alpha))
      : wrap(call(1, this.handle, other, options?.alpha));
  }

  /** `aten::add_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)` */
  add_(other: Tensor, options?: { alpha?: Scalar | undefined }): this;
  /** `aten::add_.Scalar(Tensor(a!) self, Scalar other, Scalar alpha=1) -> Tensor(a!)` */
  add_(other: Scalar, options?: { alpha?: Scalar | undefined }): this;
  add_(other: Tensor | Scalar, options?: { alpha?: Scalar | undefined }): this {
    return isTensor(other)
      ? (call(2, this.handle, other.handle, options?.alpha), this)
      : (call(3, this.handle, other, options?.alpha), this);
  }

  /** `aten::sub.Tensor(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor` */
  sub(other: Tensor, options?: { alpha?: Scalar | undefined }): Tensor;
  /** `aten::sub.Scalar(Tensor self, Scalar other, Scalar alpha=1) -> Tensor` */
  sub(other: Scalar, options?: { alpha?: Scalar | undefined }): Tensor;
  sub(other: Tensor | Scalar, options?: { alpha?: Scalar | undefined }): Tensor {
    return isTensor(other)
      ? wrap(call(4, this.handle, other.handle, options?.alpha))
      : wrap(call(5, this.handle, other, options?.alpha));
  }

  /** `aten::sub_.Tensor(Tensor(a!) self, Tensor other, *, Scalar alpha=1) -> Tensor(a!)` */
  sub_(other: Tensor, options?: { alpha?: Scalar | undefined }): this;
  /** `aten::sub_.Scalar(Tensor(a!) self, Scalar other, Scalar alpha=1) -> Tensor(a!)` */
  sub_(other: Scalar, options?: { alpha?: Scalar | undefined }): this;
  sub_(other: Tensor | Scalar, options?: { alpha?: Scalar | undefined }): this {
    return isTensor(other)
      ? (call(6, this.handle, other.handle, options?.alpha), this)
      : (call(7, this.handle, other, options?.alpha), this);
  }

  /** `aten::mul.Tensor(Tensor self, Tensor other) -> Tensor` */
  mul(other: Tensor): Tensor;
  /** `aten::mul.Scalar(Tensor self, Scalar other) -> Tensor` */
  mul(other: Scalar): Tensor;
  mul(other: Tensor | Scalar): Tensor {
    return isTensor(other)
      ? wrap(call(8, this.handle, other.handle))
      : wrap(call(9, this.handle, other));
  }

  /** `aten::mul_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  mul_(other: Tensor): this;
  /** `aten::mul_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  mul_(other: Scalar): this;
  mul_(other: Tensor | Scalar): this {
    return isTensor(other)
      ? (call(10, this.handle, other.handle), this)
      : (call(11, this.handle, other), this);
  }

  /** `aten::div.Tensor(Tensor self, Tensor other) -> Tensor` */
  div(other: Tensor): Tensor;
  /** `aten::div.Scalar(Tensor self, Scalar other) -> Tensor` */
  div(other: Scalar): Tensor;
  div(other: Tensor | Scalar): Tensor {
    return isTensor(other)
      ? wrap(call(12, this.handle, other.handle))
      : wrap(call(13, this.handle, other));
  }

  /** `aten::div_.Tensor(Tensor(a!) self, Tensor other) -> Tensor(a!)` */
  div_(other: Tensor): this;
  /** `aten::div_.Scalar(Tensor(a!) self, Scalar other) -> Tensor(a!)` */
  div_(other: Scalar): this;
  div_(other: Tensor | Scalar): this {
    return isTensor(other)
      ? (call(14, this.handle, other.handle), this)
      : (call(15, this.handle, other), this);
  }

  /** `aten::remainder.Tensor(Tensor self, Tensor other) -> Tensor` */
  remainder(other: Tensor): Tensor;
  /** `aten::remainder.Scalar(Tensor self, Scalar other) -> Tensor` */
  remainder(other: Scalar): Tensor;
  remainder(other: Tensor | Scalar): Tensor {
    return isTensor(other)
      ? wrap(call(16, this.handle, other.handle))
      : wrap(call(17, this.handle, other));
  }

  /** `aten::floor_divide(Tensor self, Tensor other) -> Tensor` */
  floorDivide(other: Tensor): Tensor;
  /** `aten::floor_divide.Scalar(Tensor self, Scalar other) -> Tensor` */
  floorDivide(other: Scalar): Tensor;
  floorDivide(other: Tensor | Scalar): Tensor {
    return isTensor(other)
      ? wrap(call(18, this.handle, other.handle))
      : wrap(call(19, this.handle, other));
  }

  /** `aten::pow.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor` */
  pow(exponent: Tensor): Tensor;
  /** `aten::pow.Tensor_Scalar(Tensor self, Scalar exponent) -> Tensor` */
  pow(exponent: Scalar): Tensor;
  pow(exponent: Tensor | Scalar): Tensor {
    return isTensor(exponent)
      ? wrap(call(20, this.handle, exponent.handle))
      : wrap(call(21, this.handle, exponent));
  }

  /** `aten::addcmul_(Tensor(a!) self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor(a!)` */
  addcmul_(tensor1: Tensor, tensor2: Tensor, options?: { value?: Scalar | undefined }): this {
    return (call(22, this.handle, tensor1.handle, tensor2.handle, options?.value), this);
  }

  /** `aten::addcdiv_(Tensor(a!) self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor(a!)` */
  addcdiv_(tensor1: Tensor, tensor2: Tensor, options?: { value?: Scalar | undefined }): this {
    return (call(23, this.handle, tensor1.handle, tensor2.handle, options?.value), this);
  }

  /** `aten::lerp_.Scalar(Tensor(a!) self, Tensor end, Scalar weight) -> Tensor(a!)` */
  lerp_(end: Tensor, weight: Scalar): this {
    return (call(24, this.handle, end.handle, weight), this);
  }

  /** `aten::neg(Tensor self) -> Tensor` */
  neg(): Tensor {
    return wrap(call(25, this.handle));
  }

  /** `aten::abs(Tensor self) -> Tensor` */
  abs(): Tensor {
    return wrap(call(26, this.handle));
  }

  /** `aten::sign(Tensor self) -> Tensor` */
  sign(): Tensor {
    return wrap(call(27, this.handle));
  }

  /** `aten::sqrt(Tensor self) -> Tensor` */
  sqrt(): Tensor {
    return wrap(call(28, this.handle));
  }

  /** `aten::sqrt_(Tensor(a!) self) -> Tensor(a!)` */
  sqrt_(): this {
    return (call(29, this.handle), this);
  }

  /** `aten::rsqrt(Tensor self) -> Tensor` */
  rsqrt(): Tensor {
    return wrap(call(30, this.handle));
  }

  /** `aten::square(Tensor self) -> Tensor` */
  square(): Tensor {
    return wrap(call(31, this.handle));
  }

  /** `aten::exp(Tensor self) -> Tensor` */
  exp(): Tensor {
    return wrap(call(32, this.handle));
  }

  /** `aten::log(Tensor self) -> Tensor` */
  log(): Tensor {
    return wrap(call(33, this.handle));
  }

  /** `aten::log1p(Tensor self) -> Tensor` */
  log1p(): Tensor {
    return wrap(call(34, this.handle));
  }

  /** `aten::sin(Tensor self) -> Tensor` */
  sin(): Tensor {
    return wrap(call(35, this.handle));
  }

  /** `aten::cos(Tensor self) -> Tensor` */
  cos(): Tensor {
    return wrap(call(36, this.handle));
  }

  /** `aten::erf(Tensor self) -> Tensor` */
  erf(): Tensor {
    return wrap(call(37, this.handle));
  }

  /** `aten::floor(Tensor self) -> Tensor` */
  floor(): Tensor {
    return wrap(call(38, this.handle));
  }

  /** `aten::ceil(Tensor self) -> Tensor` */
  ceil(): Tensor {
    return wrap(call(39, this.handle));
  }

  /** `aten::round(Tensor self) -> Tensor` */
  round(): Tensor {
    return wrap(call(40, this.handle));
  }

  /** `aten::clamp(Tensor self, Scalar? min=None, Scalar? max=None) -> Tensor` */
  clamp(options?: { min?: Scalar | null | undefined; max?: Scalar | null | undefined }): Tensor {
    return wrap(call(41, this.handle, options?.min, options?.max));
  }

  /** `aten::clamp_(Tensor(a!) self, Scalar? min=None, Scalar? max=None) -> Tensor(a!)` */
  clamp_(options?: { min?: Scalar | null | undefined; max?: Scalar | null | undefined }): this {
    return (call(42, this.handle, options?.min, options?.max), this);
  }

  /** `aten::minimum(Tensor self, Tensor other) -> Tensor` */
  minimum(other: Tensor): Tensor {
    return wrap(call(43, this.handle, other.handle));
  }

  /** `aten::maximum(Tensor self, Tensor other) -> Tensor` */
  maximum(other: Tensor): Tensor {
    return wrap(call(44, this.handle, other.handle));
  }

  /** `aten::relu(Tensor self) -> Tensor` */
  relu(): Tensor {
    return wrap(call(45, this.handle));
  }

  /** `aten::gelu(Tensor self, *, str approximate="none") -> Tensor` */
  gelu(options?: { approximate?: string | undefined }): Tensor {
    return wrap(call(46, this.handle, options?.approximate));
  }

  /** `aten::tanh(Tensor self) -> Tensor` */
  tanh(): Tensor {
    return wrap(call(47, this.handle));
  }

  /** `aten::sigmoid(Tensor self) -> Tensor` */
  sigmoid(): Tensor {
    return wrap(call(48, this.handle));
  }

  /** `aten::softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor` */
  softmax(dim: number, options?: { dtype?: DType | null | undefined }): Tensor {
    return wrap(call(49, this.handle, dim, dtypeCode(options?.dtype)));
  }

  /** `aten::log_softmax.int(Tensor self, int dim, ScalarType? dtype=None) -> Tensor` */
  logSoftmax(dim: number, options?: { dtype?: DType | null | undefined }): Tensor {
    return wrap(call(50, this.handle, dim, dtypeCode(options?.dtype)));
  }

  /** `aten::eq.Tensor(Tensor self, Tensor other) -> Tensor` */
  eq(other: Tensor): Tensor;
  /** `aten::eq.Scalar(Tensor self, Scalar other) -> Tensor` */
  eq(other: Scalar): Tensor;
  eq(other: Tensor | Scalar): Tensor {
    return isTensor(other)
      ? wrap(call(51, this.handle, other.handle))
      : wrap(call(52, this.handle, other));
  }

  /** `aten::ne.Tensor(Tensor self, Tensor other) -> Tensor` */
  ne(other: Tensor): Tensor;
  /** `aten::ne.Scalar(Tensor self, Scalar other) -> Tensor` */
  ne(other: Scalar): Tensor;
  ne(other: Tensor | Scalar): Tensor {
    return isTensor(other)
      ? wrap(call(53, this.handle, other.handle))
      : wrap(call(54, this.handle, other));
  }

  /** `aten::lt.Tensor(Tensor self, Tensor other) -> Tensor` */
  lt(other: Tensor): Tensor;
  /** `aten::lt.Scalar(Tensor self, Scalar other) -> Tensor` */
  lt(other: Scalar): Tensor;
  lt(other: Tensor | Scalar): Tensor {
    return isTensor(other)
      ? wrap(call(55, this.handle, other.handle))
      : wrap(call(56, this.handle, other));
  }

  /** `aten::le.Tensor(Tensor self, Tensor other) -> Tensor` */
  le(other: Tensor): Tensor;
  /** `aten::le.Scalar(Tensor self, Scalar other) -> Tensor` */
  le(other: Scalar): Tensor;
  le(other: Tensor | Scalar): Tensor {
    return isTensor(other)
      ? wrap(call(57, this.handle, other.handle))
      : wrap(call(58, this.handle, other));
  }

  /** `aten::gt.Tensor(Tensor self, Tensor other) -> Tensor` */
  gt(other: Tensor): Tensor;
  /** `aten::gt.Scalar(Tensor self, Scalar other) -> Tensor` */
  gt(other: Scalar): Tensor;
  gt(other: Tensor | Scalar): Tensor {
    return isTensor(other)
      ? wrap(call(59, this.handle, other.handle))
      : wrap(call(60, this.handle, other));
  }

  /** `aten::ge.Tensor(Tensor self, Tensor other) -> Tensor` */
  ge(other: Tensor): Tensor;
  /** `aten::ge.Scalar(Tensor self, Scalar other) -> Tensor` */
  ge(other: Scalar): Tensor;
  ge(other: Tensor | Scalar): Tensor {
    return isTensor(other)
      ? wrap(call(61, this.handle, other.handle))
      : wrap(call(62, this.handle, other));
  }

  /** `aten::logical_and(Tensor self, Tensor other) -> Tensor` */
  logicalAnd(other: Tensor): Tensor {
    return wrap(call(63, this.handle, other.handle));
  }

  /** `aten::logical_or(Tensor self, Tensor other) -> Tensor` */
  logicalOr(other: Tensor): Tensor {
    return wrap(call(64, this.handle, other.handle));
  }

  /** `aten::logical_not(Tensor self) -> Tensor` */
  logicalNot(): Tensor {
    return wrap(call(65, this.handle));
  }

  /** `aten::isfinite(Tensor self) -> Tensor` */
  isfinite(): Tensor {
    return wrap(call(66, this.handle));
  }

  /** `aten::isnan(Tensor self) -> Tensor` */
  isnan(): Tensor {
    return wrap(call(67, this.handle));
  }

  /** `aten::equal(Tensor self, Tensor other) -> bool` */
  equal(other: Tensor): boolean {
    return call(68, this.handle, other.handle) as boolean;
  }

  /** `aten::allclose(Tensor self, Tensor other, float rtol=1.0000000000000001e-05, float atol=1e-08, bool equal_nan=False) -> bool` */
  allclose(other: Tensor, options?: { rtol?: number | undefined; atol?: number | undefined; equalNan?: boolean | undefined }): boolean {
    return call(69, this.handle, other.handle, options?.rtol, options?.atol, options?.equalNan) as boolean;
  }

  /** `aten::sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
  sum(dim?: number | readonly number[], options?: { keepdim?: boolean | undefined; dtype?: DType | null | undefined }): Tensor {
    return wrap(call(70, this.handle, dim, options?.keepdim, dtypeCode(options?.dtype)));
  }

  /** `aten::mean.dim(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor` */
  mean(dim?: number | readonly number[], options?: { keepdim?: boolean | undefined; dtype?: DType | null | undefined }): Tensor {
    return wrap(call(71, this.handle, dim, options?.keepdim, dtypeCode(options?.dtype)));
  }

  /** `aten::var.correction(Tensor self, int[1]? dim, *, int? correction, bool keepdim=False) -> Tensor` */
  var(dim?: number | readonly number[], options?: { correction?: number | null | undefined; keepdim?: boolean | undefined }): Tensor {
    return wrap(call(72, this.handle, dim, options?.correction, options?.keepdim));
  }

  /** `aten::std.correction(Tensor self, int[1]? dim, *, int? correction, bool keepdim=False) -> Tensor` */
  std(dim?: number | readonly number[], options?: { correction?: number | null | undefined; keepdim?: boolean | undefined }): Tensor {
    return wrap(call(73, this.handle, dim, options?.correction, options?.keepdim));
  }

  /** `aten::amax(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor` */
  amax(options?: { dim?: number | readonly number[] | undefined; keepdim?: boolean | undefined }): Tensor {
    return wrap(call(74, this.handle, options?.dim, options?.keepdim));
  }

  /** `aten::amin(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor` */
  amin(options?: { dim?: number | readonly number[] | undefined; keepdim?: boolean | undefined }): Tensor {
    return wrap(call(75, this.handle, options?.dim, options?.keepdim));
  }

  /** `aten::argmax(Tensor self, int? dim=None, bool keepdim=False) -> Tensor` */
  argmax(options?: { dim?: number | null | undefined; keepdim?: boolean | undefined }): Tensor {
    return wrap(call(76, this.handle, options?.dim, options?.keepdim));
  }

  /** `aten::argmin(Tensor self, int? dim=None, bool keepdim=False) -> Tensor` */
  argmin(options?: { dim?: number | null | undefined; keepdim?: boolean | undefined }): Tensor {
    return wrap(call(77, this.handle, options?.dim, options?.keepdim));
  }

  /** `aten::cumsum(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor` */
  cumsum(dim: number, options?: { dtype?: DType | null | undefined }): Tensor {
    return wrap(call(78, this.handle, dim, dtypeCode(options?.dtype)));
  }

  /** `aten::norm.Scalar(Tensor self, Scalar p=2) -> Tensor` */
  norm(options?: { p?: Scalar | undefined }): Tensor {
    return wrap(call(79, this.handle, options?.p));
  }

  /** `aten::all(Tensor self) -> Tensor` */
  all(): Tensor {
    return wrap(call(80, this.handle));
  }

  /** `aten::any(Tensor self) -> Tensor` */
  any(): Tensor {
    return wrap(call(81, this.handle));
  }

  /** `aten::sort(Tensor self, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices)` */
  sort(options?: { dim?: number | undefined; descending?: boolean | undefined }): [values: Tensor, indices: Tensor] {
    return wrapAll(call(82, this.handle, options?.dim, options?.descending)) as [values: Tensor, indices: Tensor];
  }

  /** `aten::argsort(Tensor self, int dim=-1, bool descending=False) -> Tensor` */
  argsort(options?: { dim?: number | undefined; descending?: boolean | undefined }): Tensor {
    return wrap(call(83, this.handle, options?.dim, options?.descending));
  }

  /** `aten::topk(Tensor self, int k, int dim=-1, bool largest=True, bool sorted=True) -> (Tensor values, Tensor indices)` */
  topk(k: number, options?: { dim?: number | undefined; largest?: boolean | undefined; sorted?: boolean | undefined }): [values: Tensor, indices: Tensor] {
    return wrapAll(call(84, this.handle, k, options?.dim, options?.largest, options?.sorted)) as [values: Tensor, indices: Tensor];
  }

  /** `aten::matmul(Tensor self, Tensor other) -> Tensor` */
  matmul(other: Tensor): Tensor {
    return wrap(call(85, this.handle, other.handle));
  }

  /** `aten::mm(Tensor self, Tensor mat2) -> Tensor` */
  mm(mat2: Tensor): Tensor {
    return wrap(call(86, this.handle, mat2.handle));
  }

  /** `aten::bmm(Tensor self, Tensor mat2) -> Tensor` */
  bmm(mat2: Tensor): Tensor {
    return wrap(call(87, this.handle, mat2.handle));
  }

  /** `aten::addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor` */
  addmm(mat1: Tensor, mat2: Tensor, options?: { beta?: Scalar | undefined; alpha?: Scalar | undefined }): Tensor {
    return wrap(call(88, this.handle, mat1.handle, mat2.handle, options?.beta, options?.alpha));
  }

  /** `aten::baddbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor` */
  baddbmm(batch1: Tensor, batch2: Tensor, options?: { beta?: Scalar | undefined; alpha?: Scalar | undefined }): Tensor {
    return wrap(call(89, this.handle, batch1.handle, batch2.handle, options?.beta, options?.alpha));
  }

  /** `aten::view(Tensor(a) self, SymInt[] size) -> Tensor(a)` */
  view(size: readonly number[]): Tensor {
    return wrap(call(90, this.handle, size));
  }

  /** `aten::reshape(Tensor(a) self, SymInt[] shape) -> Tensor(a)` */
  reshape(shape: readonly number[]): Tensor {
    return wrap(call(91, this.handle, shape));
  }

  /** `aten::flatten.using_ints(Tensor(a) self, int start_dim=0, int end_dim=-1) -> Tensor(a)` */
  flatten(options?: { startDim?: number | undefined; endDim?: number | undefined }): Tensor {
    return wrap(call(92, this.handle, options?.startDim, options?.endDim));
  }

  /** `aten::permute(Tensor(a) self, int[] dims) -> Tensor(a)` */
  permute(dims: readonly number[]): Tensor {
    return wrap(call(93, this.handle, dims));
  }

  /** `aten::transpose.int(Tensor(a) self, int dim0, int dim1) -> Tensor(a)` */
  transpose(dim0: number, dim1: number): Tensor {
    return wrap(call(94, this.handle, dim0, dim1));
  }

  /** `aten::t(Tensor(a) self) -> Tensor(a)` */
  t(): Tensor {
    return wrap(call(95, this.handle));
  }

  /** `aten::squeeze.dim(Tensor(a) self, int dim) -> Tensor(a)` */
  squeeze(dim: number): Tensor {
    return wrap(call(96, this.handle, dim));
  }

  /** `aten::unsqueeze(Tensor(a) self, int dim) -> Tensor(a)` */
  unsqueeze(dim: number): Tensor {
    return wrap(call(97, this.handle, dim));
  }

  /** `aten::expand(Tensor(a) self, SymInt[] size, *, bool implicit=False) -> Tensor(a)` */
  expand(size: readonly number[], options?: { implicit?: boolean | undefined }): Tensor {
    return wrap(call(98, this.handle, size, options?.implicit));
  }

  /** `aten::expand_as(Tensor(a) self, Tensor other) -> Tensor(a)` */
  expandAs(other: Tensor): Tensor {
    return wrap(call(99, this.handle, other.handle));
  }

  /** `aten::repeat(Tensor self, SymInt[] repeats) -> Tensor` */
  repeat(repeats: readonly number[]): Tensor {
    return wrap(call(100, this.handle, repeats));
  }

  /** `aten::roll(Tensor self, int[1] shifts, int[1] dims=[]) -> Tensor` */
  roll(shifts: number | readonly number[], options?: { dims?: number | readonly number[] | undefined }): Tensor {
    return wrap(call(101, this.handle, shifts, options?.dims));
  }

  /** `aten::flip(Tensor self, int[] dims) -> Tensor` */
  flip(dims: readonly number[]): Tensor {
    return wrap(call(102, this.handle, dims));
  }

  /** `aten::select.int(Tensor(a) self, int dim, int index) -> Tensor(a)` */
  select(dim: number, index: number): Tensor {
    return wrap(call(103, this.handle, dim, index));
  }

  /** `aten::slice.Tensor(Tensor(a) self, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1) -> Tensor(a)` */
  slice(options?: { dim?: number | undefined; start?: number | null | undefined; end?: number | null | undefined; step?: number | undefined }): Tensor {
    return wrap(call(104, this.handle, options?.dim, options?.start, options?.end, options?.step));
  }

  /** `aten::narrow(Tensor(a) self, int dim, int start, int length) -> Tensor(a)` */
  narrow(dim: number, start: number, length: number): Tensor {
    return wrap(call(105, this.handle, dim, start, length));
  }

  /** `aten::chunk(Tensor(a -> *) self, int chunks, int dim=0) -> Tensor(a)[]` */
  chunk(chunks: number, options?: { dim?: number | undefined }): Tensor[] {
    return wrapAll(call(106, this.handle, chunks, options?.dim));
  }

  /** `aten::split.Tensor(Tensor(a -> *) self, int split_size, int dim=0) -> Tensor(a)[]` */
  split(splitSize: number, options?: { dim?: number | undefined }): Tensor[] {
    return wrapAll(call(107, this.handle, splitSize, options?.dim));
  }

  /** `aten::split_with_sizes(Tensor(a -> *) self, int[] split_sizes, int dim=0) -> Tensor(a)[]` */
  splitWithSizes(splitSizes: readonly number[], options?: { dim?: number | undefined }): Tensor[] {
    return wrapAll(call(108, this.handle, splitSizes, options?.dim));
  }

  /** `aten::unbind.int(Tensor(a -> *) self, int dim=0) -> Tensor(a)[]` */
  unbind(options?: { dim?: number | undefined }): Tensor[] {
    return wrapAll(call(109, this.handle, options?.dim));
  }

  /** `aten::diagonal(Tensor(a) self, int offset=0, int dim1=0, int dim2=1) -> Tensor(a)` */
  diagonal(options?: { offset?: number | undefined; dim1?: number | undefined; dim2?: number | undefined }): Tensor {
    return wrap(call(110, this.handle, options?.offset, options?.dim1, options?.dim2));
  }

  /** `aten::tril(Tensor self, int diagonal=0) -> Tensor` */
  tril(options?: { diagonal?: number | undefined }): Tensor {
    return wrap(call(111, this.handle, options?.diagonal));
  }

  /** `aten::triu(Tensor self, int diagonal=0) -> Tensor` */
  triu(options?: { diagonal?: number | undefined }): Tensor {
    return wrap(call(112, this.handle, options?.diagonal));
  }

  /** `aten::contiguous(Tensor(a) self, *, MemoryFormat memory_format=0) -> Tensor(a)` */
  contiguous(): Tensor {
    return wrap(call(113, this.handle));
  }

  /** `aten::clone(Tensor self, *, MemoryFormat? memory_format=None) -> Tensor` */
  clone(): Tensor {
    return wrap(call(114, this.handle));
  }

  /** `aten::detach(Tensor(a) self) -> Tensor(a)` */
  detach(): Tensor {
    return wrap(call(115, this.handle));
  }

  /** `aten::pixel_shuffle(Tensor self, int upscale_factor) -> Tensor` */
  pixelShuffle(upscaleFactor: number): Tensor {
    return wrap(call(116, this.handle, upscaleFactor));
  }

  /** `aten::constant_pad_nd(Tensor self, int[] pad, Scalar value=0) -> Tensor` */
  constantPadNd(pad: readonly number[], options?: { value?: Scalar | undefined }): Tensor {
    return wrap(call(117, this.handle, pad, options?.value));
  }

  /** `aten::gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False) -> Tensor` */
  gather(dim: number, index: Tensor, options?: { sparseGrad?: boolean | undefined }): Tensor {
    return wrap(call(118, this.handle, dim, index.handle, options?.sparseGrad));
  }

  /** `aten::scatter.src(Tensor self, int dim, Tensor index, Tensor src) -> Tensor` */
  scatter(dim: number, index: Tensor, src: Tensor): Tensor;
  /** `aten::scatter.value(Tensor self, int dim, Tensor index, Scalar value) -> Tensor` */
  scatter(dim: number, index: Tensor, value: Scalar): Tensor;
  scatter(dim: number, index: Tensor, src: Tensor | Scalar): Tensor {
    return isTensor(src)
      ? wrap(call(119, this.handle, dim, index.handle, src.handle))
      : wrap(call(120, this.handle, dim, index.handle, src));
  }

  /** `aten::scatter_.src(Tensor(a!) self, int dim, Tensor index, Tensor src) -> Tensor(a!)` */
  scatter_(dim: number, index: Tensor, src: Tensor): this;
  /** `aten::scatter_.value(Tensor(a!) self, int dim, Tensor index, Scalar value) -> Tensor(a!)` */
  scatter_(dim: number, index: Tensor, value: Scalar): this;
  scatter_(dim: number, index: Tensor, src: Tensor | Scalar): this {
    return isTensor(src)
      ? (call(121, this.handle, dim, index.handle, src.handle), this)
      : (call(122, this.handle, dim, index.handle, src), this);
  }

  /** `aten::scatter_add(Tensor self, int dim, Tensor index, Tensor src) -> Tensor` */
  scatterAdd(dim: number, index: Tensor, src: Tensor): Tensor {
    return wrap(call(123, this.handle, dim, index.handle, src.handle));
  }

  /** `aten::index.Tensor(Tensor self, Tensor?[] indices) -> Tensor` */
  index(indices: readonly (Tensor | null)[]): Tensor {
    return wrap(call(124, this.handle, handlesOf(indices)));
  }

  /** `aten::index_put_(Tensor(a!) self, Tensor?[] indices, Tensor values, bool accumulate=False) -> Tensor(a!)` */
  indexPut_(indices: readonly (Tensor | null)[], values: Tensor, options?: { accumulate?: boolean | undefined }): this {
    return (call(125, this.handle, handlesOf(indices), values.handle, options?.accumulate), this);
  }

  /** `aten::index_select(Tensor self, int dim, Tensor index) -> Tensor` */
  indexSelect(dim: number, index: Tensor): Tensor {
    return wrap(call(126, this.handle, dim, index.handle));
  }

  /** `aten::index_add_(Tensor(a!) self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> Tensor(a!)` */
  indexAdd_(dim: number, index: Tensor, source: Tensor, options?: { alpha?: Scalar | undefined }): this {
    return (call(127, this.handle, dim, index.handle, source.handle, options?.alpha), this);
  }

  /** `aten::masked_select(Tensor self, Tensor mask) -> Tensor` */
  maskedSelect(mask: Tensor): Tensor {
    return wrap(call(128, this.handle, mask.handle));
  }

  /** `aten::masked_fill.Scalar(Tensor self, Tensor mask, Scalar value) -> Tensor` */
  maskedFill(mask: Tensor, value: Scalar): Tensor;
  /** `aten::masked_fill.Tensor(Tensor self, Tensor mask, Tensor value) -> Tensor` */
  maskedFill(mask: Tensor, value: Tensor): Tensor;
  maskedFill(mask: Tensor, value: Tensor | Scalar): Tensor {
    return isTensor(value)
      ? wrap(call(130, this.handle, mask.handle, value.handle))
      : wrap(call(129, this.handle, mask.handle, value));
  }

  /** `aten::masked_fill_.Scalar(Tensor(a!) self, Tensor mask, Scalar value) -> Tensor(a!)` */
  maskedFill_(mask: Tensor, value: Scalar): this {
    return (call(131, this.handle, mask.handle, value), this);
  }

  /** `aten::nonzero(Tensor self) -> Tensor` */
  nonzero(): Tensor {
    return wrap(call(132, this.handle));
  }

  /** `aten::take_along_dim(Tensor self, Tensor indices, int? dim=None) -> Tensor` */
  takeAlongDim(indices: Tensor, options?: { dim?: number | null | undefined }): Tensor {
    return wrap(call(133, this.handle, indices.handle, options?.dim));
  }

  /** `aten::fill_.Scalar(Tensor(a!) self, Scalar value) -> Tensor(a!)` */
  fill_(value: Scalar): this {
    return (call(134, this.handle, value), this);
  }

  /** `aten::zero_(Tensor(a!) self) -> Tensor(a!)` */
  zero_(): this {
    return (call(135, this.handle), this);
  }

  /** `aten::copy_(Tensor(a!) self, Tensor src, bool non_blocking=False) -> Tensor(a!)` */
  copy_(src: Tensor): this {
    return (call(136, this.handle, src.handle), this);
  }

  /** `aten::uniform_(Tensor(a!) self, float from=0., float to=1., *, Generator? generator=None) -> Tensor(a!)` */
  uniform_(options?: { from?: number | undefined; to?: number | undefined; generator?: Generator | null | undefined }): this {
    return (call(137, this.handle, options?.from, options?.to, options?.generator?.handle), this);
  }

  /** `aten::normal_(Tensor(a!) self, float mean=0., float std=1., *, Generator? generator=None) -> Tensor(a!)` */
  normal_(options?: { mean?: number | undefined; std?: number | undefined; generator?: Generator | null | undefined }): this {
    return (call(138, this.handle, options?.mean, options?.std, options?.generator?.handle), this);
  }

  /** `aten::bernoulli_.float(Tensor(a!) self, float p=0.5, *, Generator? generator=None) -> Tensor(a!)` */
  bernoulli_(options?: { p?: number | undefined; generator?: Generator | null | undefined }): this {
    return (call(139, this.handle, options?.p, options?.generator?.handle), this);
  }

  /** `aten::exponential_(Tensor(a!) self, float lambd=1., *, Generator? generator=None) -> Tensor(a!)` */
  exponential_(options?: { lambd?: number | undefined; generator?: Generator | null | undefined }): this {
    return (call(140, this.handle, options?.lambd, options?.generator?.handle), this);
  }

  /** `aten::to.dtype(Tensor(a) self, ScalarType dtype, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a)` */
  toDType(dtype: DType): Tensor {
    return wrap(call(141, this.handle, dtypeCode(dtype)));
  }

  /** `aten::to.device(Tensor(a) self, Device device, ScalarType dtype, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a)` */
  toDevice(device: string, dtype: DType): Tensor {
    return wrap(call(142, this.handle, device, dtypeCode(dtype)));
  }

  /** `aten::item(Tensor self) -> Scalar` */
  item(): Scalar {
    return call(143, this.handle) as Scalar;
  }

  /** `aten::set_data(Tensor(a!) self, Tensor new_data) -> ()` */
  setData_(newData: Tensor): void {
    return void call(144, this.handle, newData.handle);
  }
}
