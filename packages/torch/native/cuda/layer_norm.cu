// Layer normalisation whose input and output have types of their own, so that under autocast
// nothing is cast before it or after it. A warp norms a row, which it holds in registers.
//
// Source: Ba et al. 2016, arXiv:1607.06450.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <algorithm>

#include "layer_norm.h"

namespace um::cuda {

namespace {

constexpr int kWarps = 8;
constexpr int kThreads = 32 * kWarps;

__device__ float4 read(const float* from) {
  return *reinterpret_cast<const float4*>(from);
}

__device__ float4 read(const __nv_bfloat16* from) {
  const uint2 four = *reinterpret_cast<const uint2*>(from);
  const float2 low = __bfloat1622float2(*reinterpret_cast<const __nv_bfloat162*>(&four.x));
  const float2 high = __bfloat1622float2(*reinterpret_cast<const __nv_bfloat162*>(&four.y));
  return {low.x, low.y, high.x, high.y};
}

__device__ float4 read(const __half* from) {
  const uint2 four = *reinterpret_cast<const uint2*>(from);
  const float2 low = __half22float2(*reinterpret_cast<const __half2*>(&four.x));
  const float2 high = __half22float2(*reinterpret_cast<const __half2*>(&four.y));
  return {low.x, low.y, high.x, high.y};
}

__device__ void write(float* to, float4 four) {
  *reinterpret_cast<float4*>(to) = four;
}

__device__ void write(__nv_bfloat16* to, float4 four) {
  const __nv_bfloat162 low = __floats2bfloat162_rn(four.x, four.y);
  const __nv_bfloat162 high = __floats2bfloat162_rn(four.z, four.w);
  *reinterpret_cast<uint2*>(to) = {
      *reinterpret_cast<const uint32_t*>(&low), *reinterpret_cast<const uint32_t*>(&high)};
}

__device__ void write(__half* to, float4 four) {
  const __half2 low = __floats2half2_rn(four.x, four.y);
  const __half2 high = __floats2half2_rn(four.z, four.w);
  *reinterpret_cast<uint2*>(to) = {
      *reinterpret_cast<const uint32_t*>(&low), *reinterpret_cast<const uint32_t*>(&high)};
}

__device__ float sum_of_warp(float value) {
  for (int lane = 16; lane > 0; lane /= 2) value += __shfl_xor_sync(0xffffffff, value, lane);
  return value;
}

// Lane l of a warp holds fours l, l + 32, ... of a row.
template <int kFours, typename From, typename To>
__global__ void __launch_bounds__(kThreads) forward(
    To* y, float* means, float* reciprocals, const From* x, const float* weight, const float* bias,
    NormRows shape) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * kWarps + threadIdx.x / 32;
  if (row >= shape.rows) return;
  const int channels = shape.channels;
  float4 held[kFours];
  float sum = 0;
#pragma unroll
  for (int i = 0; i < kFours; i++) {
    const int channel = 4 * (threadIdx.x % 32 + 32 * i);
    held[i] = channel < channels ? read(x + row * channels + channel) : float4{0, 0, 0, 0};
    sum += held[i].x + held[i].y + held[i].z + held[i].w;
  }
  const float mean = sum_of_warp(sum) / channels;
  float squares = 0;
#pragma unroll
  for (int i = 0; i < kFours; i++) {
    if (4 * (threadIdx.x % 32 + 32 * i) >= channels) continue;
    const float4 off = {held[i].x - mean, held[i].y - mean, held[i].z - mean, held[i].w - mean};
    squares += off.x * off.x + off.y * off.y + off.z * off.z + off.w * off.w;
  }
  const float reciprocal = rsqrtf(sum_of_warp(squares) / channels + shape.epsilon);
#pragma unroll
  for (int i = 0; i < kFours; i++) {
    const int channel = 4 * (threadIdx.x % 32 + 32 * i);
    if (channel >= channels) continue;
    const float4 w = read(weight + channel), b = read(bias + channel);
    write(
        y + row * channels + channel,
        {(held[i].x - mean) * reciprocal * w.x + b.x, (held[i].y - mean) * reciprocal * w.y + b.y,
         (held[i].z - mean) * reciprocal * w.z + b.z, (held[i].w - mean) * reciprocal * w.w + b.w});
  }
  if (threadIdx.x % 32 == 0) {
    means[row] = mean;
    reciprocals[row] = reciprocal;
  }
}

template <int kFours, typename From, typename To>
__global__ void __launch_bounds__(kThreads) backward(
    From* to_x, float* to_weight, float* to_bias, const To* to_y, const float* means,
    const float* reciprocals, const From* x, const float* weight, NormRows shape) {
  extern __shared__ float sums[];  // [2, channels]
  const int channels = shape.channels;
  for (int i = threadIdx.x; i < 2 * channels; i += kThreads) sums[i] = 0;
  float4 of_weight[kFours] = {}, of_bias[kFours] = {};
  const int64_t step = static_cast<int64_t>(gridDim.x) * kWarps;
  for (int64_t row = static_cast<int64_t>(blockIdx.x) * kWarps + threadIdx.x / 32; row < shape.rows;
       row += step) {
    const float mean = means[row], reciprocal = reciprocals[row];
    float4 normed[kFours], above[kFours];
    float sum = 0, product = 0;
#pragma unroll
    for (int i = 0; i < kFours; i++) {
      const int channel = 4 * (threadIdx.x % 32 + 32 * i);
      if (channel >= channels) continue;
      const float4 value = read(x + row * channels + channel);
      const float4 g = read(to_y + row * channels + channel), w = read(weight + channel);
      const float4 n = {
          (value.x - mean) * reciprocal, (value.y - mean) * reciprocal,
          (value.z - mean) * reciprocal, (value.w - mean) * reciprocal};
      of_weight[i].x += g.x * n.x, of_weight[i].y += g.y * n.y;
      of_weight[i].z += g.z * n.z, of_weight[i].w += g.w * n.w;
      of_bias[i].x += g.x, of_bias[i].y += g.y, of_bias[i].z += g.z, of_bias[i].w += g.w;
      normed[i] = n;
      above[i] = {g.x * w.x, g.y * w.y, g.z * w.z, g.w * w.w};
      sum += above[i].x + above[i].y + above[i].z + above[i].w;
      product += above[i].x * n.x + above[i].y * n.y + above[i].z * n.z + above[i].w * n.w;
    }
    sum = sum_of_warp(sum) / channels;
    product = sum_of_warp(product) / channels;
#pragma unroll
    for (int i = 0; i < kFours; i++) {
      const int channel = 4 * (threadIdx.x % 32 + 32 * i);
      if (channel >= channels) continue;
      const float4 n = normed[i], a = above[i];
      write(
          to_x + row * channels + channel,
          {reciprocal * (a.x - sum - n.x * product), reciprocal * (a.y - sum - n.y * product),
           reciprocal * (a.z - sum - n.z * product), reciprocal * (a.w - sum - n.w * product)});
    }
  }
  __syncthreads();
#pragma unroll
  for (int i = 0; i < kFours; i++) {
    const int channel = 4 * (threadIdx.x % 32 + 32 * i);
    if (channel >= channels) continue;
    const float of[8] = {of_weight[i].x, of_weight[i].y, of_weight[i].z, of_weight[i].w,
                         of_bias[i].x,   of_bias[i].y,   of_bias[i].z,   of_bias[i].w};
    for (int k = 0; k < 4; k++) {
      atomicAdd(&sums[channel + k], of[k]);
      atomicAdd(&sums[channels + channel + k], of[4 + k]);
    }
  }
  __syncthreads();
  const int64_t own = static_cast<int64_t>(blockIdx.x) * channels;
  for (int i = threadIdx.x; i < channels; i += kThreads) {
    to_weight[own + i] = sums[i];
    to_bias[own + i] = sums[channels + i];
  }
}

// Calls `body` with the smallest of the numbers of fours that hold a row.
template <typename Body>
void with_fours(int channels, Body body) {
  const int fours = (channels + 127) / 128;
  if (fours <= 1) return body(std::integral_constant<int, 1>());
  if (fours <= 2) return body(std::integral_constant<int, 2>());
  if (fours <= 3) return body(std::integral_constant<int, 3>());
  if (fours <= 4) return body(std::integral_constant<int, 4>());
  if (fours <= 6) return body(std::integral_constant<int, 6>());
  if (fours <= 8) return body(std::integral_constant<int, 8>());
  body(std::integral_constant<int, 12>());
}

// Calls `body` with null pointers of the two types; a 16-bit input has that of the output.
template <typename Body>
void with_types(Precision from, Precision to, Body body) {
  const bool is_wide = from == Precision::f32;
  if (to == Precision::bf16) {
    auto* out = static_cast<__nv_bfloat16*>(nullptr);
    return is_wide ? body(static_cast<float*>(nullptr), out) : body(out, out);
  }
  auto* out = static_cast<__half*>(nullptr);
  is_wide ? body(static_cast<float*>(nullptr), out) : body(out, out);
}

}  // namespace

int norm_blocks(const NormRows& shape) {
  // Two blocks of each multiprocessor of the largest GPUs.
  return static_cast<int>(std::min<int64_t>((shape.rows + kWarps - 1) / kWarps, 264));
}

void layer_norm(
    void* y, Precision to, float* means, float* reciprocals, const void* x, Precision from,
    const float* weight, const float* bias, const NormRows& shape, cudaStream_t stream) {
  const auto blocks = static_cast<unsigned>((shape.rows + kWarps - 1) / kWarps);
  with_types(from, to, [&](auto* in, auto* out) {
    using From = std::remove_pointer_t<decltype(in)>;
    using To = std::remove_pointer_t<decltype(out)>;
    with_fours(shape.channels, [&](auto fours) {
      forward<decltype(fours)::value><<<blocks, kThreads, 0, stream>>>(
          static_cast<To*>(y), means, reciprocals, static_cast<const From*>(x), weight, bias, shape);
    });
  });
}

void layer_norm_backward(
    void* to_x, float* to_weight, float* to_bias, const void* to_y, Precision to, const float* means,
    const float* reciprocals, const void* x, Precision from, const float* weight,
    const NormRows& shape, cudaStream_t stream) {
  const unsigned shared = 2 * shape.channels * sizeof(float);
  with_types(from, to, [&](auto* in, auto* out) {
    using From = std::remove_pointer_t<decltype(in)>;
    using To = std::remove_pointer_t<decltype(out)>;
    with_fours(shape.channels, [&](auto fours) {
      backward<decltype(fours)::value><<<norm_blocks(shape), kThreads, shared, stream>>>(
          static_cast<From*>(to_x), to_weight, to_bias, static_cast<const To*>(to_y), means,
          reciprocals, static_cast<const From*>(x), weight, shape);
    });
  });
}

}  // namespace um::cuda
