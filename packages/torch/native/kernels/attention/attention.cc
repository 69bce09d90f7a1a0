// Attention of every query of an image to all of its keys.
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/library.h>

#include <numeric>

#include "../../compat.h"
#include "attend.h"

namespace um::kernels {

namespace {

Sizes sizes_of(const at::Tensor& query, const at::Tensor& key_value, int64_t first) {
  const int64_t tokens = query.size(1);
  const int64_t keys = key_value.defined() ? key_value.size(1) : tokens;
  return {query.size(0), 1, query.size(3), tokens - first, keys, query.size(4)};
}

std::vector<int64_t> numbers(int64_t first, int64_t count) {
  std::vector<int64_t> made(count);
  std::iota(made.begin(), made.end(), first);
  return made;
}

// One group: the whole image.
Groups groups_of(const Sizes& sizes, int64_t first) {
  return {numbers(first, sizes.queries), numbers(0, sizes.queries), numbers(0, sizes.keys)};
}

void check(const at::Tensor& query, const at::Tensor& key_value, int64_t first) {
  const auto is_packed = [&](const at::Tensor& x, int64_t parts) {
    return x.dim() == 5 && x.size(2) == parts && x.numel() > 0 && is_number(x) &&
        x.scalar_type() == query.scalar_type() && x.device().is_cpu();
  };
  const bool fits = key_value.defined()
      ? is_packed(query, 1) && is_packed(key_value, 2) && query.size(0) == key_value.size(0) &&
          query.size(3) == key_value.size(3) && query.size(4) == key_value.size(4)
      : is_packed(query, 3);
  TORCH_CHECK(
      fits,
      "expected f32 or bf16 on the CPU, [batch, tokens, 3, heads, channels], or 1 of queries and 2 of keys "
      "and values");
  TORCH_CHECK(
      first >= 0 && first < query.size(1), "expected the first query among ", query.size(1),
      " tokens but got ", first);
}

// Of contiguous queries, keys and values; writes normalisers if they are defined.
at::Tensor attended(
    const at::Tensor& queries, const at::Tensor& others, int64_t first,
    const at::Tensor& normalisers) {
  const Sizes sizes = sizes_of(queries, others, first);
  const at::Tensor joined =
      at::empty({sizes.images, sizes.queries, sizes.heads * sizes.channels}, queries.options());
  with_data(queries, [&](auto* data) {
    const auto parts = parts_of<std::remove_pointer_t<decltype(data)>>(queries, others);
    attend(joined, normalisers, parts, groups_of(sizes, first), NoBias(), sizes);
  });
  return joined;
}

class Attention : public torch::autograd::Function<Attention> {
 public:
  static at::Tensor forward(
      torch::autograd::AutogradContext* context, const at::Tensor& queries,
      const compat::optional<at::Tensor>& key_value, int64_t first) {
    const at::Tensor others = key_value.value_or(at::Tensor());
    const at::Tensor normalisers = normalisers_of(sizes_of(queries, others, first));
    const at::Tensor joined = attended(queries, others, first, normalisers);
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
    const Sizes sizes = sizes_of(query, key_value, first);
    const at::Tensor above = gradients[0].contiguous();
    with_data(query, [&](auto* data) {
      using Number = std::remove_pointer_t<decltype(data)>;
      attend_backward(
          parts_of<Number>(to_query, to_key_value), above, parts_of<Number>(query, key_value),
          saved[2], groups_of(sizes, first), NoBias(), sizes);
    });
    return {to_query, to_key_value, at::Tensor()};
  }
};

at::Tensor attention(
    const at::Tensor& query, const compat::optional<at::Tensor>& key_value, int64_t first) {
  check(query, key_value.value_or(at::Tensor()), first);
  const at::Tensor queries = query.contiguous();
  const auto others =
      key_value ? compat::optional<at::Tensor>(key_value->contiguous()) : compat::nullopt;
  // Nothing is recorded, and no normalisers kept, where nobody wants a gradient.
  const at::Tensor given = others.value_or(at::Tensor());
  return torch::autograd::compute_requires_grad(queries, given)
      ? Attention::apply(queries, others, first)
      : attended(queries, given, first, at::Tensor());
}

// Records its own gradient, with and without autograd.
TORCH_LIBRARY_IMPL(um, CPU, library) {
  library.impl("attention", attention);
}

TORCH_LIBRARY_IMPL(um, AutogradCPU, library) {
  library.impl("attention", attention);
}

}  // namespace

}  // namespace um::kernels
