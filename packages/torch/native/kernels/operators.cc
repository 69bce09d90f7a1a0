// The operators of our own. Each kernel registers itself for its device.
#include <torch/library.h>

TORCH_LIBRARY(um, library) {
  library.def("attention(Tensor query, Tensor? key_value=None, int first=0) -> Tensor");
  library.def(
      "window_attention(Tensor qkv, Tensor table, Tensor places, Tensor? regions, int window, int "
      "shift) -> Tensor");
  // After GELU: of GELU(input), which is computed again in the backward pass instead of stored.
  library.def(
      "linear(Tensor input, Tensor weight, Tensor? bias=None, bool after_gelu=False) -> Tensor");
  // Under autocast the result has the type that products take.
  library.def("layer_norm(Tensor input, Tensor weight, Tensor bias, float eps) -> Tensor");
  library.def(
      "adamw_(Tensor(a!)[] parameters, Tensor[] gradients, Tensor(b!)[] averages, "
      "Tensor(c!)[] squares, float beta1, float beta2, float epsilon, float shrink, float rate, "
      "float correction) -> ()");
}
