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
  // Of two matrices, without a gradient: by the library that is the fastest, or the one named here.
  library.def("product(Tensor a, Tensor b, str? by=None) -> Tensor");
  // Under autocast the result has the type that products take.
  library.def("layer_norm(Tensor input, Tensor weight, Tensor bias, float eps) -> Tensor");
  library.def(
      "adamw_(Tensor(a!)[] parameters, Tensor[] gradients, Tensor(b!)[] averages, "
      "Tensor(c!)[] squares, float beta1, float beta2, float epsilon, float shrink, float rate, "
      "float correction) -> ()");
  // Of levels [batch, channels, height, width] and rois [count, 5] with the level of each.
  library.def(
      "roi_align(Tensor[] features, Tensor rois, Tensor levels, float[] scales, int height, int "
      "width, int ratio, bool aligned) -> Tensor");
  library.def("nms(Tensor boxes, Tensor scores, Tensor? labels, float threshold) -> Tensor");
  // Decay: 0 linear, 1 gaussian, 2 hard. Gives what is taken, and its lowered scores.
  library.def(
      "soft_nms(Tensor boxes, Tensor scores, int decay, float threshold, float sigma, float "
      "minimum) -> (Tensor, Tensor)");
  // Probabilities, or with a threshold where they reach it.
  library.def(
      "paste_masks(Tensor masks, Tensor boxes, int height, int width, float? threshold=None) -> "
      "Tensor");
}
