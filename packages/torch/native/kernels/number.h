// Numbers as tensors store them, f32 or bf16, which kernels compute with as f32.
#pragma once

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>

#include <algorithm>

#include "vector.h"

namespace um::kernels {

using Half = c10::BFloat16;

inline bool is_half(const at::Tensor& x) {
  return x.scalar_type() == at::kBFloat16;
}

inline bool is_number(const at::Tensor& x) {
  return x.scalar_type() == at::kFloat || is_half(x);
}

// Calls `body` with the data of a tensor as its own numbers.
template <typename Body>
auto with_data(const at::Tensor& x, const Body& body) {
  return is_half(x) ? body(x.data_ptr<Half>()) : body(x.data_ptr<float>());
}

using Halves = uint16_t __attribute__((vector_size(kLanes * sizeof(uint16_t))));
using Bits = uint32_t __attribute__((vector_size(kLanes * sizeof(uint32_t))));

inline Vector widen(Halves halves) {
  const Bits bits = __builtin_convertvector(halves, Bits) << 16;
  Vector value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

// Rounds to the nearest, of two equally near ones to the even one.
inline Halves narrow(Vector value) {
  Bits bits;
  std::memcpy(&bits, &value, sizeof bits);
  const Bits rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  // What is not a number would be rounded to infinity.
  const Bits kept = value == value ? rounded : (bits >> 16) | 0x40;
  return __builtin_convertvector(kept, Halves);
}

inline Vector load_some(const float* from, int64_t lanes) {
  if (lanes == kLanes) return load(from);
  Vector value{};
  std::memcpy(&value, from, lanes * sizeof(float));
  return value;
}

inline Vector load_some(const Half* from, int64_t lanes) {
  Halves halves{};
  if (lanes == kLanes) std::memcpy(&halves, from, sizeof halves);
  else std::memcpy(&halves, from, lanes * sizeof(Half));
  return widen(halves);
}

inline void store_some(float* to, Vector value, int64_t lanes) {
  if (lanes == kLanes) return store(to, value);
  std::memcpy(to, &value, lanes * sizeof(float));
}

inline void store_some(Half* to, Vector value, int64_t lanes) {
  const Halves halves = narrow(value);
  if (lanes == kLanes) std::memcpy(static_cast<void*>(to), &halves, sizeof halves);
  else std::memcpy(static_cast<void*>(to), &halves, lanes * sizeof(Half));
}

// Copies a row, changing its type where it has to.
template <typename To, typename From>
inline void copy_row(To* to, const From* from, int64_t count) {
  if constexpr (std::is_same_v<To, From>) {
    std::memcpy(static_cast<void*>(to), from, count * sizeof(To));
  } else {
    for (int64_t i = 0; i < count; i += kLanes) {
      const int64_t lanes = std::min<int64_t>(kLanes, count - i);
      store_some(to + i, load_some(from + i, lanes), lanes);
    }
  }
}

// Calls `body(place, lanes)` for vectors of numbers, several at once; the last may have fewer
// lanes.
template <typename Body>
void for_each_vector(int64_t count, const Body& body) {
  const int64_t vectors = (count + kLanes - 1) / kLanes;
  at::parallel_for(0, vectors, 2048, [&](int64_t begin, int64_t end) {
    const int64_t whole = std::min(end, count / kLanes);
    for (int64_t i = begin; i < whole; i++) body(i * kLanes, kLanes);
    if (whole < end) body(whole * kLanes, count - whole * kLanes);
  });
}

// The same numbers in bf16.
inline at::Tensor halved(const at::Tensor& x) {
  if (is_half(x)) return x;
  const at::Tensor made = at::empty(x.sizes(), x.options().dtype(at::kBFloat16));
  Half* to = made.data_ptr<Half>();
  const float* from = x.data_ptr<float>();
  for_each_vector(x.numel(), [&](int64_t i, int64_t lanes) {
    store_some(to + i, load_some(from + i, lanes), lanes);
  });
  return made;
}

}  // namespace um::kernels
