// The parts of attention that one thread computes for one head of one image.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "../multiply.h"
#include "../number.h"

namespace um::kernels {

inline int64_t padded_to(int64_t count, int64_t multiple) {
  return (count + multiple - 1) / multiple * multiple;
}

inline int64_t padded(int64_t count) {
  return padded_to(count, kLanes);
}

// Where the heads of all tokens lie, `channels` numbers each.
template <typename Number>
struct Heads {
  Number* data;
  int64_t image;
  int64_t token;
  int64_t head;

  Number* at(int64_t b, int64_t h) const { return data + b * image + h * head; }
};

template <typename Number>
Heads<Number> part_of(const at::Tensor& packed, int64_t part) {
  Number* data = packed.data_ptr<Number>() + part * packed.stride(2);
  return {data, packed.stride(0), packed.stride(1), packed.stride(3)};
}

template <typename Number>
Heads<Number> heads_of(const at::Tensor& joined, int64_t heads) {
  return {joined.data_ptr<Number>(), joined.stride(0), joined.stride(1), joined.size(2) / heads};
}

template <typename Number>
struct Parts {
  Heads<Number> query;
  Heads<Number> key;
  Heads<Number> value;
};

// Of [batch, tokens, 3, heads, channels], or of queries alone and [batch, tokens, 2, heads,
// channels].
template <typename Number>
Parts<Number> parts_of(const at::Tensor& query, const at::Tensor& key_value) {
  const auto part = part_of<Number>;
  if (!key_value.defined()) return {part(query, 0), part(query, 1), part(query, 2)};
  return {part(query, 0), part(key_value, 0), part(key_value, 1)};
}

struct Sizes {
  int64_t images;
  // Of tokens that attend to each other, in every image.
  int64_t groups;
  int64_t heads;
  int64_t queries;
  int64_t keys;
  int64_t channels;

  int64_t tasks() const { return images * groups * heads; }
  int64_t keys_padded() const { return padded(keys); }
  int64_t channels_padded() const { return padded(channels); }
  float scale() const { return 1 / std::sqrt(static_cast<float>(channels)); }
};

// Stands for a token of padding among the numbers of tokens: its values are zeros, and nobody wants
// its result.
constexpr int64_t kPadding = -1;

// Values of one head of `count` tokens of an image, side by side and filled up with zeros.
template <typename Number>
void gather(
    float* to, const Number* image, int64_t stride, const int64_t* tokens, int64_t count,
    const Sizes& sizes) {
  const int64_t width = sizes.channels_padded();
  for (int64_t i = 0; i < count; i++) {
    const int64_t known = tokens[i] == kPadding ? 0 : sizes.channels;
    const Number* values = image + std::max<int64_t>(tokens[i], 0) * stride;
    copy_row(to + i * width, values, known);
    for (int64_t c = known; c < width; c++) to[i * width + c] = 0;
    // The next head of this image comes next.
    for (int64_t c = 0; c < sizes.channels; c += kLanes)
      __builtin_prefetch(values + sizes.channels + c);
  }
}

// Rows [keys, channels] as [channels, keys], filled up with zeros.
inline void transpose(float* to, const float* rows, const Sizes& sizes) {
  const int64_t height = sizes.keys_padded();
  const int64_t width = sizes.channels_padded();
  for (int64_t j = 0; j < height; j += kLanes) {
    for (int64_t c = 0; c < width; c += kLanes) {
      Vector square[kLanes];
      for (int64_t i = 0; i < kLanes; i++)
        square[i] = j + i < sizes.keys ? load(rows + (j + i) * width + c) : Vector{};
      transpose(square);
      for (int64_t i = 0; i < kLanes; i++) store(to + (c + i) * height + j, square[i]);
    }
  }
}

template <typename Number>
void scatter(
    Number* image, int64_t stride, const int64_t* tokens, const float* from, int64_t count,
    const Sizes& sizes) {
  for (int64_t i = 0; i < count; i++) {
    if (tokens[i] == kPadding) continue;
    const float* row = from + i * sizes.channels_padded();
    copy_row(image + tokens[i] * stride, row, sizes.channels);
  }
}

inline void scale_by(float* values, int64_t count, float factor) {
  for (int64_t i = 0; i < count; i += kLanes) store(values + i, load(values + i) * factor);
}

// What the logits of some queries are made to weights with: e^(logit - highest) / total.
struct Normalisers {
  Vector highest;
  Vector total;
};

// Logits of up to `kLanes` queries to weights that are still to be divided by their totals, in
// place.
inline Normalisers exponentials(float* rows, int64_t count, const Sizes& sizes) {
  const int64_t width = sizes.keys_padded();
  Vector vectors[kLanes]{};
  for (int64_t i = 0; i < count; i++) {
    float* row = rows + i * width;
    for (int64_t j = sizes.keys; j < width; j++) row[j] = -INFINITY;
    Vector most = load(row);
    for (int64_t j = kLanes; j < width; j += kLanes) most = max(most, load(row + j));
    vectors[i] = most;
  }
  const Vector highest = largest(vectors);
  for (int64_t i = 0; i < count; i++) {
    float* row = rows + i * width;
    Vector totals{};
    for (int64_t j = 0; j < width; j += kLanes) {
      const Vector weight = exp(load(row + j) - highest[i]);
      totals += weight;
      store(row + j, weight);
    }
    vectors[i] = totals;
  }
  return {highest, sums(vectors)};
}

// Products of `count` queries [count, channels] with all keys [channels, keys].
inline void logits(
    float* to, const float* queries, const float* keys, int64_t count, const Sizes& sizes) {
  const int64_t width = sizes.keys_padded();
  multiply<false>(
      to, width, {queries, sizes.channels_padded(), 1}, keys, width, count, width, sizes.channels);
}

// Weights of up to `kLanes` queries from logits, in place, and gradients of the weights to those of
// the logits: w (dw - sum of w dw). `normalisers` are the logarithms of the sums that weights are
// divided by.
inline void softmax_backward(
    float* weights, float* gradients, const float* normalisers, int64_t count,
    const Sizes& sizes) {
  const int64_t width = sizes.keys_padded();
  Vector vectors[kLanes]{};
  for (int64_t i = 0; i < count; i++) {
    Vector products{};
    for (int64_t j = i * width; j < (i + 1) * width; j += kLanes) {
      const Vector weight = exp(load(weights + j) - normalisers[i]);
      products += weight * load(gradients + j);
      store(weights + j, weight);
    }
    vectors[i] = products;
  }
  const Vector product = sums(vectors);
  for (int64_t i = 0; i < count; i++) {
    for (int64_t j = i * width; j < (i + 1) * width; j += kLanes) {
      store(gradients + j, load(weights + j) * (load(gradients + j) - product[i]));
    }
  }
}

// Memory of one task after the other, handed out piece by piece.
class Workspace {
 public:
  explicit Workspace(int64_t size) : memory_(new float[size]) {}

  void clear() { taken_ = 0; }

  float* take(int64_t size) {
    float* piece = memory_.get() + taken_;
    taken_ += size;
    return piece;
  }

 private:
  std::unique_ptr<float[]> memory_;
  int64_t taken_ = 0;
};

}  // namespace um::kernels
