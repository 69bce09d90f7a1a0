// The launch of column_sums.cu, without any header of libtorch or CUDA's compiler.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "precision.h"

namespace um::cuda {

// How many partial sums of each column there are.
int column_blocks(int64_t rows);

// values [rows, columns] -> partial sums over the rows, f32 [column_blocks, columns]; `columns` is
// even.
void column_sums(
    float* sums, const void* values, Precision precision, int64_t rows, int columns,
    cudaStream_t stream);

}  // namespace um::cuda
