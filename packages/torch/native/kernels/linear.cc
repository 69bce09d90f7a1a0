// Linear layers whose products oneDNN computes: OpenBLAS takes 1.0 to 1.5 times as long at the
// shapes of vision transformers, most of all where the weight is transposed.
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "../compat.h"
#include "product.h"

namespace um::kernels {

namespace {

at::Tensor rows_of(const at::Tensor& x) {
  return x.reshape({-1, x.size(-1)}).contiguous();
}

class Linear : public torch::autograd::Function<Linear> {
 public:
  static at::Tensor forward(
      torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
      const compat::optional<at::Tensor>& bias) {
    const at::Tensor rows = rows_of(x);
    auto shape = x.sizes().vec();
    shape.back() = weight.size(0);
    const at::Tensor out = at::empty({rows.size(0), weight.size(0)}, x.options());
    const at::Tensor matrix = weight.contiguous();
    product(out, rows, matrix.t(), bias ? bias->contiguous() : at::Tensor());
    context->save_for_backward({rows, matrix});
    context->saved_data["bias"] = bias.has_value();
    return out.view(shape);
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &rows = saved[0], &weight = saved[1];
    const at::Tensor above = rows_of(gradients[0]);
    at::Tensor to_x, to_weight, to_bias;
    if (context->needs_input_grad(0)) {
      auto shape = gradients[0].sizes().vec();
      shape.back() = weight.size(1);
      to_x = at::empty_like(rows);
      product(to_x, above, weight);
      to_x = to_x.view(shape);
    }
    if (context->needs_input_grad(1)) {
      to_weight = at::empty_like(weight);
      product(to_weight, above.t(), rows);
    }
    if (context->saved_data["bias"].toBool() && context->needs_input_grad(2))
      to_bias = above.sum(0);
    return {to_x, to_weight, to_bias};
  }
};

at::Tensor linear(
    const at::Tensor& x, const at::Tensor& weight, const compat::optional<at::Tensor>& bias) {
  // oneDNN leaves the result of an empty product as it was.
  if (x.numel() == 0 || weight.numel() == 0) return at::linear(x, weight, bias);
  TORCH_CHECK(
      weight.dim() == 2 && x.dim() > 0 && x.size(-1) == weight.size(1), "expected [..., ",
      weight.size(-1), "] but got ", x.sizes());
  return Linear::apply(x, weight, bias);
}

TORCH_LIBRARY_FRAGMENT(um, library) {
  library.def("linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor", linear);
}

}  // namespace

}  // namespace um::kernels
