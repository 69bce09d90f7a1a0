// The launches of window_attention.cu, without any header of libtorch or CUDA's compiler.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "precision.h"

namespace um::cuda {

// Grids [images, height, width] that windows tile, rolled up and to the left by `shift`.
struct WindowGrid {
  int images;
  int height;
  int width;
  int window;
  int shift;
  int heads;

  int tokens() const { return window * window; }
  int windows() const { return (height / window) * (width / window); }
};

// Which number of `table` [heads, differences] each pair of tokens gets.
struct PositionBias {
  const float* table;
  int64_t differences;
  // [windows or images * windows, tokens]
  const int64_t* places;
  bool is_shared;
  // [windows, tokens], or nullptr: pairs whose numbers differ are separated.
  const float* regions;
};

// qkv [images, height, width, 3, heads, 32] -> joined [images, height, width, heads * 32], and the
// logarithm of each query's sum of exponentials, [images * windows, heads, tokens].
void window_attention(
    void* joined, float* normalisers, const void* qkv, const PositionBias& bias, const WindowGrid& grid,
    Precision precision, cudaStream_t stream);

// @param slopes [images * windows, heads, tokens], memory for the kernels
// @param to_table [heads, differences], added to
void window_attention_backward(
    void* to_qkv, float* to_table, float* slopes, const void* to_joined, const void* joined,
    const float* normalisers, const void* qkv, const PositionBias& bias, const WindowGrid& grid,
    Precision precision, cudaStream_t stream);

}  // namespace um::cuda
