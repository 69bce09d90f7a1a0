// The exact GELU, x times the probability that a normal variable is below x, and its derivative.
//
// Source: Hendrycks and Gimpel 2016, arXiv:1606.08415; erf by Abramowitz and Stegun,
// formula 7.1.26, which is within 1.5e-7, as in libtorch's own.
#pragma once

#include <ATen/Parallel.h>

#include "vector.h"

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

// Calls `body(place, lanes)` for vectors of numbers, several at once; the last may have fewer
// lanes.
template <typename Body>
void for_each_vector(int64_t count, const Body& body) {
  const int64_t vectors = (count + kLanes - 1) / kLanes;
  at::parallel_for(0, vectors, 2048, [&](int64_t begin, int64_t end) {
    const int64_t whole = std::min(end, count / kLanes);
    for (int64_t i = begin; i < whole; i++) body(i * kLanes, kLanes);
    if (whole < end) body(whole * kLanes, count - whole * kLanes);
  });
}

inline Vector load_some(const float* from, int64_t lanes) {
  if (lanes == kLanes) return load(from);
  Vector value{};
  std::memcpy(&value, from, lanes * sizeof(float));
  return value;
}

inline void store_some(float* to, Vector value, int64_t lanes) {
  if (lanes == kLanes) return store(to, value);
  std::memcpy(to, &value, lanes * sizeof(float));
}

inline void gelu(float* to, const float* from, int64_t count) {
  for_each_vector(count, [&](int64_t i, int64_t lanes) {
    const Vector x = load_some(from + i, lanes);
    store_some(to + i, x * normal(x).below, lanes);
  });
}

// Writes GELU once more to `to`, and multiplies `gradient` by its derivative.
inline void gelu_backward(float* to, float* gradient, const float* from, int64_t count) {
  for_each_vector(count, [&](int64_t i, int64_t lanes) {
    const Vector x = load_some(from + i, lanes);
    const auto [below, density] = normal(x);
    store_some(to + i, x * below, lanes);
    const Vector slope = below + x * density;
    store_some(gradient + i, load_some(gradient + i, lanes) * slope, lanes);
  });
}

}  // namespace um::kernels
