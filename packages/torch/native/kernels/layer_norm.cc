// Layer normalisation without a gradient: libtorch's own takes three times as long for a few
// channels.
//
// Source: Ba et al. 2016, arXiv:1607.06450.
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/library.h>

#include <algorithm>
#include <cmath>

#include "number.h"

namespace um::kernels {

namespace {

// What a row is normalised with.
struct Affine {
  const float* weight;
  const float* bias;
  int64_t channels;
  float epsilon;
};

// Calls `body(place, lanes)` for the vectors of a row; the last may have fewer lanes.
template <typename Body>
inline void for_row(int64_t channels, const Body& body) {
  int64_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) body(c, kLanes);
  if (c < channels) body(c, static_cast<int>(channels - c));
}

inline Vector without_rest(Vector value, int lanes) {
  for (int lane = lanes; lane < kLanes; lane++) value[lane] = 0;
  return value;
}

// Up to `kLanes` rows, whose sums over channels are then computed together.
void normalise(float* to, const float* from, int64_t count, const Affine& affine) {
  const auto [weight, bias, channels, epsilon] = affine;
  const float share = 1.0f / static_cast<float>(channels);
  Vector rows[kLanes]{};
  for (int64_t i = 0; i < count; i++) {
    const float* x = from + i * channels;
    for_row(channels, [&](int64_t c, int lanes) { rows[i] += load_some(x + c, lanes); });
  }
  const Vector mean = sums(rows) * share;
  for (int64_t i = 0; i < count; i++) {
    const float* x = from + i * channels;
    rows[i] = Vector{};
    for_row(channels, [&](int64_t c, int lanes) {
      const Vector apart = without_rest(load_some(x + c, lanes) - mean[i], lanes);
      rows[i] += apart * apart;
    });
  }
  const Vector variance = sums(rows) * share;
  for (int64_t i = 0; i < count; i++) {
    const float scale = 1 / std::sqrt(variance[i] + epsilon);
    const float* x = from + i * channels;
    for_row(channels, [&](int64_t c, int lanes) {
      const Vector even = (load_some(x + c, lanes) - mean[i]) * scale;
      const Vector made = even * load_some(weight + c, lanes) + load_some(bias + c, lanes);
      store_some(to + i * channels + c, made, lanes);
    });
  }
}

at::Tensor layer_norm(
    const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias, double epsilon) {
  const auto fits = [&](const at::Tensor& x) {
    return x.scalar_type() == at::kFloat && x.device().is_cpu() && x.dim() > 0 &&
        x.size(-1) == input.size(-1);
  };
  TORCH_CHECK(
      fits(input) && fits(weight) && fits(bias) && weight.dim() == 1 && bias.dim() == 1,
      "expected f32 on the CPU, [..., channels] and twice [channels], but got ", input.sizes(), ", ",
      weight.sizes(), " and ", bias.sizes());
  TORCH_CHECK(
      !torch::autograd::compute_requires_grad(input, weight, bias),
      "expected no gradients to be recorded");
  const at::Tensor from = input.contiguous();
  const at::Tensor to = at::empty(input.sizes(), input.options());
  const at::Tensor factors = weight.contiguous();
  const at::Tensor offsets = bias.contiguous();
  const int64_t channels = input.size(-1);
  const int64_t rows = channels == 0 ? 0 : input.numel() / channels;
  const Affine affine{
      factors.data_ptr<float>(), offsets.data_ptr<float>(), channels, static_cast<float>(epsilon)};
  const int64_t blocks = (rows + kLanes - 1) / kLanes;
  at::parallel_for(0, blocks, 1 + 32768 / (kLanes * (channels + 1)), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin * kLanes; i < std::min(end * kLanes, rows); i += kLanes) {
      normalise(
          to.data_ptr<float>() + i * channels, from.data_ptr<float>() + i * channels,
          std::min<int64_t>(kLanes, rows - i), affine);
    }
  });
  return to;
}

TORCH_LIBRARY_IMPL(um, CPU, library) {
  library.impl("layer_norm", layer_norm);
}

}  // namespace

}  // namespace um::kernels
