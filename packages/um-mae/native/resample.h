// Separable resampling of 8-bit RGB in fixed point.
#pragma once
#include <cstddef>
#include <cstdint>

// For every output place: the first input place it reads, and `taps` weights from there on.
struct Kernels {
  const int32_t* starts;
  const int32_t* weights;
  size_t outputs;
  size_t taps;
};

// Rows of RGB that begin every `stride` bytes.
struct Rows {
  const uint8_t* data;
  size_t stride;
};

// Writes [down.outputs, across.outputs, 3]; input row 0 is the row that `down` begins to read at.
void resample(const Rows& input, const Kernels& across, const Kernels& down, uint8_t* output);
