// Our operators on CUDA, with their gradients; the kernels themselves know nothing of libtorch.
#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "../compat.h"
#include "column_sums.h"
#include "layer_norm.h"
#include "window_attention.h"

namespace um::cuda {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

Precision precision_of(const at::Tensor& x) {
  switch (x.scalar_type()) {
    case at::kFloat:
      return Precision::f32;
    case at::kBFloat16:
      return Precision::bf16;
    case at::kHalf:
      return Precision::f16;
    default:
      TORCH_CHECK(false, "expected f32, bf16 or f16 but got ", x.scalar_type());
  }
}

bool is_narrow(const at::Tensor& x) {
  return x.scalar_type() == at::kBFloat16 || x.scalar_type() == at::kHalf;
}

cudaStream_t stream() {
  return c10::cuda::getCurrentCUDAStream();
}

// --- Attention inside windows

WindowGrid grid_of(const at::Tensor& qkv, int64_t window, int64_t shift) {
  return {
      static_cast<int>(qkv.size(0)), static_cast<int>(qkv.size(1)), static_cast<int>(qkv.size(2)),
      static_cast<int>(window),      static_cast<int>(shift),       static_cast<int>(qkv.size(4))};
}

PositionBias bias_of(
    const at::Tensor& table, const at::Tensor& places, const at::Tensor& regions,
    const WindowGrid& grid) {
  return {
      table.data_ptr<float>(), table.size(1), places.data_ptr<int64_t>(),
      places.size(0) == grid.windows(), regions.defined() ? regions.data_ptr<float>() : nullptr};
}

class WindowAttention : public torch::autograd::Function<WindowAttention> {
 public:
  static at::Tensor forward(
      AutogradContext* context, const at::Tensor& qkv, const at::Tensor& table,
      const at::Tensor& places, const compat::optional<at::Tensor>& regions, int64_t window,
      int64_t shift) {
    const c10::cuda::CUDAGuard guard(qkv.device());
    const at::Tensor packed = qkv.contiguous();
    const at::Tensor biases = table.to(at::kFloat).contiguous();
    const at::Tensor where = places.contiguous();
    const at::Tensor apart = regions ? regions->contiguous() : at::Tensor();
    const WindowGrid grid = grid_of(packed, window, shift);
    const at::Tensor joined = at::empty(
        {grid.images, grid.height, grid.width, packed.size(4) * packed.size(5)}, packed.options());
    const at::Tensor normalisers = at::empty(
        {grid.images * grid.windows(), grid.heads, grid.tokens()},
        packed.options().dtype(at::kFloat));
    window_attention(
        joined.data_ptr(), normalisers.data_ptr<float>(), packed.data_ptr(),
        bias_of(biases, where, apart, grid), grid, precision_of(packed), stream());
    C10_CUDA_KERNEL_LAUNCH_CHECK();
    context->save_for_backward({packed, biases, where, apart, normalisers, joined});
    context->saved_data["window"] = window;
    context->saved_data["shift"] = shift;
    context->saved_data["type"] = table.scalar_type();
    return joined;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &packed = saved[0], &biases = saved[1];
    const c10::cuda::CUDAGuard guard(packed.device());
    const WindowGrid grid = grid_of(
        packed, context->saved_data["window"].toInt(), context->saved_data["shift"].toInt());
    const at::Tensor above = gradients[0].to(packed.scalar_type()).contiguous();
    const at::Tensor to_qkv = at::empty_like(packed);
    const at::Tensor to_table = at::zeros_like(biases);
    const at::Tensor slopes = at::empty_like(saved[4]);
    window_attention_backward(
        to_qkv.data_ptr(), to_table.data_ptr<float>(), slopes.data_ptr<float>(), above.data_ptr(),
        saved[5].data_ptr(), saved[4].data_ptr<float>(), packed.data_ptr(),
        bias_of(biases, saved[2], saved[3], grid), grid, precision_of(packed), stream());
    C10_CUDA_KERNEL_LAUNCH_CHECK();
    const at::Tensor none;
    return {to_qkv, to_table.to(context->saved_data["type"].toScalarType()), none, none, none, none};
  }
};

at::Tensor attend_in_windows(
    const at::Tensor& qkv, const at::Tensor& table, const at::Tensor& places,
    const compat::optional<at::Tensor>& regions, int64_t window, int64_t shift) {
  TORCH_CHECK(
      qkv.dim() == 6 && qkv.size(3) == 3 && qkv.size(5) == 32 && is_narrow(qkv),
      "expected bf16 or f16, [batch, height, width, 3, heads, 32], but got ", qkv.sizes());
  TORCH_CHECK(
      window > 0 && shift >= 0 && shift < window && qkv.size(1) % window == 0 &&
          qkv.size(2) % window == 0,
      "expected windows that tile the grid, and a shift within them, but got ", window, " and ", shift);
  TORCH_CHECK(
      table.dim() == 2 && table.size(0) == qkv.size(4) && table.size(1) % 2 == 1,
      "expected a table [heads, differences] of an odd number but got ", table.sizes());
  const int64_t windows = (qkv.size(1) / window) * (qkv.size(2) / window);
  const int64_t tokens = window * window;
  TORCH_CHECK(
      places.scalar_type() == at::kLong && places.dim() == 2 && places.size(1) == tokens &&
          (places.size(0) == windows || places.size(0) == windows * qkv.size(0)),
      "expected i64 places of ", windows, " windows of ", tokens, " tokens but got ", places.sizes());
  TORCH_CHECK(
      !regions || (regions->scalar_type() == at::kFloat && regions->numel() == windows * tokens),
      "expected f32 regions [", windows, ", ", tokens, "]");
  return WindowAttention::apply(qkv, table, places, regions, window, shift);
}

// --- Layer normalisation

class LayerNorm : public torch::autograd::Function<LayerNorm> {
 public:
  static at::Tensor forward(
      AutogradContext* context, const at::Tensor& input, const at::Tensor& weight,
      const at::Tensor& bias, double epsilon, at::ScalarType type) {
    const c10::cuda::CUDAGuard guard(input.device());
    const at::Tensor x = input.contiguous();
    const NormRows shape = rows_of(x, epsilon);
    const at::Tensor y = at::empty(x.sizes(), x.options().dtype(type));
    const at::Tensor statistics = at::empty({2, shape.rows}, x.options().dtype(at::kFloat));
    if (shape.rows > 0) {
      layer_norm(
          y.data_ptr(), precision_of(y), statistics[0].data_ptr<float>(),
          statistics[1].data_ptr<float>(), x.data_ptr(), precision_of(x), weight.data_ptr<float>(),
          bias.data_ptr<float>(), shape, stream());
      C10_CUDA_KERNEL_LAUNCH_CHECK();
    }
    context->save_for_backward({x, weight, statistics});
    context->saved_data["epsilon"] = epsilon;
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &weight = saved[1], &statistics = saved[2];
    const c10::cuda::CUDAGuard guard(x.device());
    const NormRows shape = rows_of(x, context->saved_data["epsilon"].toDouble());
    const at::Tensor above = gradients[0].contiguous();
    const at::Tensor to_x = at::empty_like(x);
    const at::Tensor sums = at::empty({2, norm_blocks(shape), shape.channels}, weight.options());
    if (shape.rows > 0) {
      layer_norm_backward(
          to_x.data_ptr(), sums[0].data_ptr<float>(), sums[1].data_ptr<float>(), above.data_ptr(),
          precision_of(above), statistics[0].data_ptr<float>(), statistics[1].data_ptr<float>(),
          x.data_ptr(), precision_of(x), weight.data_ptr<float>(), shape, stream());
      C10_CUDA_KERNEL_LAUNCH_CHECK();
    }
    const at::Tensor totals = sums.sum(1);
    return {to_x, totals[0], totals[1], at::Tensor(), at::Tensor()};
  }

 private:
  static NormRows rows_of(const at::Tensor& x, double epsilon) {
    const int64_t channels = x.size(-1);
    return {x.numel() / channels, static_cast<int>(channels), static_cast<float>(epsilon)};
  }
};

at::Tensor norm(
    const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias, double epsilon) {
  const int64_t channels = input.size(-1);
  const auto type = compat::autocast(c10::DeviceType::CUDA);
  const bool fits = type && (input.scalar_type() == at::kFloat || input.scalar_type() == *type) &&
      weight.scalar_type() == at::kFloat && channels % 4 == 0 && channels <= kMostChannels;
  if (fits) return LayerNorm::apply(input, weight, bias, epsilon, *type);
  return at::layer_norm(input.to(weight.scalar_type()), {channels}, weight, bias, epsilon);
}

// --- A linear layer, of GELU(input) or of the input; the first is computed again in the backward
// pass

at::Tensor sum_of_rows(const at::Tensor& matrix) {
  if (!is_narrow(matrix) || matrix.size(1) % 2 != 0) return matrix.sum(0);
  const at::Tensor values = matrix.contiguous();
  const at::Tensor sums = at::empty(
      {column_blocks(values.size(0)), values.size(1)}, values.options().dtype(at::kFloat));
  column_sums(
      sums.data_ptr<float>(), values.data_ptr(), precision_of(values), values.size(0),
      static_cast<int>(values.size(1)), stream());
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return sums.sum(0).to(matrix.scalar_type());
}

class Linear : public torch::autograd::Function<Linear> {
 public:
  static at::Tensor forward(
      AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
      const compat::optional<at::Tensor>& bias, bool after_gelu) {
    context->save_for_backward({x, weight});
    context->saved_data["bias"] = bias.has_value();
    context->saved_data["after_gelu"] = after_gelu;
    return at::linear(after_gelu ? at::gelu(x) : x, weight, bias);
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &weight = saved[1];
    const c10::cuda::CUDAGuard guard(x.device());
    const bool after_gelu = context->saved_data["after_gelu"].toBool();
    const at::Tensor above = gradients[0].reshape({-1, weight.size(0)});
    const at::Tensor rows = x.reshape({-1, weight.size(1)});
    at::Tensor to_x, to_weight, to_bias;
    if (context->needs_input_grad(0)) {
      const at::Tensor to_input = above.matmul(weight);
      to_x = (after_gelu ? at::gelu_backward(to_input, rows) : to_input).view(x.sizes());
    }
    if (context->needs_input_grad(1))
      to_weight = above.t().matmul(after_gelu ? at::gelu(rows) : rows);
    if (context->saved_data["bias"].toBool() && context->needs_input_grad(2))
      to_bias = sum_of_rows(above);
    return {to_x, to_weight, to_bias, at::Tensor()};
  }
};

at::Tensor linear(
    const at::Tensor& input, const at::Tensor& weight, const compat::optional<at::Tensor>& bias,
    bool after_gelu) {
  const auto type = compat::autocast(c10::DeviceType::CUDA);
  const auto cast = [&](const at::Tensor& x) {
    return type ? at::autocast::cached_cast(*type, x, c10::DeviceType::CUDA) : x;
  };
  compat::optional<at::Tensor> offset;
  if (bias) offset = cast(*bias);
  const at::Tensor x = cast(input), matrix = cast(weight);
  // All is cast: nothing is left to autocast inside.
  const c10::impl::ExcludeDispatchKeyGuard guard(c10::autocast_dispatch_keyset);
  return Linear::apply(x, matrix, offset, after_gelu);
}

}  // namespace

// Each records its own gradient, with and without autograd.
TORCH_LIBRARY_IMPL(um, CUDA, library) {
  library.impl("window_attention", attend_in_windows);
  library.impl("layer_norm", norm);
  library.impl("linear", linear);
}

TORCH_LIBRARY_IMPL(um, AutogradCUDA, library) {
  library.impl("window_attention", attend_in_windows);
  library.impl("layer_norm", norm);
  library.impl("linear", linear);
}

}  // namespace um::cuda
