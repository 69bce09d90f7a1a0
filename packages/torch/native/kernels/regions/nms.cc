// Non-maximum suppression: of boxes of one label that overlap, the best stays.
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <algorithm>
#include <map>

#include "../../compat.h"
#include "boxes.h"

namespace um::kernels {

namespace {

// Whether a box overlaps each of many by more than the threshold. Boxes without area give 0 / 0,
// which is no more than anything.
inline Integers over(const Box<float>& a, const Box<Vector>& b, float threshold) {
  const Shared area = shared(a, b);
  return area.both / area.either > broadcast(threshold);
}

// The same or more, without a division.
inline Integers nearly_over(const Box<float>& a, const Box<Vector>& b, float threshold) {
  const Shared area = shared(a, b);
  return area.both >= area.either * broadcast(threshold * 0.99999f);
}

// Marks the boxes in [begin, end) that one of the `count` kept ones covers.
void mark(
    const Boxes& kept, int64_t count, const Boxes& boxes, int64_t begin, int64_t end,
    float threshold, std::vector<int32_t>& covered) {
  constexpr int64_t kGroup = 8;
  for (int64_t j = begin; j < end; j += kLanes) {
    const Box<Vector> others = boxes.many(j);
    Integers found{};
    for (int64_t i = 0; i < count; i += kGroup) {
      const int64_t last = std::min(i + kGroup, count);
      Integers near{};
      for (int64_t k = i; k < last; k++) near |= nearly_over(kept.one(k), others, threshold);
      if (!any(near)) continue;
      for (int64_t k = i; k < last; k++) found |= over(kept.one(k), others, threshold);
    }
    std::memcpy(&covered[j], &found, sizeof found);
  }
}

bool is_covered(const Box<float>& box, const Boxes& kept, int64_t count, float threshold) {
  for (int64_t i = 0; i < count; i += kLanes) {
    const Integers found = over(box, kept.many(i), threshold);
    for (int lane = 0; lane < kLanes && i + lane < count; lane++) {
      if (found[lane] != 0) return true;
    }
  }
  return false;
}

// Decides boxes, best first, in blocks: among themselves, then those that stay cover later ones.
// Calls `keep` with the index of each that stays.
template <typename Keep>
void suppress(Boxes& boxes, int64_t count, float threshold, const Keep& keep) {
  constexpr int64_t kBlock = 128, kGrain = 32;
  std::vector<int32_t> covered(count + kLanes);
  Boxes kept(kBlock);
  for (int64_t begin = 0; begin < count;) {
    const int64_t block = std::min(begin + kBlock, count);
    int64_t found = 0;
    for (int64_t j = begin; j < block; j++) {
      if (is_covered(boxes.one(j), kept, found, threshold)) continue;
      kept.put(found++, boxes.one(j), boxes.index(j));
      keep(boxes.index(j));
    }
    at::parallel_for(0, (count - block + kLanes - 1) / kLanes, kGrain, [&](int64_t a, int64_t b) {
      const int64_t end = std::min(block + b * kLanes, count);
      mark(kept, found, boxes, block + a * kLanes, end, threshold, covered);
    });
    int64_t left = block;
    for (int64_t j = block; j < count; j++) {
      if (covered[j] == 0) boxes.put(left++, boxes.one(j), boxes.index(j));
    }
    begin = block;
    count = left;
  }
}

at::Tensor nms(
    const at::Tensor& boxes, const at::Tensor& scores, const compat::optional<at::Tensor>& labels,
    double threshold) {
  check_boxes(boxes, scores);
  const int64_t count = boxes.size(0);
  TORCH_CHECK(
      !labels || (labels->scalar_type() == at::kLong && labels->numel() == count),
      "expected an i64 label of each box");
  const at::Tensor order = std::get<1>(scores.sort(/*stable=*/true, 0, /*descending=*/true));
  const at::Tensor sorted = boxes.index_select(0, order);
  const float* from = sorted.data_ptr<float>();
  // Places in the order of scores, by label.
  std::map<int64_t, std::vector<int64_t>> groups;
  const at::Tensor own = labels ? labels->index_select(0, order) : at::zeros_like(order);
  for (int64_t i = 0; i < count; i++) groups[own.data_ptr<int64_t>()[i]].push_back(i);
  std::vector<bool> stays(count);
  for (const auto& [label, places] : groups) {
    const int64_t size = static_cast<int64_t>(places.size());
    Boxes group(size);
    for (int64_t i = 0; i < size; i++) group.put(i, from + 4 * places[i], places[i]);
    suppress(group, size, static_cast<float>(threshold), [&](int64_t i) { stays[i] = true; });
  }
  std::vector<int64_t> kept;
  for (int64_t i = 0; i < count; i++) {
    if (stays[i]) kept.push_back(order.data_ptr<int64_t>()[i]);
  }
  return at::tensor(kept, order.options());
}

TORCH_LIBRARY_IMPL(um, CPU, library) {
  library.impl("nms", nms);
}

}  // namespace

}  // namespace um::kernels
