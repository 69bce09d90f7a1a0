// Products of large matrices, by all threads: by the library that is the fastest for their shape.
#pragma once

#include <ATen/core/Tensor.h>

#include "way.h"

namespace um::kernels {

// out [rows, columns] = a [rows, depth] times b [depth, columns], plus bias [columns] if it is
// defined, all on the CPU. `a` and `b` are both f32 or both bf16, and may be transposed views;
// `out` is contiguous, of their type or f32. `bias` is f32. Sums are f32.
void product(
    const at::Tensor& out, const at::Tensor& a, const at::Tensor& b, const at::Tensor& bias = {});

// The same by one of the ways.
void product_by(
    Way way, const at::Tensor& out, const at::Tensor& a, const at::Tensor& b,
    const at::Tensor& bias = {});

}  // namespace um::kernels
