// Attention of every query to all keys of its group, an image or a window, one head of one group at
// a time: its logits and weights never leave the cache, and the backward pass computes them again.
//
// Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.2.1; recomputing the weights from the
// saved normaliser as in Dao et al. 2022 (FlashAttention), arXiv:2205.14135, algorithm 4.
#pragma once

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>

#include <algorithm>
#include <vector>

#include "heads.h"

namespace um::kernels {

// Queries whose weights are in the cache together.
constexpr int64_t kBlock = 48;

// Queries of one head of one group.
struct Task {
  int64_t image;
  int64_t group;
  int64_t head;
  int64_t start;
  int64_t end;
};

// The numbers of the tokens of all groups in their image, equal in all images: of the queries and
// their results, and of keys and values.
struct Groups {
  std::vector<int64_t> queries;
  std::vector<int64_t> results;
  std::vector<int64_t> keys;
};

// No bias on the logits.
struct NoBias {
  void add(float*, const Task&, int64_t) const {}
  void collect(const float*, const Task&, int64_t) const {}
};

// Calls `body(task, memory)` for parts of all heads, several at once.
template <typename Body>
void for_each_part(const Sizes& sizes, int64_t parts, int64_t floats, const Body& body) {
  const int64_t length = (sizes.queries + parts - 1) / parts;
  at::parallel_for(0, sizes.tasks() * parts, 1, [&](int64_t begin, int64_t end) {
    Workspace memory(floats);
    for (int64_t i = begin; i < end; i++) {
      const int64_t start = i % parts * length;
      const int64_t stop = std::min(start + length, sizes.queries);
      const int64_t head = i / parts;
      const int64_t group = head / sizes.heads;
      const Task task{group / sizes.groups, group % sizes.groups, head % sizes.heads, start, stop};
      memory.clear();
      if (start < stop) body(task, memory);
    }
  });
}

// Writes [batch, tokens, heads * channels] to `joined`.
//
// @param bias `add(logits, task, i)` adds its own to the logits of query i
// @param normalisers [batch, groups, heads, queries], or not defined: what makes the weights again,
// the logarithms of what they were divided by
template <typename Number, typename Bias>
void attend(
    const at::Tensor& joined, const at::Tensor& normalisers, const Parts<Number>& parts,
    const Groups& groups, const Bias& bias, const Sizes& sizes) {
  const auto& [query, key, value] = parts;
  const Heads<Number> out = heads_of<Number>(joined, sizes.heads);
  float* normaliser = normalisers.defined() ? normalisers.data_ptr<float>() : nullptr;
  const int64_t keys = sizes.keys_padded();
  const int64_t channels = sizes.channels_padded();

  // A few images of one head each would leave threads without work.
  const int64_t split = std::max<int64_t>(1, at::get_num_threads() / sizes.tasks());
  const int64_t floats = 3 * keys * channels + kBlock * (keys + 2 * channels);
  for_each_part(sizes, split, floats, [&](const Task& task, Workspace& memory) {
    const int64_t b = task.image, h = task.head;
    const int64_t* queries = groups.queries.data() + task.group * sizes.queries;
    const int64_t* results = groups.results.data() + task.group * sizes.queries;
    const int64_t* others = groups.keys.data() + task.group * sizes.keys;
    const int64_t own = ((b * sizes.groups + task.group) * sizes.heads + h) * sizes.queries;
    float* key_rows = memory.take(keys * channels);
    float* key_columns = memory.take(keys * channels);
    float* values = memory.take(keys * channels);
    float* weights = memory.take(kBlock * keys);
    float* block = memory.take(kBlock * channels);
    float* mixed = memory.take(kBlock * channels);
    gather(key_rows, key.at(b, h), key.token, others, sizes.keys, sizes);
    transpose(key_columns, key_rows, sizes);
    gather(values, value.at(b, h), value.token, others, sizes.keys, sizes);
    for (int64_t start = task.start; start < task.end; start += kBlock) {
      const int64_t count = std::min(kBlock, task.end - start);
      gather(block, query.at(b, h), query.token, queries + start, count, sizes);
      scale_by(block, count * channels, sizes.scale());
      logits(weights, block, key_columns, count, sizes);
      float totals[kBlock];
      for (int64_t i = 0; i < count; i++) bias.add(weights + i * keys, task, start + i);
      for (int64_t i = 0; i < count; i += kLanes) {
        const int64_t rows = std::min<int64_t>(kLanes, count - i);
        const Normalisers made = exponentials(weights + i * keys, rows, sizes);
        store(totals + i, made.total);
        if (!normaliser) continue;
        for (int64_t j = 0; j < rows; j++)
          normaliser[own + start + i + j] = made.highest[j] + std::log(made.total[j]);
      }
      multiply<false>(
          mixed, channels, {weights, keys, 1}, values, channels, count, channels, sizes.keys);
      for (int64_t i = 0; i < count; i++) scale_by(mixed + i * channels, channels, 1 / totals[i]);
      scatter(out.at(b, h), out.token, results + start, mixed, count, sizes);
    }
  });
}

// Memory for what `attend` writes beside its result.
inline at::Tensor normalisers_of(const Sizes& sizes) {
  return at::empty(
      {sizes.images, sizes.groups, sizes.heads, sizes.queries},
      at::TensorOptions().dtype(at::kFloat));
}

// Writes to `to` the gradients of `parts`, from that of the result.
//
// @param bias `collect(slopes, task, i)` gets the gradients of the logits of query i
template <typename Number, typename Bias>
void attend_backward(
    const Parts<Number>& to, const at::Tensor& gradient, const Parts<Number>& parts,
    const at::Tensor& normalisers, const Groups& groups, const Bias& bias, const Sizes& sizes) {
  const auto& [query, key, value] = parts;
  const Heads<Number> above = heads_of<Number>(gradient, sizes.heads);
  const float* normaliser = normalisers.data_ptr<float>();
  const int64_t keys = sizes.keys_padded();
  const int64_t channels = sizes.channels_padded();

  const int64_t floats = 6 * keys * channels + kBlock * (2 * keys + 3 * channels);
  for_each_part(sizes, 1, floats, [&](const Task& task, Workspace& memory) {
    const int64_t b = task.image, h = task.head;
    const int64_t* queries = groups.queries.data() + task.group * sizes.queries;
    const int64_t* results = groups.results.data() + task.group * sizes.queries;
    const int64_t* others = groups.keys.data() + task.group * sizes.keys;
    const int64_t own = ((b * sizes.groups + task.group) * sizes.heads + h) * sizes.queries;
    float* key_rows = memory.take(keys * channels);
    float* key_columns = memory.take(keys * channels);
    float* value_rows = memory.take(keys * channels);
    float* value_columns = memory.take(keys * channels);
    float* key_totals = memory.take(keys * channels);
    float* value_totals = memory.take(keys * channels);
    float* weights = memory.take(kBlock * keys);
    float* slopes = memory.take(kBlock * keys);
    float* block = memory.take(kBlock * channels);
    float* incoming = memory.take(kBlock * channels);
    float* query_totals = memory.take(kBlock * channels);
    gather(key_rows, key.at(b, h), key.token, others, sizes.keys, sizes);
    transpose(key_columns, key_rows, sizes);
    gather(value_rows, value.at(b, h), value.token, others, sizes.keys, sizes);
    transpose(value_columns, value_rows, sizes);
    std::fill_n(key_totals, keys * channels, 0.0f);
    std::fill_n(value_totals, keys * channels, 0.0f);
    for (int64_t start = task.start; start < task.end; start += kBlock) {
      const int64_t count = std::min(kBlock, task.end - start);
      gather(block, query.at(b, h), query.token, queries + start, count, sizes);
      scale_by(block, count * channels, sizes.scale());
      gather(incoming, above.at(b, h), above.token, results + start, count, sizes);
      logits(weights, block, key_columns, count, sizes);
      logits(slopes, incoming, value_columns, count, sizes);
      for (int64_t i = 0; i < count; i++) bias.add(weights + i * keys, task, start + i);
      for (int64_t i = 0; i < count; i += kLanes) {
        const int64_t rows = std::min<int64_t>(kLanes, count - i);
        softmax_backward(
            weights + i * keys, slopes + i * keys, normaliser + own + start + i, rows, sizes);
      }
      for (int64_t i = 0; i < count; i++) bias.collect(slopes + i * keys, task, start + i);
      multiply<true>(
          value_totals, channels, {weights, 1, keys}, incoming, channels, sizes.keys, channels,
          count);
      multiply<true>(
          key_totals, channels, {slopes, 1, keys}, block, channels, sizes.keys, channels, count);
      multiply<false>(
          query_totals, channels, {slopes, keys, 1}, key_rows, channels, count, channels,
          sizes.keys);
      scale_by(query_totals, count * channels, sizes.scale());
      scatter(to.query.at(b, h), to.query.token, queries + start, query_totals, count, sizes);
    }
    scatter(to.key.at(b, h), to.key.token, others, key_totals, sizes.keys, sizes);
    scatter(to.value.at(b, h), to.value.token, others, value_totals, sizes.keys, sizes);
  });
}

}  // namespace um::kernels
