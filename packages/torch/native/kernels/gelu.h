// The exact GELU, x times the probability that a normal variable is below x, and its derivative.
//
// Source: Hendrycks and Gimpel 2016, arXiv:1606.08415; erf by Abramowitz and Stegun,
// formula 7.1.26, which is within 1.5e-7, as in libtorch's own.
#pragma once

#include "number.h"

namespace um::kernels {

// Of a standard normal variable: the probability of being below x, and the density there.
struct Normal {
  Vector below;
  Vector density;
};

inline Normal normal(Vector x) {
  const Vector size = x < 0 ? -x : x;
  const Vector bell = exp(-0.5f * x * x);
  // The formula's 1 / (1 + p z) with z = |x| / sqrt(2).
  const Vector t = 1 / (1 + 0.23164189f * size);
  Vector p = broadcast(1.061405429f);
  p = p * t - 1.453152027f;
  p = p * t + 1.421413741f;
  p = p * t - 0.284496736f;
  p = p * t + 0.254829592f;
  const Vector beyond = 0.5f * p * t * bell;
  return {x < 0 ? beyond : 1 - beyond, 0.398942280f * bell};
}

template <typename Number>
void gelu(Number* to, const Number* from, int64_t count) {
  for_each_vector(count, [&](int64_t i, int64_t lanes) {
    const Vector x = load_some(from + i, lanes);
    store_some(to + i, x * normal(x).below, lanes);
  });
}

// Writes GELU once more to `to`, and multiplies `gradient` by its derivative.
template <typename Number, typename Slope>
void gelu_backward(Number* to, Slope* gradient, const Number* from, int64_t count) {
  for_each_vector(count, [&](int64_t i, int64_t lanes) {
    const Vector x = load_some(from + i, lanes);
    const auto [below, density] = normal(x);
    store_some(to + i, x * below, lanes);
    const Vector slope = below + x * density;
    store_some(gradient + i, load_some(gradient + i, lanes) * slope, lanes);
  });
}

}  // namespace um::kernels
