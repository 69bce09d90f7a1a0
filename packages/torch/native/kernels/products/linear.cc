// Linear layers whose products oneDNN computes: OpenBLAS takes 1.0 to 1.5 times as long at the
// shapes of vision transformers, most of all where the weight is transposed.
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/library.h>

#include "../../compat.h"
#include "../gelu.h"
#include "product.h"

namespace um::kernels {

namespace {

// Contiguous, and of the type that products take.
at::Tensor operand_of(const at::Tensor& x, bool half) {
  const at::Tensor dense = x.is_contiguous() ? x : x.contiguous();
  return half ? halved(dense) : dense;
}

at::Tensor single(const at::Tensor& bias) {
  const bool fits = bias.scalar_type() == at::kFloat && bias.is_contiguous();
  return fits ? bias : bias.to(at::kFloat).contiguous();
}

std::vector<int64_t> shape_of(const at::Tensor& x, const at::Tensor& weight) {
  auto shape = x.sizes().vec();
  shape.back() = weight.size(0);
  return shape;
}

at::Tensor gelu_of(const at::Tensor& x) {
  const at::Tensor made = at::empty_like(x);
  with_data(x, [&](auto* from) {
    using Number = std::remove_pointer_t<decltype(from)>;
    gelu(made.data_ptr<Number>(), from, x.numel());
  });
  return made;
}

// GELU of `x` once more, while `gradient` is multiplied by its derivative.
at::Tensor gelu_again(const at::Tensor& x, const at::Tensor& gradient) {
  const at::Tensor made = at::empty_like(x);
  with_data(x, [&](auto* from) {
    using Number = std::remove_pointer_t<decltype(from)>;
    with_data(gradient, [&](auto* slopes) {
      gelu_backward(made.data_ptr<Number>(), slopes, from, x.numel());
    });
  });
  return made;
}

// Sum over the rows in f32; in the order of threads, so that it is the same every time.
at::Tensor sum_rows(const at::Tensor& matrix) {
  const int64_t columns = matrix.size(-1);
  const at::Tensor totals =
      at::zeros({at::get_num_threads(), columns}, matrix.options().dtype(at::kFloat));
  with_data(matrix, [&](const auto* from) {
    at::parallel_for(0, matrix.numel() / columns, 64, [&](int64_t begin, int64_t end) {
      float* total = totals.data_ptr<float>() + at::get_thread_num() * columns;
      for (int64_t i = begin; i < end; i++) {
        for (int64_t j = 0; j < columns; j += kLanes) {
          const int64_t lanes = std::min<int64_t>(kLanes, columns - j);
          const Vector sum =
              load_some(total + j, lanes) + load_some(from + i * columns + j, lanes);
          store_some(total + j, sum, lanes);
        }
      }
    });
  });
  return totals.sum(0);
}

// x [..., inputs] and weight [outputs, inputs], contiguous and of one type -> [..., outputs]
at::Tensor layer(
    const at::Tensor& x, const at::Tensor& weight, const compat::optional<at::Tensor>& bias,
    bool after_gelu) {
  const at::Tensor out = at::empty(shape_of(x, weight), x.options());
  const at::Tensor input = after_gelu ? gelu_of(x) : x;
  const at::Tensor offsets = bias ? single(*bias) : at::Tensor();
  product(
      rows_of(out), rows_of(input), rows_of(weight).transposed(),
      bias ? offsets.data_ptr<float>() : nullptr);
  return out;
}

class Linear : public torch::autograd::Function<Linear> {
 public:
  static at::Tensor forward(
      torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
      const compat::optional<at::Tensor>& bias, bool after_gelu) {
    const bool half = halves(x);
    const at::Tensor input = operand_of(x, half);
    const at::Tensor matrix = operand_of(weight, half);
    context->save_for_backward({input, matrix});
    context->saved_data["bias"] = bias.has_value();
    context->saved_data["after_gelu"] = after_gelu;
    context->saved_data["input_type"] = x.scalar_type();
    context->saved_data["weight_type"] = weight.scalar_type();
    return layer(input, matrix, bias, after_gelu);
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &weight = saved[1];
    const bool after_gelu = context->saved_data["after_gelu"].toBool();
    const at::Tensor above = gradients[0].contiguous();
    at::Tensor to_x, to_weight, to_bias;
    at::Tensor input = x;
    if (context->needs_input_grad(0)) {
      const auto type = context->saved_data["input_type"].toScalarType();
      to_x = at::empty(x.sizes(), x.options().dtype(type));
      product(rows_of(to_x), rows_of(above), rows_of(weight));
      if (after_gelu) input = gelu_again(x, to_x);
    } else if (after_gelu) {
      input = gelu_of(x);
    }
    if (context->needs_input_grad(1)) {
      const auto type = context->saved_data["weight_type"].toScalarType();
      to_weight = at::empty(weight.sizes(), weight.options().dtype(type));
      product(rows_of(to_weight), rows_of(above).transposed(), rows_of(input));
    }
    if (context->saved_data["bias"].toBool() && context->needs_input_grad(2))
      to_bias = sum_rows(above);
    return {to_x, to_weight, to_bias, at::Tensor()};
  }
};

at::Tensor linear(
    const at::Tensor& x, const at::Tensor& weight, const compat::optional<at::Tensor>& bias,
    bool after_gelu) {
  // oneDNN leaves the result of an empty product as it was.
  if (x.numel() == 0 || weight.numel() == 0)
    return at::linear(after_gelu ? at::gelu(x) : x, weight, bias);
  TORCH_CHECK(
      is_number(x) && is_number(weight) && (halves(x) || !is_half(weight)),
      "expected f32 or bf16 but got ", x.scalar_type(), " and ", weight.scalar_type());
  TORCH_CHECK(
      weight.dim() == 2 && x.dim() > 0 && x.size(-1) == weight.size(1), "expected [..., ",
      weight.size(-1), "] but got ", x.sizes());
  if (torch::autograd::compute_requires_grad(x, weight, bias.value_or(at::Tensor())))
    return Linear::apply(x, weight, bias, after_gelu);
  const bool half = halves(x);
  return layer(operand_of(x, half), operand_of(weight, half), bias, after_gelu);
}

// Records its own gradient, with and without autograd.
TORCH_LIBRARY_IMPL(um, CPU, library) {
  library.impl("linear", linear);
}

TORCH_LIBRARY_IMPL(um, AutogradCPU, library) {
  library.impl("linear", linear);
}

}  // namespace

}  // namespace um::kernels
