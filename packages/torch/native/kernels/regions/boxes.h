// Boxes in vectors, for the kernels that compare all of them with each other.
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "../vector.h"

namespace um::kernels {

// A box in registers, or one number of each of a vector of boxes.
template <typename Number>
struct Box {
  Number left, top, right, bottom, area;
};

// Boxes with their sides apart, so that one is compared with a vector of others. Behind the last
// one there is room for a vector.
class Boxes {
 public:
  explicit Boxes(int64_t capacity)
      : left_(capacity + kLanes),
        top_(capacity + kLanes),
        right_(capacity + kLanes),
        bottom_(capacity + kLanes),
        area_(capacity + kLanes),
        index_(capacity) {}

  // @param box [4]
  void put(int64_t at, const float* box, int64_t index) {
    put(at, {box[0], box[1], box[2], box[3], (box[2] - box[0]) * (box[3] - box[1])}, index);
  }

  void put(int64_t at, const Box<float>& box, int64_t index) {
    left_[at] = box.left;
    top_[at] = box.top;
    right_[at] = box.right;
    bottom_[at] = box.bottom;
    area_[at] = box.area;
    index_[at] = index;
  }

  Box<float> one(int64_t at) const {
    return {left_[at], top_[at], right_[at], bottom_[at], area_[at]};
  }

  Box<Vector> many(int64_t at) const {
    return {load(&left_[at]), load(&top_[at]), load(&right_[at]), load(&bottom_[at]),
            load(&area_[at])};
  }

  // What the caller knows the box by.
  int64_t index(int64_t at) const { return index_[at]; }

 private:
  std::vector<float> left_, top_, right_, bottom_, area_;
  std::vector<int64_t> index_;
};

// What a box and each of many have in common, and what they cover together.
struct Shared {
  Vector both;
  Vector either;
};

inline Shared shared(const Box<float>& a, const Box<Vector>& b) {
  const auto smaller = [](Vector x, Vector y) { return x < y ? x : y; };
  const Vector width = smaller(broadcast(a.right), b.right) - max(broadcast(a.left), b.left);
  const Vector height = smaller(broadcast(a.bottom), b.bottom) - max(broadcast(a.top), b.top);
  const Vector both = max(width, Vector{}) * max(height, Vector{});
  return {both, broadcast(a.area) + b.area - both};
}

// Whether any lane of a comparison holds.
inline bool any(Integers mask) {
  int64_t words[sizeof(Integers) / sizeof(int64_t)];
  std::memcpy(words, &mask, sizeof mask);
  int64_t joined = 0;
  for (const int64_t word : words) joined |= word;
  return joined != 0;
}

inline void check_boxes(const at::Tensor& boxes, const at::Tensor& scores) {
  TORCH_CHECK(
      boxes.dim() == 2 && boxes.size(1) == 4 && scores.dim() == 1 &&
          scores.size(0) == boxes.size(0) && boxes.scalar_type() == at::kFloat &&
          scores.scalar_type() == at::kFloat && boxes.device().is_cpu() &&
          scores.device().is_cpu(),
      "expected f32 boxes [count, 4] and scores [count] on the CPU but got ", boxes.sizes(),
      " and ", scores.sizes());
}

}  // namespace um::kernels
