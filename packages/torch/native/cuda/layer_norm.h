// The launches of layer_norm.cu, without any header of libtorch or CUDA's compiler.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "precision.h"

namespace um::cuda {

// Vectors that are normed; `channels` is a multiple of 4, at most kMostChannels.
struct NormRows {
  int64_t rows;
  int channels;
  float epsilon;
};

constexpr int kMostChannels = 1536;

// x [rows, channels] -> y [rows, channels], and mean and reciprocal deviation [rows].
void layer_norm(
    void* y, Precision to, float* means, float* reciprocals, const void* x, Precision from,
    const float* weight, const float* bias, const NormRows& shape, cudaStream_t stream);

// How many blocks sum up the gradients of weight and bias, each into a row of its own.
int norm_blocks(const NormRows& shape);

// @param to_weight, to_bias [norm_blocks, channels]
void layer_norm_backward(
    void* to_x, float* to_weight, float* to_bias, const void* to_y, Precision to, const float* means,
    const float* reciprocals, const void* x, Precision from, const float* weight,
    const NormRows& shape, cudaStream_t stream);

}  // namespace um::cuda
