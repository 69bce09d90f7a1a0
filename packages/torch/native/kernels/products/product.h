// Products of large matrices, by all threads: by the library that is the fastest for their shape.
#pragma once

#include <ATen/core/Tensor.h>

#include "../../compat.h"
#include "../number.h"
#include "way.h"

namespace um::kernels {

// A matrix in somebody's memory, f32 or bf16. A layer has several; as tensors, each of them would
// cost as much as a small product.
struct Operand {
  void* data;
  int64_t rows;
  int64_t columns;
  // Steps from one row and from one column to the next, in numbers.
  int64_t row;
  int64_t column;
  at::ScalarType type;

  Operand transposed() const { return {data, columns, rows, column, row, type}; }
  bool is_half() const { return type == at::kBFloat16; }
  int64_t numel() const { return rows * columns; }
};

// The rows of a contiguous tensor [..., columns].
inline Operand rows_of(const at::Tensor& x) {
  const int64_t columns = x.size(-1);
  return {x.data_ptr(), x.numel() / columns, columns, columns, 1, x.scalar_type()};
}

// out [rows, columns] = a [rows, depth] times b [depth, columns], plus bias [columns] if there is
// one. `a` and `b` are both f32 or both bf16, stored by rows or by columns; `out` is stored by
// rows, of their type or f32. Sums are f32.
void product(
    const Operand& out, const Operand& a, const Operand& b, const float* bias = nullptr);

// The same by one of the ways.
void product_by(
    Way way, const Operand& out, const Operand& a, const Operand& b, const float* bias = nullptr);

// Whether products are to be computed of bf16: where it is asked for, or the input is of it.
inline bool halves(const at::Tensor& x) {
  return is_half(x) || compat::autocast(c10::DeviceType::CPU) == at::kBFloat16;
}

}  // namespace um::kernels
