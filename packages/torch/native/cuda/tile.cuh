// Tiles of 16-bit numbers on tensor cores: what our attention kernels are made of.
//
// A warp holds 16 rows. Layouts are those of the PTX instruction mma.m16n8k16: lane l holds rows l
// / 4 and l / 4 + 8, and of every eight columns 2 (l % 4) and the one after it.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>

namespace um::cuda {

// Channels of a head.
constexpr int kChannels = 32;
// Tokens that a block reads at once.
constexpr int kTile = 64;
// A row of a tile in shared memory; eight more numbers than there are keep lanes on different
// banks.
constexpr int kPitch = kChannels + 8;

template <typename Number>
struct Half;

template <>
struct Half<__nv_bfloat16> {
  static __device__ uint32_t pack(float low, float high) {
    const __nv_bfloat162 both = __floats2bfloat162_rn(low, high);
    return *reinterpret_cast<const uint32_t*>(&both);
  }
  static __device__ float2 unpack(uint32_t both) {
    return __bfloat1622float2(*reinterpret_cast<const __nv_bfloat162*>(&both));
  }
  // sums += rows x columns
  static __device__ void multiply(float (&sums)[4], const uint32_t (&rows)[4], uint32_t low, uint32_t high) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
        "{%0,%1,%2,%3};"
        : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
        : "r"(rows[0]), "r"(rows[1]), "r"(rows[2]), "r"(rows[3]), "r"(low), "r"(high));
  }
};

template <>
struct Half<__half> {
  static __device__ uint32_t pack(float low, float high) {
    const __half2 both = __floats2half2_rn(low, high);
    return *reinterpret_cast<const uint32_t*>(&both);
  }
  static __device__ float2 unpack(uint32_t both) {
    return __half22float2(*reinterpret_cast<const __half2*>(&both));
  }
  static __device__ void multiply(float (&sums)[4], const uint32_t (&rows)[4], uint32_t low, uint32_t high) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
        "{%0,%1,%2,%3};"
        : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
        : "r"(rows[0]), "r"(rows[1]), "r"(rows[2]), "r"(rows[3]), "r"(low), "r"(high));
  }
};

// 16 rows of a head's channels, as the left side of a product.
struct Rows {
  uint32_t values[kChannels / 16][4];

  // @param upper, lower first channel of the lane's two rows, or nullptr for a row of zeros
  template <typename Number>
  __device__ void read(const Number* upper, const Number* lower, int lane) {
    const auto word = [&](const Number* row, int channel) {
      return row == nullptr ? 0u : *reinterpret_cast<const uint32_t*>(row + channel);
    };
#pragma unroll
    for (int step = 0; step < kChannels / 16; step++) {
      const int channel = 16 * step + 2 * (lane % 4);
      values[step][0] = word(upper, channel);
      values[step][1] = word(lower, channel);
      values[step][2] = word(upper, channel + 8);
      values[step][3] = word(lower, channel + 8);
    }
  }
};

// 64 tokens of a head's channels in shared memory.
template <typename Number>
struct Tile {
  alignas(16) Number values[kTile][kPitch];

  __device__ void write(int token, int chunk, uint4 eight) {
    *reinterpret_cast<uint4*>(&values[token][8 * chunk]) = eight;
  }

  // sums [16 rows, 64 tokens] += rows x this^T
  __device__ void multiply_transposed(float (&sums)[kTile / 8][4], const Rows& rows, int lane) const {
#pragma unroll
    for (int eight = 0; eight < kTile / 8; eight++) {
#pragma unroll
      for (int step = 0; step < kChannels / 16; step++) {
        const Number* from = &values[8 * eight + lane / 4][16 * step + 2 * (lane % 4)];
        Half<Number>::multiply(
            sums[eight], rows.values[step], *reinterpret_cast<const uint32_t*>(from),
            *reinterpret_cast<const uint32_t*>(from + 8));
      }
    }
  }

  // sums [16 rows, channels] += weights [16 rows, 64 tokens] x this
  __device__ void multiply(
      float (&sums)[kChannels / 8][4], const float (&weights)[kTile / 8][4], int lane) const {
#pragma unroll
    for (int step = 0; step < kTile / 16; step++) {
      const float(&left)[4] = weights[2 * step];
      const float(&right)[4] = weights[2 * step + 1];
      const uint32_t rows[4] = {
          Half<Number>::pack(left[0], left[1]), Half<Number>::pack(left[2], left[3]),
          Half<Number>::pack(right[0], right[1]), Half<Number>::pack(right[2], right[3])};
#pragma unroll
      for (int eight = 0; eight < kChannels / 8; eight++) {
        const auto address =
            static_cast<uint32_t>(__cvta_generic_to_shared(&values[16 * step + lane % 16][8 * eight]));
        uint32_t low, high;
        asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];"
                     : "=r"(low), "=r"(high)
                     : "r"(address)
                     : "memory");
        Half<Number>::multiply(sums[eight], rows, low, high);
      }
    }
  }
};

// Sum, or the largest, over the four lanes that share a row.
__device__ inline float sum_of_row(float value) {
  value += __shfl_xor_sync(0xffffffff, value, 1);
  return value + __shfl_xor_sync(0xffffffff, value, 2);
}

__device__ inline float largest_of_row(float value) {
  value = fmaxf(value, __shfl_xor_sync(0xffffffff, value, 1));
  return fmaxf(value, __shfl_xor_sync(0xffffffff, value, 2));
}

}  // namespace um::cuda
