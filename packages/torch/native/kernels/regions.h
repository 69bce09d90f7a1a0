// What the bins of a region are made of: each axis by itself, as sums over the pixels of a map.
//
// Source: He et al. 2017 (Mask R-CNN), arXiv:1703.06870, section 3.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

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

  const float* weights_of(const Range& range) const { return weights.data() + range.at; }
};

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
  float* row(int64_t image, int64_t y) const { return data + (image * height + y) * row_stride(); }
};

// The side of a region, from `begin` to `end` in pixels of the image.
struct Side {
  float begin;
  float end;
  float scale;
  // Pixels of the map.
  int64_t size;
};

// The bins of one axis as sums over its pixels.
inline Taps bins_of(const Side& side, int64_t bins, const Sampling& sampling) {
  const int64_t size = side.size;
  const float shift = sampling.aligned ? 0.5f : 0.0f;
  const float start = side.begin * side.scale - shift;
  float length = side.end * side.scale - shift - start;
  if (!sampling.aligned) length = std::max(length, 1.0f);
  const float bin = length / static_cast<float>(bins);
  const int64_t samples =
      sampling.ratio > 0 ? sampling.ratio : std::max<int64_t>(std::ceil(bin), 0);
  Taps taps;
  taps.outputs.reserve(bins);
  taps.weights.reserve(bins * std::min(samples + 2, size));
  for (int64_t b = 0; b < bins; b++) {
    const int64_t from = static_cast<int64_t>(taps.weights.size());
    // From left to right, also where the sides are swapped: the first that counts is the leftmost.
    int64_t first = 0;
    for (int64_t k = 0; k < samples; k++) {
      const int64_t i = bin < 0 ? samples - 1 - k : k;
      const float at = start + b * bin + (i + 0.5f) * bin / static_cast<float>(samples);
      if (at < -1 || at > static_cast<float>(size)) continue;
      const float inside = std::max(at, 0.0f);
      const int64_t low = std::min<int64_t>(static_cast<int64_t>(inside), size - 1);
      const float rest = low == size - 1 ? 0.0f : inside - static_cast<float>(low);
      if (static_cast<int64_t>(taps.weights.size()) == from) first = low;
      const int64_t place = from + low - first;
      taps.weights.resize(std::max<size_t>(taps.weights.size(), place + (rest > 0 ? 2 : 1)), 0.0f);
      taps.weights[place] += (1 - rest) / static_cast<float>(samples);
      if (rest > 0) taps.weights[place + 1] += rest / static_cast<float>(samples);
    }
    taps.outputs.push_back({first, static_cast<int64_t>(taps.weights.size()) - from, from});
  }
  return taps;
}

// The pixels from `first` on as sums over the bins.
struct Pixels {
  int64_t first;
  Taps taps;
};

inline Pixels transposed(const Taps& bins, int64_t size) {
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
      if (at < range.first || at >= range.first + range.count) continue;
      // Bins that share a pixel are neighbours.
      if (own.count++ == 0) own.first = static_cast<int64_t>(b);
      pixels.taps.weights.push_back(bins.weights_of(range)[at - range.first]);
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
};

// @param roi [image, x1, y1, x2, y2]
inline Region region_of(
    const float* roi, int64_t place, const Level& level, const Sampling& sampling) {
  const Side down{roi[2], roi[4], level.scale, level.height};
  const Side across{roi[1], roi[3], level.scale, level.width};
  return {
      place, static_cast<int64_t>(roi[0]), bins_of(down, sampling.height, sampling),
      bins_of(across, sampling.width, sampling)};
}

}  // namespace um::kernels
