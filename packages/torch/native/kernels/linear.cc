// Linear layers whose products oneDNN computes: OpenBLAS takes 1.0 to 1.5 times as long at the
// shapes of vision transformers, most of all where the weight is transposed.
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "../compat.h"
#include "gelu.h"
#include "product.h"

namespace um::kernels {

namespace {

at::Tensor rows_of(const at::Tensor& x) {
  return x.reshape({-1, x.size(-1)}).contiguous();
}

at::Tensor gelu_of(const at::Tensor& x) {
  const at::Tensor made = at::empty_like(x);
  gelu(made.data_ptr<float>(), x.data_ptr<float>(), x.numel());
  return made;
}

// Sum over the rows; in the order of threads, so that it is the same every time.
at::Tensor sum_rows(const at::Tensor& matrix) {
  const int64_t columns = matrix.size(1);
  const at::Tensor totals = at::zeros({at::get_num_threads(), columns}, matrix.options());
  const float* from = matrix.data_ptr<float>();
  at::parallel_for(0, matrix.size(0), 64, [&](int64_t begin, int64_t end) {
    float* total = totals.data_ptr<float>() + at::get_thread_num() * columns;
    for (int64_t i = begin; i < end; i++) {
      for (int64_t j = 0; j < columns; j++) total[j] += from[i * columns + j];
    }
  });
  return totals.sum(0);
}

class Linear : public torch::autograd::Function<Linear> {
 public:
  static at::Tensor forward(
      torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
      const compat::optional<at::Tensor>& bias, bool after_gelu) {
    const at::Tensor rows = rows_of(x);
    auto shape = x.sizes().vec();
    shape.back() = weight.size(0);
    const at::Tensor out = at::empty({rows.size(0), weight.size(0)}, x.options());
    const at::Tensor matrix = weight.contiguous();
    product(
        out, after_gelu ? gelu_of(rows) : rows, matrix.t(),
        bias ? bias->contiguous() : at::Tensor());
    context->save_for_backward({rows, matrix});
    context->saved_data["bias"] = bias.has_value();
    context->saved_data["after_gelu"] = after_gelu;
    return out.view(shape);
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &rows = saved[0], &weight = saved[1];
    const bool after_gelu = context->saved_data["after_gelu"].toBool();
    const at::Tensor above = rows_of(gradients[0]);
    at::Tensor to_x, to_weight, to_bias;
    at::Tensor input = rows;
    if (context->needs_input_grad(0)) {
      auto shape = gradients[0].sizes().vec();
      shape.back() = weight.size(1);
      to_x = at::empty_like(rows);
      product(to_x, above, weight);
      if (after_gelu) {
        input = at::empty_like(rows);
        gelu_backward(
            input.data_ptr<float>(), to_x.data_ptr<float>(), rows.data_ptr<float>(), rows.numel());
      }
      to_x = to_x.view(shape);
    } else if (after_gelu) {
      input = gelu_of(rows);
    }
    if (context->needs_input_grad(1)) {
      to_weight = at::empty_like(weight);
      product(to_weight, above.t(), input);
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
      weight.dim() == 2 && x.dim() > 0 && x.size(-1) == weight.size(1), "expected [..., ",
      weight.size(-1), "] but got ", x.sizes());
  return Linear::apply(x, weight, bias, after_gelu);
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
