// Floats in vectors, by the compiler's own vector types, for the fused kernels.
#pragma once

#include <cstdint>
#include <cstring>

namespace um::kernels {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
// Rows that `multiply` keeps in registers, beside two columns of vectors.
constexpr int kRows = 12;
#else
constexpr int kLanes = 8;
constexpr int kRows = 4;
#endif

using Vector = float __attribute__((vector_size(kLanes * sizeof(float))));
using Integers = int32_t __attribute__((vector_size(kLanes * sizeof(int32_t))));

inline Vector load(const float* from) {
  Vector value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

inline void store(float* to, Vector value) {
  std::memcpy(to, &value, sizeof value);
}

inline Vector broadcast(float value) {
  return value - Vector{};
}

inline Vector max(Vector a, Vector b) {
  return a > b ? a : b;
}

// The halves of two vectors, their lanes in turns: a0 b0 a1 b1 ...
inline Vector interleave(Vector a, Vector b, bool upper) {
#if defined(__clang__)
  Vector both;
  for (int lane = 0; lane < kLanes; lane++)
    both[lane] = (lane % 2 == 0 ? a : b)[lane / 2 + (upper ? kLanes / 2 : 0)];
  return both;
#else
  Integers from;
  for (int lane = 0; lane < kLanes; lane++)
    from[lane] = lane / 2 + (lane % 2) * kLanes + (upper ? kLanes / 2 : 0);
  return __builtin_shuffle(a, b, from);
#endif
}

// A square of numbers whose rows and columns change places.
inline void transpose(Vector (&rows)[kLanes]) {
#pragma GCC unroll 4
  for (int stage = 1; stage < kLanes; stage *= 2) {
    Vector mixed[kLanes];
#pragma GCC unroll 8
    for (int i = 0; i < kLanes / 2; i++) {
      mixed[2 * i] = interleave(rows[i], rows[i + kLanes / 2], false);
      mixed[2 * i + 1] = interleave(rows[i], rows[i + kLanes / 2], true);
    }
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; i++) rows[i] = mixed[i];
  }
}

// The sum of each row, from the first lane to the last.
inline Vector sums(Vector (&rows)[kLanes]) {
  transpose(rows);
  Vector totals{};
  for (const Vector lane : rows) totals += lane;
  return totals;
}

// The largest number of each row.
inline Vector largest(Vector (&rows)[kLanes]) {
  transpose(rows);
  Vector most = rows[0];
  for (const Vector lane : rows) most = max(lane, most);
  return most;
}

// e^x for x <= 0 to about one unit in the last place; 0 below -87.
inline Vector exp(Vector x) {
  const Vector lowest = broadcast(-87.0f);
  // Not `max`, which would drop what is not a number.
  const Vector bounded = x < lowest ? lowest : x;
  // x = n ln 2 + r with |r| <= ln 2 / 2; ln 2 in two parts, so that the product with n is exact.
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer.
  const Vector shifted = bounded * 1.44269504f + kRound;
  const Vector n = shifted - kRound;
  const Vector r = (bounded - n * 0.693145752f) - n * 1.42860677e-6f;
  // Taylor's series, whose first missing term is below 2^-28.
  Vector p = broadcast(1.0f / 5040);
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  Integers power;
  std::memcpy(&power, &shifted, sizeof power);
  power = (power << 23) + (127 << 23);
  Vector scale;
  std::memcpy(&scale, &power, sizeof scale);
  return x < lowest ? Vector{} : p * scale;
}

}  // namespace um::kernels
