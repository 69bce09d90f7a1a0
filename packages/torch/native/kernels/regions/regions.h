// What the bins of a region are made of: each axis by itself, as sums over the pixels of a map.
//
// Source: He et al. 2017 (Mask R-CNN), arXiv:1703.06870, section 3.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <tuple>
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

// Makes the bins of one axis sums over its pixels, in memory that is there already.
inline void set_bins(Taps& taps, const Side& side, int64_t bins, const Sampling& sampling) {
  const int64_t size = side.size;
  const float shift = sampling.aligned ? 0.5f : 0.0f;
  const float start = side.begin * side.scale - shift;
  float length = side.end * side.scale - shift - start;
  if (!sampling.aligned) length = std::max(length, 1.0f);
  const float bin = length / static_cast<float>(bins);
  const int64_t samples =
      sampling.ratio > 0 ? sampling.ratio : std::max<int64_t>(std::ceil(bin), 0);
  // Most pixels that a bin meets: those that it touches, and one that a sample leans on.
  const float touched = std::min(std::ceil(std::abs(bin)), static_cast<float>(size));
  const int64_t most = std::min(static_cast<int64_t>(touched) + 2, size);
  taps.outputs.resize(bins);
  taps.weights.assign(bins * most, 0.0f);
  for (int64_t b = 0; b < bins; b++) {
    float* own = taps.weights.data() + b * most;
    // From left to right, also where the sides are swapped: the first that counts is the leftmost.
    int64_t first = 0, count = 0;
    for (int64_t k = 0; k < samples; k++) {
      const int64_t i = bin < 0 ? samples - 1 - k : k;
      const float at = start + b * bin + (i + 0.5f) * bin / static_cast<float>(samples);
      if (at < -1 || at > static_cast<float>(size)) continue;
      const float inside = std::max(at, 0.0f);
      const int64_t low = std::min<int64_t>(static_cast<int64_t>(inside), size - 1);
      const float rest = low == size - 1 ? 0.0f : inside - static_cast<float>(low);
      if (count == 0) first = low;
      float* place = own + (low - first);
      place[0] += (1 - rest) / static_cast<float>(samples);
      if (rest > 0) place[1] += rest / static_cast<float>(samples);
      count = std::max(count, low - first + (rest > 0 ? 2 : 1));
    }
    taps.outputs[b] = {first, count, b * most};
  }
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
  pixels.taps.outputs.reserve(std::max<int64_t>(last - first + 1, 0));
  pixels.taps.weights.reserve(bins.weights.size());
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

// Regions of interest: [image, x1, y1, x2, y2] each, and the levels that they are read from.
struct Regions {
  const float* corners;
  const int64_t* places;
  int64_t count;

  int64_t image(int64_t i) const { return static_cast<int64_t>(corners[5 * i]); }
  const Level& level(int64_t i, const std::vector<Level>& levels) const {
    return levels[places[i]];
  }
  Side down(int64_t i, const Level& level) const {
    return {corners[5 * i + 2], corners[5 * i + 4], level.scale, level.height};
  }
  Side across(int64_t i, const Level& level) const {
    return {corners[5 * i + 1], corners[5 * i + 3], level.scale, level.width};
  }
};

// The bits of two numbers below 2^16 in turns.
inline uint64_t interleaved(uint64_t a, uint64_t b) {
  uint64_t bits = 0;
  for (int bit = 0; bit < 16; bit++) {
    bits |= ((a >> bit & 1) << (2 * bit + 1)) | ((b >> bit & 1) << (2 * bit));
  }
  return bits;
}

// Regions one after the other that read the same part of a map, which then is in the cache: along
// Morton's curve of their first pixels.
inline std::vector<int64_t> order_of(const Regions& regions, const std::vector<Level>& levels) {
  const auto pixel = [](const Side& side) {
    const float most = static_cast<float>(std::min<int64_t>(side.size - 1, 65535));
    return static_cast<uint64_t>(std::clamp(side.begin * side.scale, 0.0f, most));
  };
  using Place = std::tuple<int64_t, int64_t, uint64_t, int64_t>;
  std::vector<Place> places;
  places.reserve(regions.count);
  for (int64_t i = 0; i < regions.count; i++) {
    const Level& level = regions.level(i, levels);
    const uint64_t along =
        interleaved(pixel(regions.down(i, level)), pixel(regions.across(i, level)));
    places.emplace_back(regions.places[i], regions.image(i), along, i);
  }
  std::sort(places.begin(), places.end());
  std::vector<int64_t> order;
  order.reserve(regions.count);
  for (const Place& place : places) order.push_back(std::get<3>(place));
  return order;
}

}  // namespace um::kernels
