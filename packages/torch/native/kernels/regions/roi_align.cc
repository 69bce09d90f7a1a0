// RoIAlign over the levels of a pyramid, forward and backward.
//
// Maps are read in the order [image, row, column, channel]: of a bin, all channels are summed in
// registers, over the pixels that it is made of. Weights of rows and columns are computed once for
// a region. On the way back rows are summed first, then columns.
//
// Source: He et al. 2017 (Mask R-CNN), arXiv:1703.06870, section 3.
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include "regions.h"
#include "stream.h"

namespace um::kernels {

namespace {

// A matrix of vectors of channels, of which a rectangle is summed.
struct Rectangle {
  const float* corner;
  int64_t row_stride;
  int64_t channels;
  const Taps::Range& rows;
  const Taps::Range& columns;
  const float* row_weights;
  const float* column_weights;
};

// Vectors that are summed at once, in registers.
constexpr int kTogether = kLanes == 16 ? 16 : 8;

template <int Vectors>
inline void sum_some(float* to, const Rectangle& from, int64_t channel) {
  Vector totals[Vectors];
#pragma GCC unroll 16
  for (int v = 0; v < Vectors; v++) totals[v] = Vector{};
  const float* row = from.corner + channel;
  for (int64_t y = 0; y < from.rows.count; y++, row += from.row_stride) {
    const float* at = row;
    for (int64_t x = 0; x < from.columns.count; x++, at += from.channels) {
      const Vector weight = broadcast(from.row_weights[y] * from.column_weights[x]);
#pragma GCC unroll 16
      for (int v = 0; v < Vectors; v++) totals[v] += weight * load(at + v * kLanes);
    }
  }
#pragma GCC unroll 16
  for (int v = 0; v < Vectors; v++) stream(to + channel + v * kLanes, totals[v]);
}

inline float sum_one(const Rectangle& from, int64_t channel) {
  float total = 0;
  const float* row = from.corner + channel;
  for (int64_t y = 0; y < from.rows.count; y++, row += from.row_stride) {
    for (int64_t x = 0; x < from.columns.count; x++) {
      total += from.row_weights[y] * from.column_weights[x] * row[x * from.channels];
    }
  }
  return total;
}

// to[c] = the weighted sum of channel c over a rectangle.
inline void sum(float* to, const Rectangle& from) {
  const int64_t channels = from.channels;
  int64_t c = 0;
  for (; c + kTogether * kLanes <= channels; c += kTogether * kLanes) {
    sum_some<kTogether>(to, from, c);
  }
  for (; c + 4 * kLanes <= channels; c += 4 * kLanes) sum_some<4>(to, from, c);
  for (; c + kLanes <= channels; c += kLanes) sum_some<1>(to, from, c);
  for (; c < channels; c++) to[c] = sum_one(from, c);
}

// Lines of the same number of floats, one below the other, with a weight each.
struct Lines {
  const float* first;
  int64_t length;
  int64_t count;
  const float* weights;
};

template <int Vectors, bool Add>
inline void add_some(float* to, const Lines& from, int64_t at) {
  Vector totals[Vectors];
#pragma GCC unroll 16
  for (int v = 0; v < Vectors; v++) totals[v] = Add ? load(to + at + v * kLanes) : Vector{};
  const float* line = from.first + at;
  for (int64_t i = 0; i < from.count; i++, line += from.length) {
    const Vector weight = broadcast(from.weights[i]);
#pragma GCC unroll 16
    for (int v = 0; v < Vectors; v++) totals[v] += weight * load(line + v * kLanes);
  }
#pragma GCC unroll 16
  for (int v = 0; v < Vectors; v++) store(to + at + v * kLanes, totals[v]);
}

// to = the weighted sum of lines, or += with Add.
template <bool Add>
inline void add(float* to, const Lines& from) {
  int64_t at = 0;
  for (; at + kTogether * kLanes <= from.length; at += kTogether * kLanes) {
    add_some<kTogether, Add>(to, from, at);
  }
  for (; at + kLanes <= from.length; at += kLanes) add_some<1, Add>(to, from, at);
  for (; at < from.length; at++) {
    float total = Add ? to[at] : 0.0f;
    const float* value = from.first + at;
    for (int64_t i = 0; i < from.count; i++) total += from.weights[i] * value[i * from.length];
    to[at] = total;
  }
}

// @param to [height, width, channels] of one region
void pool(float* to, const Taps& rows, const Taps& columns, const Level& level, int64_t image) {
  for (const auto& row : rows.outputs) {
    const float* from = level.row(image, row.first);
    for (const auto& column : columns.outputs) {
      sum(to, {from + column.first * level.channels, level.row_stride(), level.channels, row,
               column, rows.weights_of(row), columns.weights_of(column)});
      to += level.channels;
    }
  }
}

std::vector<Level> levels_of(const std::vector<at::Tensor>& maps, c10::ArrayRef<double> scales) {
  std::vector<Level> levels;
  for (size_t i = 0; i < maps.size(); i++) {
    const at::Tensor& map = maps[i];
    levels.push_back(
        {map.data_ptr<float>(), map.size(2), map.size(3), map.size(1),
         static_cast<float>(scales[i])});
  }
  return levels;
}

Regions regions_of(const at::Tensor& rois, const at::Tensor& places) {
  return {rois.data_ptr<float>(), places.data_ptr<int64_t>(), rois.size(0)};
}

// @param to [regions, height, width, channels]
void pool_all(
    float* to, const std::vector<Level>& levels, const Regions& regions,
    const Sampling& sampling) {
  const int64_t each = sampling.height * sampling.width * levels[0].channels;
  const std::vector<int64_t> order = order_of(regions, levels);
  at::parallel_for(0, regions.count, 1, [&](int64_t begin, int64_t end) {
    Taps rows, columns;
    for (int64_t place = begin; place < end; place++) {
      const int64_t i = order[place];
      const Level& level = regions.level(i, levels);
      set_bins(rows, regions.down(i, level), sampling.height, sampling);
      set_bins(columns, regions.across(i, level), sampling.width, sampling);
      pool(to + i * each, rows, columns, level, regions.image(i));
    }
    finish_streams();
  });
}

// What reads the pixels of a region, on each axis.
struct Readers {
  Pixels down;
  Pixels across;
};

std::vector<Readers> readers_of(
    const Regions& regions, const std::vector<Level>& levels, const Sampling& sampling) {
  std::vector<Readers> readers(regions.count);
  at::parallel_for(0, regions.count, 16, [&](int64_t begin, int64_t end) {
    Taps bins;
    for (int64_t i = begin; i < end; i++) {
      const Level& level = regions.level(i, levels);
      set_bins(bins, regions.down(i, level), sampling.height, sampling);
      readers[i].down = transposed(bins, level.height);
      set_bins(bins, regions.across(i, level), sampling.width, sampling);
      readers[i].across = transposed(bins, level.width);
    }
  });
  return readers;
}

// Rows of a map that one thread works on.
constexpr int64_t kBand = 8;

// Adds the slopes of a row of bins, [width, channels], to a row of pixels.
void spread_row(float* row, const float* slopes, const Pixels& across, int64_t channels) {
  float* to = row + across.first * channels;
  for (const auto& bins : across.taps.outputs) {
    add<true>(to, {slopes + bins.first * channels, channels, bins.count,
                   across.taps.weights_of(bins)});
    to += channels;
  }
}

// Threads share the rows of the maps, not the regions, which overlap: sums are the same every time.
// @param slopes [regions, height, width, channels]
void spread_all(
    const float* slopes, const std::vector<Level>& levels, const Regions& regions,
    const Sampling& sampling) {
  const int64_t channels = levels[0].channels;
  const int64_t line = sampling.width * channels;
  const std::vector<int64_t> order = order_of(regions, levels);
  const std::vector<Readers> readers = readers_of(regions, levels, sampling);
  const int64_t threads = at::get_num_threads();
  at::parallel_for(0, threads, 1, [&](int64_t begin, int64_t end) {
    // Aligned as vectors are.
    std::vector<Vector> aligned(line / kLanes + 1);
    float* row = reinterpret_cast<float*>(aligned.data());
    for (int64_t thread = begin; thread < end; thread++) {
      for (const int64_t i : order) {
        const auto& [down, across] = readers[i];
        const int64_t image = regions.image(i);
        for (size_t k = 0; k < down.taps.outputs.size(); k++) {
          const int64_t y = down.first + static_cast<int64_t>(k);
          if ((y / kBand + image + regions.places[i]) % threads != thread) continue;
          const auto& bins = down.taps.outputs[k];
          add<false>(row, {slopes + (i * sampling.height + bins.first) * line, line,
                           bins.count, down.taps.weights_of(bins)});
          spread_row(regions.level(i, levels).row(image, y), row, across, channels);
        }
      }
    }
  });
}

constexpr auto kChannelsLast = at::MemoryFormat::ChannelsLast;

class RoiAlign : public torch::autograd::Function<RoiAlign> {
 public:
  static at::Tensor forward(
      torch::autograd::AutogradContext* context, at::TensorList features, const at::Tensor& rois,
      const at::Tensor& places, const std::vector<double>& scales, const Sampling& sampling) {
    std::vector<at::Tensor> maps;
    for (const at::Tensor& map : features) maps.push_back(map.contiguous(kChannelsLast));
    const std::vector<Level> levels = levels_of(maps, scales);
    const at::Tensor pooled =
        at::empty({rois.size(0), maps[0].size(1), sampling.height, sampling.width},
                  features[0].options().memory_format(kChannelsLast));
    pool_all(pooled.data_ptr<float>(), levels, regions_of(rois, places), sampling);
    context->save_for_backward({rois, places});
    context->saved_data["scales"] = scales;
    context->saved_data["sampling"] = std::vector<int64_t>{
        sampling.height, sampling.width, sampling.ratio, sampling.aligned};
    std::vector<int64_t> sizes;
    for (const at::Tensor& map : maps) {
      sizes.insert(sizes.end(), map.sizes().begin(), map.sizes().end());
    }
    context->saved_data["sizes"] = sizes;
    // As the maps come, so that neither they nor the result are turned without need.
    return features[0].is_contiguous() ? pooled.contiguous() : pooled;
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const std::vector<double> scales = context->saved_data["scales"].toDoubleVector();
    const std::vector<int64_t> options = context->saved_data["sampling"].toIntVector();
    const std::vector<int64_t> sizes = context->saved_data["sizes"].toIntVector();
    const Sampling sampling{options[0], options[1], options[2], options[3] != 0};
    const at::Tensor slopes = gradients[0].contiguous(kChannelsLast);
    torch::autograd::variable_list results;
    for (size_t i = 0; i < scales.size(); i++) {
      const at::IntArrayRef size(sizes.data() + 4 * i, 4);
      results.push_back(at::empty(size, slopes.options().memory_format(kChannelsLast)).zero_());
    }
    const std::vector<Level> levels = levels_of(results, scales);
    spread_all(slopes.data_ptr<float>(), levels, regions_of(saved[0], saved[1]), sampling);
    // Of the rois, the places, the scales and the sampling.
    for (int i = 0; i < 4; i++) results.emplace_back();
    return results;
  }
};

void check(
    at::TensorList features, const at::Tensor& rois, const at::Tensor& places,
    c10::ArrayRef<double> scales) {
  const auto is_float = [](const at::Tensor& x) {
    return x.scalar_type() == at::kFloat && x.device().is_cpu();
  };
  TORCH_CHECK(
      !features.empty() && features.size() == scales.size(), "expected a scale for each of ",
      features.size(), " maps but got ", scales.size());
  for (const at::Tensor& map : features) {
    TORCH_CHECK(
        map.dim() == 4 && map.numel() > 0 && is_float(map) &&
            map.size(0) == features[0].size(0) && map.size(1) == features[0].size(1),
        "expected f32 maps [batch, channels, height, width] on the CPU but got ", map.sizes());
  }
  TORCH_CHECK(
      rois.dim() == 2 && rois.size(1) == 5 && is_float(rois),
      "expected f32 rois [count, 5] but got ", rois.sizes());
  TORCH_CHECK(
      places.scalar_type() == at::kLong && places.dim() == 1 && places.size(0) == rois.size(0),
      "expected an i64 level of each roi but got ", places.sizes());
  if (rois.size(0) == 0) return;
  const auto within = [](const at::Tensor& values, int64_t count) {
    return values.min().item<double>() >= 0 && values.max().item<double>() < count;
  };
  TORCH_CHECK(
      within(places, features.size()) && within(rois.select(1, 0), features[0].size(0)) &&
          at::isfinite(rois).all().item<bool>(),
      "expected finite rois of ", features.size(), " levels and ", features[0].size(0), " images");
}

at::Tensor roi_align(
    at::TensorList features, const at::Tensor& rois, const at::Tensor& places,
    c10::ArrayRef<double> scales, int64_t height, int64_t width, int64_t ratio, bool aligned) {
  check(features, rois, places, scales);
  TORCH_CHECK(
      height > 0 && width > 0 && ratio >= 0, "expected bins, and samples of at least 0, but got ",
      height, " x ", width, " and ", ratio);
  return RoiAlign::apply(
      features, rois.detach().contiguous(), places.contiguous(), scales.vec(),
      Sampling{height, width, ratio, aligned});
}

// Records its own gradient, with and without autograd.
TORCH_LIBRARY_IMPL(um, CPU, library) {
  library.impl("roi_align", roi_align);
}

TORCH_LIBRARY_IMPL(um, AutogradCPU, library) {
  library.impl("roi_align", roi_align);
}

}  // namespace

}  // namespace um::kernels
