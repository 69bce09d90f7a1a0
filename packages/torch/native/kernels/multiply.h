// Products of matrices that fit the cache, by one thread.
#pragma once

#include "vector.h"

namespace um::kernels {

// A matrix in memory, possibly transposed.
struct Matrix {
  const float* data;
  int64_t row;
  int64_t column;
};

// One block of `Rows` rows and `Columns` vectors stays in registers over all of `depth`.
template <int Rows, int Columns, bool Add>
inline void multiply_block(
    float* c, int64_t c_row, Matrix a, const float* b, int64_t b_row, int64_t depth) {
  Vector totals[Rows][Columns];
#pragma GCC unroll 16
  for (int i = 0; i < Rows; i++) {
    for (int j = 0; j < Columns; j++) {
      totals[i][j] = Add ? load(c + i * c_row + j * kLanes) : Vector{};
    }
  }
  for (int64_t k = 0; k < depth; k++) {
    Vector right[Columns];
    for (int j = 0; j < Columns; j++) right[j] = load(b + k * b_row + j * kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < Rows; i++) {
      const float left = a.data[i * a.row + k * a.column];
      for (int j = 0; j < Columns; j++) totals[i][j] += left * right[j];
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < Rows; i++) {
    for (int j = 0; j < Columns; j++) store(c + i * c_row + j * kLanes, totals[i][j]);
  }
}

template <int Rows, bool Add>
inline void multiply_rows(
    float* c, int64_t c_row, Matrix a, const float* b, int64_t b_row, int64_t columns,
    int64_t depth) {
  int64_t j = 0;
  for (; j + 2 * kLanes <= columns; j += 2 * kLanes) {
    multiply_block<Rows, 2, Add>(c + j, c_row, a, b + j, b_row, depth);
  }
  if (j < columns) multiply_block<Rows, 1, Add>(c + j, c_row, a, b + j, b_row, depth);
}

// c [rows, columns] = a [rows, depth] times b [depth, columns], or c + that product. `columns` is a
// multiple of `kLanes`; c and b are stored by rows.
template <bool Add>
void multiply(
    float* c, int64_t c_row, Matrix a, const float* b, int64_t b_row, int64_t rows, int64_t columns,
    int64_t depth) {
  int64_t i = 0;
  const auto at = [&](int64_t row) { return Matrix{a.data + row * a.row, a.row, a.column}; };
  for (; i + kRows <= rows; i += kRows) {
    multiply_rows<kRows, Add>(c + i * c_row, c_row, at(i), b, b_row, columns, depth);
  }
  for (; i + 4 <= rows; i += 4) {
    multiply_rows<4, Add>(c + i * c_row, c_row, at(i), b, b_row, columns, depth);
  }
  for (; i < rows; i++) {
    multiply_rows<1, Add>(c + i * c_row, c_row, at(i), b, b_row, columns, depth);
  }
}

}  // namespace um::kernels
