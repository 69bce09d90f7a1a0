// The parts of attention that one thread computes for one head of one image.
#pragma once

#include <ATen/core/Tensor.h>

#include <cmath>
#include <vector>

#include "multiply.h"

namespace um::kernels {

inline int64_t padded(int64_t count) {
  return (count + kLanes - 1) / kLanes * kLanes;
}

// Where the heads of all tokens lie, `channels` numbers each.
struct Heads {
  float* data;
  int64_t image;
  int64_t token;
  int64_t head;

  float* at(int64_t b, int64_t h) const { return data + b * image + h * head; }
};

inline Heads part_of(const at::Tensor& packed, int64_t part) {
  float* data = packed.data_ptr<float>() + part * packed.stride(2);
  return {data, packed.stride(0), packed.stride(1), packed.stride(3)};
}

inline Heads heads_of(const at::Tensor& joined, int64_t heads) {
  return {joined.data_ptr<float>(), joined.stride(0), joined.stride(1), joined.size(2) / heads};
}

struct Parts {
  Heads query;
  Heads key;
  Heads value;
};

// Of [batch, tokens, 3, heads, channels], or of queries alone and [batch, tokens, 2, heads,
// channels].
inline Parts parts_of(const at::Tensor& query, const at::Tensor& key_value) {
  if (!key_value.defined()) return {part_of(query, 0), part_of(query, 1), part_of(query, 2)};
  return {part_of(query, 0), part_of(key_value, 0), part_of(key_value, 1)};
}

struct Sizes {
  int64_t images;
  int64_t heads;
  int64_t queries;
  int64_t keys;
  int64_t channels;
  // Of the tokens, the one that asks first.
  int64_t first;

  int64_t tasks() const { return images * heads; }
  int64_t keys_padded() const { return padded(keys); }
  int64_t channels_padded() const { return padded(channels); }
  float scale() const { return 1 / std::sqrt(static_cast<float>(channels)); }
};

// Rows of `[count, channels]` side by side, filled up with zeros.
inline void gather(
    float* to, const float* from, int64_t stride, int64_t count, const Sizes& sizes) {
  const int64_t width = sizes.channels_padded();
  for (int64_t i = 0; i < count; i++) {
    std::memcpy(to + i * width, from + i * stride, sizes.channels * sizeof(float));
    for (int64_t c = sizes.channels; c < width; c++) to[i * width + c] = 0;
  }
}

// All keys, or values, as [channels, keys], filled up with zeros.
inline void gather_transposed(float* to, const float* from, int64_t stride, const Sizes& sizes) {
  const int64_t width = sizes.keys_padded();
  for (int64_t c = 0; c < sizes.channels; c++) {
    for (int64_t j = 0; j < sizes.keys; j++) to[c * width + j] = from[j * stride + c];
    for (int64_t j = sizes.keys; j < width; j++) to[c * width + j] = 0;
  }
}

inline void scatter(
    float* to, int64_t stride, const float* from, int64_t count, const Sizes& sizes) {
  for (int64_t i = 0; i < count; i++) {
    const float* row = from + i * sizes.channels_padded();
    std::memcpy(to + i * stride, row, sizes.channels * sizeof(float));
  }
}

inline void scale_by(float* values, int64_t count, float factor) {
  for (int64_t i = 0; i < count; i += kLanes) store(values + i, load(values + i) * factor);
}

// Logits to weights, in place. Returns the logarithm of the sum that they were divided by.
inline float softmax(float* row, const Sizes& sizes) {
  const int64_t width = sizes.keys_padded();
  for (int64_t j = sizes.keys; j < width; j++) row[j] = -INFINITY;
  Vector most = load(row);
  for (int64_t j = kLanes; j < width; j += kLanes) most = max(most, load(row + j));
  const float highest = max(most);
  Vector totals{};
  for (int64_t j = 0; j < width; j += kLanes) {
    const Vector weight = exp(load(row + j) - highest);
    totals += weight;
    store(row + j, weight);
  }
  const float total = sum(totals);
  scale_by(row, width, 1 / total);
  return highest + std::log(total);
}

// Products of `count` queries [count, channels] with all keys [channels, keys].
inline void logits(
    float* to, const float* queries, const float* keys, int64_t count, const Sizes& sizes) {
  const int64_t width = sizes.keys_padded();
  multiply<false>(
      to, width, {queries, sizes.channels_padded(), 1}, keys, width, count, width, sizes.channels);
}

// Weights from logits, in place, and their gradients to those of the logits: w (dw - sum of w dw).
inline void softmax_backward(
    float* weights, float* gradients, float normaliser, float product, const Sizes& sizes) {
  for (int64_t j = 0; j < sizes.keys_padded(); j += kLanes) {
    const Vector weight = exp(load(weights + j) - normaliser);
    store(weights + j, weight);
    store(gradients + j, weight * (load(gradients + j) - product));
  }
}

inline float dot(const float* a, const float* b, int64_t count) {
  Vector totals{};
  for (int64_t i = 0; i < count; i += kLanes) totals += load(a + i) * load(b + i);
  return sum(totals);
}

// Memory of one task, handed out piece by piece.
class Workspace {
 public:
  explicit Workspace(int64_t size) : memory_(size) {}

  float* take(int64_t size) {
    float* piece = memory_.data() + taken_;
    taken_ += size;
    return piece;
  }

 private:
  std::vector<float> memory_;
  int64_t taken_ = 0;
};

}  // namespace um::kernels
