// Products of large matrices by oneDNN, by all threads.
#pragma once

#include <ATen/core/Tensor.h>

namespace um::kernels {

// out [rows, columns] = a [rows, depth] times b [depth, columns], plus bias [columns] if it is
// defined. All f32 on the CPU; `a` and `b` may be transposed views, `out` is contiguous.
void product(
    const at::Tensor& out, const at::Tensor& a, const at::Tensor& b, const at::Tensor& bias = {});

}  // namespace um::kernels
