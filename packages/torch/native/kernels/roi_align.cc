// RoIAlign over the levels of a pyramid, forward and backward.
//
// The mean of bilinear samples on a regular grid is a weighted sum over rows of weighted sums over
// columns, so that each axis of a region is reduced by itself. Maps are read in the order [image,
// row, column, channel], whose channels are combined in vectors.
//
// Source: He et al. 2017 (Mask R-CNN), arXiv:1703.06870, section 3.
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/library.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "combine.h"

namespace um::kernels {

namespace {

struct Sampling {
  int64_t height;
  int64_t width;
  // Samples of a bin on each axis; 0: as many as it has pixels, rounded up.
  int64_t ratio;
  bool aligned;
};

// One map, its channels last.
struct Level {
  float* data;
  int64_t height;
  int64_t width;
  int64_t channels;
  float scale;

  int64_t row_stride() const { return width * channels; }
  float* image(int64_t i) const { return data + i * height * row_stride(); }
};

// The bins of one axis as sums over its pixels.
Taps bins_of(
    float begin, float end, float scale, int64_t bins, int64_t size, const Sampling& sampling) {
  const float shift = sampling.aligned ? 0.5f : 0.0f;
  const float start = begin * scale - shift;
  float length = end * scale - shift - start;
  if (!sampling.aligned) length = std::max(length, 1.0f);
  const float bin = length / static_cast<float>(bins);
  const int64_t samples =
      sampling.ratio > 0 ? sampling.ratio : std::max<int64_t>(std::ceil(bin), 0);
  Taps taps;
  std::vector<float> row(size, 0.0f);
  for (int64_t b = 0; b < bins; b++) {
    int64_t first = size, last = -1;
    for (int64_t i = 0; i < samples; i++) {
      const float at = start + b * bin + (i + 0.5f) * bin / static_cast<float>(samples);
      if (at < -1 || at > static_cast<float>(size)) continue;
      const float inside = std::max(at, 0.0f);
      const int64_t low = std::min<int64_t>(static_cast<int64_t>(inside), size - 1);
      const int64_t high = std::min<int64_t>(low + 1, size - 1);
      const float rest = low == size - 1 ? 0.0f : inside - static_cast<float>(low);
      row[low] += (1 - rest) / static_cast<float>(samples);
      row[high] += rest / static_cast<float>(samples);
      first = std::min(first, low);
      last = std::max(last, high);
    }
    const int64_t count = std::max<int64_t>(last - first + 1, 0);
    taps.outputs.push_back({first, count, static_cast<int64_t>(taps.weights.size())});
    for (int64_t at = first; at < first + count; at++) {
      taps.weights.push_back(row[at]);
      row[at] = 0;
    }
  }
  return taps;
}

// The pixels from `first` to `last` as sums over the bins.
struct Pixels {
  int64_t first;
  Taps taps;
};

Pixels transposed(const Taps& bins, int64_t size) {
  int64_t first = size, last = -1;
  for (const auto& range : bins.outputs) {
    if (range.count == 0) continue;
    first = std::min(first, range.first);
    last = std::max(last, range.first + range.count - 1);
  }
  Pixels pixels{first, {}};
  for (int64_t at = first; at <= last; at++) {
    Taps::Range own{0, 0, static_cast<int64_t>(pixels.taps.weights.size())};
    for (size_t b = 0; b < bins.outputs.size(); b++) {
      const auto& range = bins.outputs[b];
      const bool reached = at >= range.first && at < range.first + range.count;
      if (!reached && own.count == 0) continue;
      if (own.count == 0) own.first = static_cast<int64_t>(b);
      own.count++;
      pixels.taps.weights.push_back(reached ? bins.weights[range.at + at - range.first] : 0.0f);
    }
    pixels.taps.outputs.push_back(own);
  }
  return pixels;
}

// What a region covers on its level.
struct Region {
  int64_t level;
  int64_t image;
  Taps rows;
  Taps columns;
  // The same from the side of the pixels.
  Pixels down;
  Pixels across;
};

// @param roi [image, x1, y1, x2, y2]
Region region_of(const float* roi, int64_t place, const Level& level, const Sampling& sampling) {
  Region region{place, static_cast<int64_t>(roi[0]), {}, {}, {}, {}};
  region.rows = bins_of(roi[2], roi[4], level.scale, sampling.height, level.height, sampling);
  region.columns = bins_of(roi[1], roi[3], level.scale, sampling.width, level.width, sampling);
  region.down = transposed(region.rows, level.height);
  region.across = transposed(region.columns, level.width);
  return region;
}

std::vector<Region> regions_of(
    const at::Tensor& rois, const at::Tensor& places, const std::vector<Level>& levels,
    const Sampling& sampling) {
  const float* from = rois.data_ptr<float>();
  const int64_t* place = places.data_ptr<int64_t>();
  std::vector<Region> regions(rois.size(0));
  at::parallel_for(0, rois.size(0), 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      regions[i] = region_of(from + 5 * i, place[i], levels[place[i]], sampling);
    }
  });
  return regions;
}

// Regions one after the other that read the same part of a map, which then is in the cache.
std::vector<int64_t> order_of(const std::vector<Region>& regions) {
  std::vector<int64_t> order(regions.size());
  std::iota(order.begin(), order.end(), 0);
  const auto place = [&](int64_t i) {
    const Region& region = regions[i];
    return std::make_tuple(region.level, region.image, region.down.first);
  };
  std::stable_sort(
      order.begin(), order.end(), [&](int64_t a, int64_t b) { return place(a) < place(b); });
  return order;
}

// The channels that are worked on at a time, so that what a region reads of them fits the cache.
struct Channels {
  int64_t first;
  int64_t count;
};

constexpr int64_t kChannels = 4 * kLanes;

// @param to [height, width, channels] of one region
void pool(
    float* to, const Region& region, const Level& level, const Channels& some,
    std::vector<float>& line) {
  const int64_t channels = level.channels;
  const int64_t reached = static_cast<int64_t>(region.across.taps.outputs.size());
  line.resize(std::max<int64_t>(reached, 1) * some.count);
  to += some.first;
  for (const auto& row : region.rows.outputs) {
    const float* from = level.image(region.image) + row.first * level.row_stride() +
        region.across.first * channels + some.first;
    for (int64_t x = 0; x < reached && row.count > 0; x++) {
      combine<false>(
          line.data() + x * some.count, from + x * channels, level.row_stride(),
          region.rows.weights.data() + row.at, row.count, some.count);
    }
    for (const auto& column : region.columns.outputs) {
      const bool empty = row.count == 0 || column.count == 0;
      const int64_t first = empty ? 0 : column.first - region.across.first;
      combine<false>(
          to, line.data() + first * some.count, some.count,
          region.columns.weights.data() + column.at, empty ? 0 : column.count, some.count);
      to += channels;
    }
  }
}

// Adds the slopes of one region, [height, width, channels], to those of its level.
void spread(
    const float* slopes, const Region& region, const Level& level, const Channels& some,
    std::vector<float>& line) {
  const int64_t channels = level.channels;
  const int64_t bins = static_cast<int64_t>(region.columns.outputs.size());
  line.resize(bins * some.count);
  slopes += some.first;
  float* corner = level.image(region.image) + region.down.first * level.row_stride() +
      region.across.first * channels + some.first;
  for (const auto& row : region.down.taps.outputs) {
    for (int64_t b = 0; b < bins; b++) {
      combine<false>(
          line.data() + b * some.count, slopes + (row.first * bins + b) * channels,
          bins * channels, region.down.taps.weights.data() + row.at, row.count, some.count);
    }
    float* to = corner;
    for (const auto& column : region.across.taps.outputs) {
      combine<true>(
          to, line.data() + column.first * some.count, some.count,
          region.across.taps.weights.data() + column.at, column.count, some.count);
      to += channels;
    }
    corner += level.row_stride();
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

// @param to [regions, height, width, channels]
void pool_all(
    float* to, const std::vector<Level>& levels, const std::vector<Region>& regions,
    const Sampling& sampling) {
  const int64_t channels = levels[0].channels;
  const int64_t each = sampling.height * sampling.width * channels;
  const std::vector<int64_t> order = order_of(regions);
  const int64_t count = static_cast<int64_t>(order.size());
  at::parallel_for(0, count, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> line;
    for (int64_t first = 0; first < channels; first += kChannels) {
      const Channels some{first, std::min(kChannels, channels - first)};
      for (int64_t i = begin; i < end; i++) {
        const Region& region = regions[order[i]];
        pool(to + order[i] * each, region, levels[region.level], some, line);
      }
    }
  });
}

// Threads share the channels, not the regions, which overlap: sums are the same every time.
// @param slopes [regions, height, width, channels]
void spread_all(
    const float* slopes, const std::vector<Level>& levels, const std::vector<Region>& regions,
    const Sampling& sampling) {
  const int64_t channels = levels[0].channels;
  const int64_t each = sampling.height * sampling.width * channels;
  const std::vector<int64_t> order = order_of(regions);
  const int64_t groups = (channels + kLanes - 1) / kLanes;
  const int64_t together = std::clamp<int64_t>(groups / at::get_num_threads(), 1, 4);
  at::parallel_for(0, (groups + together - 1) / together, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> line;
    for (int64_t group = begin; group < end; group++) {
      const int64_t first = group * together * kLanes;
      const Channels some{first, std::min(together * kLanes, channels - first)};
      for (const int64_t i : order) {
        spread(slopes + i * each, regions[i], levels[regions[i].level], some, line);
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
    const std::vector<Region> regions = regions_of(rois, places, levels, sampling);
    pool_all(pooled.data_ptr<float>(), levels, regions, sampling);
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
    spread_all(
        slopes.data_ptr<float>(), levels, regions_of(saved[0], saved[1], levels, sampling),
        sampling);
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
