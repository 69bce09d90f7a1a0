// Weighted sums of rows of channels, for the kernels that interpolate maps [row, column, channel].
#pragma once

#include <cstdint>
#include <vector>

#include "vector.h"

namespace um::kernels {

// Which inputs every output of one axis is the sum of: a contiguous range, with weights.
struct Taps {
  struct Range {
    int64_t first;
    int64_t count;
    // Into `weights`.
    int64_t at;
  };
  std::vector<Range> outputs;
  std::vector<float> weights;
};

template <int Vectors, bool Add>
inline void combine_block(
    float* to, const float* from, int64_t stride, const float* weights, int64_t count) {
  Vector totals[Vectors];
  for (int v = 0; v < Vectors; v++) totals[v] = Add ? load(to + v * kLanes) : Vector{};
  for (int64_t i = 0; i < count; i++, from += stride) {
    const Vector weight = broadcast(weights[i]);
    for (int v = 0; v < Vectors; v++) totals[v] += weight * load(from + v * kLanes);
  }
  for (int v = 0; v < Vectors; v++) store(to + v * kLanes, totals[v]);
}

// to[c] = sum over i of weights[i] * from[i * stride + c], or += with Add.
template <bool Add>
inline void combine(
    float* to, const float* from, int64_t stride, const float* weights, int64_t count,
    int64_t channels) {
  int64_t c = 0;
  for (; c + 4 * kLanes <= channels; c += 4 * kLanes) {
    combine_block<4, Add>(to + c, from + c, stride, weights, count);
  }
  for (; c + kLanes <= channels; c += kLanes) {
    combine_block<1, Add>(to + c, from + c, stride, weights, count);
  }
  for (; c < channels; c++) {
    float total = Add ? to[c] : 0;
    for (int64_t i = 0; i < count; i++) total += weights[i] * from[i * stride + c];
    to[c] = total;
  }
}

}  // namespace um::kernels
