// Attention inside the windows of a token grid, with a bias that each pair of tokens looks up:
// windows are read from the grid and written to it where they lie, and neither bias nor logits are
// stored.
//
// Source: Liu et al. 2021 (Swin), arXiv:2103.14030, section 3.2.
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/library.h>

#include "../../compat.h"
#include "attend.h"

namespace um::kernels {

namespace {

// What a pair of different regions gets on top of its bias.
constexpr float kSeparation = -100;

// The tokens of every window of a grid that was padded below and on the right, then rolled up and
// to the left by `shift`.
Groups windows_of(int64_t height, int64_t width, int64_t window, int64_t shift) {
  const int64_t high = padded_to(height, window);
  const int64_t wide = padded_to(width, window);
  Groups groups;
  for (int64_t top = 0; top < high; top += window) {
    for (int64_t left = 0; left < wide; left += window) {
      for (int64_t i = 0; i < window * window; i++) {
        const int64_t row = (top + i / window + shift) % high;
        const int64_t column = (left + i % window + shift) % wide;
        const bool known = row < height && column < width;
        groups.keys.push_back(known ? row * width + column : kPadding);
      }
    }
  }
  groups.queries = groups.results = groups.keys;
  return groups;
}

// The biases of all pairs of a window, [heads, queries, keys], where they are the same in all
// windows of all images and there are several; otherwise not defined.
at::Tensor common_biases(const at::Tensor& table, const at::Tensor& places, const Sizes& sizes) {
  const bool is_shared = places.size(0) == sizes.groups;
  if (!is_shared || sizes.images * sizes.groups == 1) return at::Tensor();
  const int* first = places.data_ptr<int>();
  for (int64_t i = sizes.keys; i < places.numel(); i++) {
    const int64_t start = i / sizes.keys * sizes.keys;
    if (first[i] - first[start] != first[i - start] - first[0]) return at::Tensor();
  }
  const at::Tensor biases = at::empty({sizes.heads, sizes.queries, sizes.keys}, table.options());
  at::parallel_for(0, sizes.heads * sizes.queries, 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const float* head = table.data_ptr<float>() + i / sizes.queries * table.size(1);
      const float* row = head + (table.size(1) - 1) / 2 - first[i % sizes.queries];
      float* to = biases.data_ptr<float>() + i * sizes.keys;
      for (int64_t j = 0; j < sizes.keys; j++) to[j] = row[first[j]];
    }
  });
  return biases;
}

// The number of a pair is table[head][places[key] - places[query] + middle].
class LookedUp {
 public:
  // @param totals [threads, heads, differences], or not defined in the forward pass
  LookedUp(
      const at::Tensor& table, const at::Tensor& places, const at::Tensor& regions,
      const at::Tensor& totals, const Sizes& sizes)
      : table_(table.data_ptr<float>()),
        places_(places.data_ptr<int>()),
        regions_(regions.defined() ? regions.data_ptr<float>() : nullptr),
        totals_(totals.defined() ? totals.data_ptr<float>() : nullptr),
        common_(common_biases(table, places, sizes)),
        biases_(common_.defined() ? common_.data_ptr<float>() : nullptr),
        differences_(table.size(1)),
        shared_(places.size(0) == sizes.groups),
        sizes_(sizes) {}

  void add(float* logits, const Task& task, int64_t query) const {
    if (biases_ != nullptr) {
      const float* biases = biases_ + (task.head * sizes_.queries + query) * sizes_.keys;
      for (int64_t j = 0; j < sizes_.keys; j++) logits[j] += biases[j];
    } else {
      const int* places = places_of(task);
      const float* row = row_of(table_ + task.head * differences_, places[query]);
      for (int64_t j = 0; j < sizes_.keys; j++) logits[j] += row[places[j]];
    }
    if (regions_ == nullptr) return;
    const float* regions = regions_ + task.group * sizes_.keys;
    const float own = regions[query];
    for (int64_t j = 0; j < sizes_.keys; j += kLanes) {
      const int64_t lanes = std::min<int64_t>(kLanes, sizes_.keys - j);
      const Vector apart = load_some(regions + j, lanes) == own ? Vector{} : broadcast(kSeparation);
      store(logits + j, load(logits + j) + apart);
    }
  }

  void collect(const float* slopes, const Task& task, int64_t query) const {
    const int* places = places_of(task);
    const int64_t thread = at::get_thread_num();
    float* row =
        row_of(totals_ + (thread * sizes_.heads + task.head) * differences_, places[query]);
    for (int64_t j = 0; j < sizes_.keys; j++) row[places[j]] += slopes[j];
  }

 private:
  const int* places_of(const Task& task) const {
    const int64_t group = shared_ ? task.group : task.image * sizes_.groups + task.group;
    return places_ + group * sizes_.keys;
  }

  template <typename Number>
  Number* row_of(Number* head, int place) const {
    return head + (differences_ - 1) / 2 - place;
  }

  const float* table_;
  const int* places_;
  const float* regions_;
  float* totals_;
  at::Tensor common_;
  const float* biases_;
  int64_t differences_;
  bool shared_;
  Sizes sizes_;
};

// [batch, height, width, 3, heads, channels] -> [batch, tokens, 3, heads, channels]
at::Tensor flat(const at::Tensor& grid) {
  return grid.flatten(1, 2);
}

int64_t count_windows(const at::Tensor& qkv, int64_t window) {
  return padded_to(qkv.size(1), window) / window * (padded_to(qkv.size(2), window) / window);
}

Sizes sizes_of(const at::Tensor& qkv, int64_t window) {
  const int64_t tokens = window * window;
  const int64_t windows = count_windows(qkv, window);
  return {qkv.size(0), windows, qkv.size(4), tokens, tokens, qkv.size(5)};
}

// What attention in windows takes, all of it contiguous.
struct Operands {
  at::Tensor grid;
  at::Tensor table;
  at::Tensor places;
  // None where every window is one region.
  compat::optional<at::Tensor> regions;
  int64_t window;
  int64_t shift;
};

// Writes normalisers if they are defined.
at::Tensor attended(const Operands& operands, const at::Tensor& normalisers) {
  const auto& [grid, table, places, regions, window, shift] = operands;
  const Groups groups = windows_of(grid.size(1), grid.size(2), window, shift);
  const Sizes sizes = sizes_of(grid, window);
  const at::Tensor joined = at::empty(
      {grid.size(0), grid.size(1), grid.size(2), sizes.heads * sizes.channels}, grid.options());
  const LookedUp bias(table, places, regions.value_or(at::Tensor()), at::Tensor(), sizes);
  with_data(grid, [&](auto* data) {
    const auto parts = parts_of<std::remove_pointer_t<decltype(data)>>(flat(grid), at::Tensor());
    attend(joined.flatten(1, 2), normalisers, parts, groups, bias, sizes);
  });
  return joined;
}

class WindowAttention : public torch::autograd::Function<WindowAttention> {
 public:
  static at::Tensor forward(
      torch::autograd::AutogradContext* context, const at::Tensor& grid, const at::Tensor& table,
      const at::Tensor& places, const compat::optional<at::Tensor>& regions, int64_t window,
      int64_t shift) {
    const at::Tensor normalisers = normalisers_of(sizes_of(grid, window));
    context->save_for_backward(
        {grid, table, places, regions.value_or(at::Tensor()), normalisers});
    context->saved_data["window"] = window;
    context->saved_data["shift"] = shift;
    return attended({grid, table, places, regions, window, shift}, normalisers);
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &grid = saved[0], &table = saved[1];
    const int64_t window = context->saved_data["window"].toInt();
    const int64_t shift = context->saved_data["shift"].toInt();
    const Groups groups = windows_of(grid.size(1), grid.size(2), window, shift);
    const Sizes sizes = sizes_of(grid, window);
    const at::Tensor to_grid = at::empty_like(grid);
    // Added up in the order of threads, so that the sums are the same every time.
    const at::Tensor totals =
        at::zeros({at::get_num_threads(), table.size(0), table.size(1)}, table.options());
    const at::Tensor above = gradients[0].contiguous().flatten(1, 2);
    const LookedUp bias(table, saved[2], saved[3], totals, sizes);
    with_data(grid, [&](auto* data) {
      using Number = std::remove_pointer_t<decltype(data)>;
      attend_backward(
          parts_of<Number>(flat(to_grid), at::Tensor()), above,
          parts_of<Number>(flat(grid), at::Tensor()), saved[4], groups, bias, sizes);
    });
    return {to_grid, totals.sum(0), at::Tensor(), at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

void check(
    const at::Tensor& qkv, const at::Tensor& table, const at::Tensor& places,
    const compat::optional<at::Tensor>& regions, int64_t window, int64_t shift) {
  const auto is_float = [](const at::Tensor& x) {
    return x.scalar_type() == at::kFloat && x.device().is_cpu();
  };
  TORCH_CHECK(
      qkv.dim() == 6 && qkv.size(3) == 3 && qkv.numel() > 0 && is_number(qkv) &&
          qkv.device().is_cpu(),
      "expected f32 or bf16 on the CPU, [batch, height, width, 3, heads, channels], but got ", qkv.sizes());
  TORCH_CHECK(
      table.dim() == 2 && table.size(0) == qkv.size(4) && table.size(1) % 2 == 1 && is_float(table),
      "expected a table [heads, differences] of an odd number but got ", table.sizes());
  TORCH_CHECK(
      window > 0 && shift >= 0 && shift < window, "expected a shift within the window of ", window,
      " but got ", shift);
  const int64_t windows = count_windows(qkv, window);
  const auto is_of_windows = [&](const at::Tensor& x, int64_t count) {
    return x.dim() == 2 && x.size(0) == count && x.size(1) == window * window &&
        x.device().is_cpu();
  };
  TORCH_CHECK(
      places.scalar_type() == at::kLong &&
          (is_of_windows(places, windows) || is_of_windows(places, qkv.size(0) * windows)),
      "expected i64 places of ", windows, " windows of ", window * window, " tokens but got ",
      places.sizes());
  const int64_t middle = (table.size(1) - 1) / 2;
  const int64_t* first = places.data_ptr<int64_t>();
  const auto [least, most] = std::minmax_element(first, first + places.numel());
  TORCH_CHECK(
      *most - *least <= middle, "expected places at most ", middle, " apart but got ", *least,
      " to ", *most);
  TORCH_CHECK(
      !regions || (is_of_windows(*regions, windows) && is_float(*regions)),
      "expected f32 regions [", windows, ", ", window * window, "]");
}

at::Tensor window_attention(
    const at::Tensor& qkv, const at::Tensor& table, const at::Tensor& places,
    const compat::optional<at::Tensor>& regions, int64_t window, int64_t shift) {
  // Under autocast the table comes out of a product.
  const at::Tensor biases = table.to(at::kFloat).contiguous();
  const at::Tensor where = places.contiguous();
  check(qkv, biases, where, regions, window, shift);
  const Operands operands{
      qkv.contiguous(), biases, where.to(at::kInt),
      regions ? compat::optional<at::Tensor>(regions->contiguous()) : compat::nullopt, window,
      shift};
  // Nothing is recorded, and no normalisers kept, where nobody wants a gradient.
  if (!torch::autograd::compute_requires_grad(operands.grid, operands.table))
    return attended(operands, at::Tensor());
  return WindowAttention::apply(
      operands.grid, operands.table, operands.places, operands.regions, window, shift);
}

// Records its own gradient, with and without autograd.
TORCH_LIBRARY_IMPL(um, CPU, library) {
  library.impl("window_attention", window_attention);
}

TORCH_LIBRARY_IMPL(um, AutogradCPU, library) {
  library.impl("window_attention", window_attention);
}

}  // namespace

}  // namespace um::kernels
