// Sums over the rows of a matrix of 16-bit numbers, for the gradients of biases: libtorch's own
// reduction takes several times as long as reading the matrix does.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <algorithm>

#include "column_sums.h"

namespace um::cuda {

namespace {

// A block sums 64 columns, two in each lane, of the rows that its warps share out.
constexpr int kWarps = 8;
constexpr int kColumns = 64;
constexpr int kUnrolled = 8;

__device__ float2 read(const __nv_bfloat16* from) {
  return __bfloat1622float2(*reinterpret_cast<const __nv_bfloat162*>(from));
}

__device__ float2 read(const __half* from) {
  return __half22float2(*reinterpret_cast<const __half2*>(from));
}

template <typename Number>
__global__ void __launch_bounds__(32 * kWarps) sum(
    float* sums, const Number* values, int64_t rows, int columns) {
  __shared__ float2 totals[kWarps][32];
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int column = blockIdx.x * kColumns + 2 * lane;
  const bool is_there = column < columns;
  const int64_t step = static_cast<int64_t>(gridDim.y) * kWarps;
  float2 total = {0, 0};
  for (int64_t first = static_cast<int64_t>(blockIdx.y) * kWarps + warp; first < rows && is_there;
       first += kUnrolled * step) {
    float2 held[kUnrolled];
#pragma unroll
    for (int i = 0; i < kUnrolled; i++) {
      const int64_t row = first + i * step;
      held[i] = row < rows ? read(values + row * columns + column) : float2{0, 0};
    }
#pragma unroll
    for (int i = 0; i < kUnrolled; i++) {
      total.x += held[i].x;
      total.y += held[i].y;
    }
  }
  totals[warp][lane] = total;
  __syncthreads();
  if (warp > 0 || !is_there) return;
  for (int i = 1; i < kWarps; i++) {
    total.x += totals[i][lane].x;
    total.y += totals[i][lane].y;
  }
  *reinterpret_cast<float2*>(sums + static_cast<int64_t>(blockIdx.y) * columns + column) = total;
}

}  // namespace

int column_blocks(int64_t rows) {
  return static_cast<int>(std::clamp<int64_t>(rows / (kWarps * kUnrolled), 1, 64));
}

void column_sums(
    float* sums, const void* values, Precision precision, int64_t rows, int columns,
    cudaStream_t stream) {
  const dim3 blocks((columns + kColumns - 1) / kColumns, column_blocks(rows));
  if (precision == Precision::bf16) {
    sum<<<blocks, 32 * kWarps, 0, stream>>>(
        sums, static_cast<const __nv_bfloat16*>(values), rows, columns);
  } else {
    sum<<<blocks, 32 * kWarps, 0, stream>>>(sums, static_cast<const __half*>(values), rows, columns);
  }
}

}  // namespace um::cuda
