// Attention of every query to all keys of its image, one head of one image at a time: its logits
// and weights never leave the cache, and the backward pass computes them again.
//
// Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.2.1; recomputing the weights from the
// saved normaliser as in Dao et al. 2022 (FlashAttention), arXiv:2205.14135, algorithm 4.
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <algorithm>
#include <tuple>

#include "../compat.h"
#include "heads.h"

namespace um::kernels {

namespace {

// Queries whose weights are in the cache together.
constexpr int64_t kBlock = 48;

// Queries of one head of one image.
struct Task {
  int64_t image;
  int64_t head;
  int64_t start;
  int64_t end;
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
      memory.clear();
      if (start < stop) body(Task{head / sizes.heads, head % sizes.heads, start, stop}, memory);
    }
  });
}

// @returns [batch, queries, heads * channels] and, to make the weights again, the logarithms of
// what they were divided by [batch, heads, queries]
std::tuple<at::Tensor, at::Tensor> forward(const Parts& parts, const Sizes& sizes) {
  const auto& [query, key, value] = parts;
  const auto options = at::TensorOptions().dtype(at::kFloat);
  const at::Tensor joined =
      at::empty({sizes.images, sizes.queries, sizes.heads * sizes.channels}, options);
  const at::Tensor normalisers = at::empty({sizes.images, sizes.heads, sizes.queries}, options);
  const Heads out = heads_of(joined, sizes.heads);
  float* normaliser = normalisers.data_ptr<float>();
  const int64_t keys = sizes.keys_padded();
  const int64_t channels = sizes.channels_padded();

  // A few images of one head each would leave threads without work.
  const int64_t split = std::max<int64_t>(1, at::get_num_threads() / sizes.tasks());
  const int64_t floats = 3 * keys * channels + kBlock * (keys + 2 * channels);
  for_each_part(sizes, split, floats, [&](const Task& task, Workspace& memory) {
    const auto [b, h, begin, end] = task;
    float* key_rows = memory.take(keys * channels);
    float* key_columns = memory.take(keys * channels);
    float* values = memory.take(keys * channels);
    float* weights = memory.take(kBlock * keys);
    float* block = memory.take(kBlock * channels);
    float* mixed = memory.take(kBlock * channels);
    gather(key_rows, key.at(b, h), key.token, sizes.keys, sizes);
    transpose(key_columns, key_rows, sizes);
    gather(values, value.at(b, h), value.token, sizes.keys, sizes);
    for (int64_t start = begin; start < end; start += kBlock) {
      const int64_t count = std::min(kBlock, end - start);
      const int64_t place = sizes.first + start;
      gather(block, query.at(b, h) + place * query.token, query.token, count, sizes);
      scale_by(block, count * channels, sizes.scale());
      logits(weights, block, key_columns, count, sizes);
      float totals[kBlock];
      for (int64_t i = 0; i < count; i++) {
        const Normaliser of_row = exponentials(weights + i * keys, sizes);
        totals[i] = of_row.total;
        normaliser[(b * sizes.heads + h) * sizes.queries + start + i] = of_row.logarithm();
      }
      multiply<false>(
          mixed, channels, {weights, keys, 1}, values, channels, count, channels, sizes.keys);
      for (int64_t i = 0; i < count; i++) scale_by(mixed + i * channels, channels, 1 / totals[i]);
      scatter(out.at(b, h) + start * out.token, out.token, mixed, count, sizes);
    }
  });
  return {joined, normalisers};
}

// Writes to `to` the gradients of `parts`, from that of the output.
void backward(
    const Parts& parts, const at::Tensor& normalisers, const at::Tensor& gradient, const Parts& to,
    const Sizes& sizes) {
  const auto& [query, key, value] = parts;
  const Heads above = heads_of(gradient, sizes.heads);
  const float* normaliser = normalisers.data_ptr<float>();
  const int64_t keys = sizes.keys_padded();
  const int64_t channels = sizes.channels_padded();

  const int64_t floats = 6 * keys * channels + kBlock * (2 * keys + 3 * channels);
  for_each_part(sizes, 1, floats, [&](const Task& task, Workspace& memory) {
    const auto [b, h, begin, end] = task;
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
    gather(key_rows, key.at(b, h), key.token, sizes.keys, sizes);
    transpose(key_columns, key_rows, sizes);
    gather(value_rows, value.at(b, h), value.token, sizes.keys, sizes);
    transpose(value_columns, value_rows, sizes);
    std::fill_n(key_totals, keys * channels, 0.0f);
    std::fill_n(value_totals, keys * channels, 0.0f);
    for (int64_t start = begin; start < end; start += kBlock) {
      const int64_t count = std::min(kBlock, end - start);
      const int64_t place = sizes.first + start;
      gather(block, query.at(b, h) + place * query.token, query.token, count, sizes);
      scale_by(block, count * channels, sizes.scale());
      gather(incoming, above.at(b, h) + start * above.token, above.token, count, sizes);
      logits(weights, block, key_columns, count, sizes);
      logits(slopes, incoming, value_columns, count, sizes);
      for (int64_t i = 0; i < count; i++) {
        const float total = normaliser[(b * sizes.heads + h) * sizes.queries + start + i];
        softmax_backward(weights + i * keys, slopes + i * keys, total, sizes);
      }
      multiply<true>(
          value_totals, channels, {weights, 1, keys}, incoming, channels, sizes.keys, channels,
          count);
      multiply<true>(
          key_totals, channels, {slopes, 1, keys}, block, channels, sizes.keys, channels, count);
      multiply<false>(
          query_totals, channels, {slopes, keys, 1}, key_rows, channels, count, channels,
          sizes.keys);
      scale_by(query_totals, count * channels, sizes.scale());
      scatter(
          to.query.at(b, h) + place * to.query.token, to.query.token, query_totals, count, sizes);
    }
    scatter(to.key.at(b, h), to.key.token, key_totals, sizes.keys, sizes);
    scatter(to.value.at(b, h), to.value.token, value_totals, sizes.keys, sizes);
  });
}

Sizes sizes_of(const at::Tensor& query, const at::Tensor& key_value, int64_t first) {
  const int64_t tokens = query.size(1);
  const int64_t keys = key_value.defined() ? key_value.size(1) : tokens;
  return {query.size(0), query.size(3), tokens - first, keys, query.size(4), first};
}

void check(const at::Tensor& query, const at::Tensor& key_value, int64_t first) {
  const auto is_packed = [](const at::Tensor& x, int64_t parts) {
    return x.dim() == 5 && x.size(2) == parts && x.numel() > 0 && x.scalar_type() == at::kFloat &&
        x.device().is_cpu();
  };
  const bool fits = key_value.defined()
      ? is_packed(query, 1) && is_packed(key_value, 2) && query.size(0) == key_value.size(0) &&
          query.size(3) == key_value.size(3) && query.size(4) == key_value.size(4)
      : is_packed(query, 3);
  TORCH_CHECK(
      fits,
      "expected f32 on the CPU, [batch, tokens, 3, heads, channels], or 1 of queries and 2 of keys "
      "and values");
  TORCH_CHECK(
      first >= 0 && first < query.size(1), "expected the first query among ", query.size(1),
      " tokens but got ", first);
}

class Attention : public torch::autograd::Function<Attention> {
 public:
  static at::Tensor forward(
      torch::autograd::AutogradContext* context, const at::Tensor& query,
      const compat::optional<at::Tensor>& key_value, int64_t first) {
    const at::Tensor queries = query.contiguous();
    const at::Tensor others = key_value ? key_value->contiguous() : at::Tensor();
    const auto [joined, normalisers] =
        kernels::forward(parts_of(queries, others), sizes_of(queries, others, first));
    context->save_for_backward({queries, others, normalisers});
    context->saved_data["first"] = first;
    return joined;
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const int64_t first = context->saved_data["first"].toInt();
    const auto &query = saved[0], &key_value = saved[1];
    // Tokens before the first ask nothing.
    const at::Tensor to_query = first > 0 ? at::zeros_like(query) : at::empty_like(query);
    const at::Tensor to_key_value = key_value.defined() ? at::empty_like(key_value) : key_value;
    kernels::backward(
        parts_of(query, key_value), saved[2], gradients[0].contiguous(),
        parts_of(to_query, to_key_value), sizes_of(query, key_value, first));
    return {to_query, to_key_value, at::Tensor()};
  }
};

at::Tensor attention(
    const at::Tensor& query, const compat::optional<at::Tensor>& key_value, int64_t first) {
  check(query, key_value.value_or(at::Tensor()), first);
  return Attention::apply(query, key_value, first);
}

TORCH_LIBRARY_FRAGMENT(um, library) {
  library.def("attention(Tensor query, Tensor? key_value=None, int first=0) -> Tensor", attention);
}

}  // namespace

}  // namespace um::kernels
