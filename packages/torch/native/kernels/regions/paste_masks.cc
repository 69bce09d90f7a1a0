// Masks of regions, pasted where the regions lie in a picture.
//
// A pixel is looked up bilinearly where its centre falls on the mask, zero beyond it. Only the
// pixels that a mask reaches are computed.
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "../../compat.h"

namespace um::kernels {

namespace {

// Where a pixel of one axis is looked up: between two places of the mask.
struct Place {
  int64_t low;
  float to_low;
  float to_high;
};

// The pixels of an axis from `first` on that a mask of `size` places from `begin` to `end` reaches.
struct Axis {
  int64_t first;
  std::vector<Place> places;
};

Axis axis_of(float begin, float end, int64_t size, int64_t pixels) {
  const float margin = (end - begin) / (2 * static_cast<float>(size)) + 1;
  const auto bounded = [pixels](float at) {
    return static_cast<int64_t>(std::min(std::max(at, 0.0f), static_cast<float>(pixels)));
  };
  Axis axis{bounded(std::floor(begin - margin)), {}};
  const int64_t last = bounded(std::ceil(end + margin));
  for (int64_t i = axis.first; i < last; i++) {
    // From -1 to 1 across the mask, as libtorch's grid_sample has it.
    const float part = (static_cast<float>(i) + 0.5f - begin) / (end - begin) * 2 - 1;
    const float at = ((part + 1) * static_cast<float>(size) - 1) / 2;
    const float low = std::floor(at);
    // A region without extent has no pixel.
    if (!(low >= -1 && low < static_cast<float>(size))) {
      axis.places.push_back({0, 0, 0});
      continue;
    }
    axis.places.push_back({static_cast<int64_t>(low), 1 - (at - low), at - low});
  }
  return axis;
}

// What two neighbours of a line give together; those outside count nothing.
inline float between(const float* line, const Place& place, int64_t size) {
  const float low = place.low >= 0 ? line[place.low] : 0;
  const float high = place.low + 1 < size ? line[place.low + 1] : 0;
  return low * place.to_low + high * place.to_high;
}

// @param line [across.places.size()]
void interpolate_rows(
    std::vector<float>& line, const float* mask, const Place& row, int64_t height, int64_t width,
    const Axis& across) {
  std::vector<float> joined(width);
  for (int64_t x = 0; x < width; x++) {
    const float low = row.low >= 0 ? mask[row.low * width + x] : 0;
    const float high = row.low + 1 < height ? mask[(row.low + 1) * width + x] : 0;
    joined[x] = low * row.to_low + high * row.to_high;
  }
  for (size_t x = 0; x < line.size(); x++) {
    line[x] = between(joined.data(), across.places[x], width);
  }
}

template <typename Number, typename Convert>
void paste(
    const at::Tensor& pasted, const at::Tensor& masks, const at::Tensor& boxes,
    const Convert& convert) {
  const int64_t height = masks.size(1), width = masks.size(2);
  const int64_t rows = pasted.size(1), columns = pasted.size(2);
  at::parallel_for(0, masks.size(0), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const float* box = boxes.data_ptr<float>() + 4 * i;
      const float* mask = masks.data_ptr<float>() + i * height * width;
      const Axis across = axis_of(box[0], box[2], width, columns);
      const Axis down = axis_of(box[1], box[3], height, rows);
      Number* to = pasted.data_ptr<Number>() + i * rows * columns;
      std::vector<float> line(across.places.size());
      for (size_t y = 0; y < down.places.size(); y++) {
        interpolate_rows(line, mask, down.places[y], height, width, across);
        Number* row = to + (down.first + static_cast<int64_t>(y)) * columns + across.first;
        for (size_t x = 0; x < line.size(); x++) row[x] = convert(line[x]);
      }
    }
  });
}

void check(const at::Tensor& masks, const at::Tensor& boxes, int64_t height, int64_t width) {
  const auto is_float = [](const at::Tensor& x) {
    return x.scalar_type() == at::kFloat && x.device().is_cpu();
  };
  TORCH_CHECK(
      masks.dim() == 3 && boxes.dim() == 2 && boxes.size(1) == 4 &&
          boxes.size(0) == masks.size(0) && is_float(masks) && is_float(boxes),
      "expected f32 masks [count, height, width] and boxes [count, 4] on the CPU but got ",
      masks.sizes(), " and ", boxes.sizes());
  TORCH_CHECK(
      height >= 0 && width >= 0, "expected the size of a picture but got ", height, " x ", width);
}

at::Tensor paste_masks(
    const at::Tensor& masks, const at::Tensor& boxes, int64_t height, int64_t width,
    compat::optional<double> threshold) {
  check(masks, boxes, height, width);
  const auto type = threshold ? at::kBool : at::kFloat;
  const at::Tensor pasted = at::zeros({masks.size(0), height, width}, masks.options().dtype(type));
  const at::Tensor from = masks.contiguous(), where = boxes.contiguous();
  if (!threshold) {
    paste<float>(pasted, from, where, [](float value) { return value; });
    return pasted;
  }
  const float limit = static_cast<float>(*threshold);
  paste<bool>(pasted, from, where, [limit](float value) { return value >= limit; });
  return pasted;
}

TORCH_LIBRARY_IMPL(um, CPU, library) {
  library.impl("paste_masks", paste_masks);
}

}  // namespace

}  // namespace um::kernels
