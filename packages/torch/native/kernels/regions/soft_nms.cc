// Soft-NMS: a box that is taken lowers the scores of those that it overlaps.
//
// Source: Bodla et al. 2017, arXiv:1704.04503; the order of equal scores is that of mmcv.
#include <torch/library.h>

#include <cmath>
#include <utility>

#include "boxes.h"

namespace um::kernels {

namespace {

enum class Decay { kLinear, kGaussian, kHard };

struct Rule {
  Decay decay;
  float threshold;
  float sigma;
  // Boxes below are dropped.
  float minimum;
};

float factor(float overlap, const Rule& rule) {
  if (rule.decay == Decay::kGaussian) return std::exp(-(overlap * overlap) / rule.sigma);
  if (!(overlap >= rule.threshold)) return 1;
  return rule.decay == Decay::kLinear ? 1 - overlap : 0;
}

// The boxes that are not taken yet, in an order that changes: the taken one goes to the front, the
// last one to the place of a dropped one.
struct Candidates {
  Boxes boxes;
  std::vector<float> scores;
  int64_t count;

  void move(int64_t from, int64_t to) {
    boxes.put(to, boxes.one(from), boxes.index(from));
    scores[to] = scores[from];
  }

  void swap(int64_t a, int64_t b) {
    const Box<float> box = boxes.one(a);
    const int64_t index = boxes.index(a);
    boxes.put(a, boxes.one(b), boxes.index(b));
    boxes.put(b, box, index);
    std::swap(scores[a], scores[b]);
  }
};

void lower(Candidates& all, int64_t taken, const Rule& rule) {
  const Box<float> best = all.boxes.one(taken);
  for (int64_t i = taken + 1; i < all.count; i += kLanes) {
    const Shared area = shared(best, all.boxes.many(i));
    if (!any(area.both > Vector{})) continue;
    const Vector overlaps = area.both / area.either;
    for (int lane = 0; lane < kLanes && i + lane < all.count; lane++) {
      all.scores[i + lane] *= factor(overlaps[lane], rule);
    }
  }
  for (int64_t i = taken + 1; i < all.count;) {
    if (all.scores[i] < rule.minimum) all.move(--all.count, i);
    else i++;
  }
}

std::tuple<at::Tensor, at::Tensor> soft_nms(
    const at::Tensor& boxes, const at::Tensor& scores, int64_t decay, double threshold,
    double sigma, double minimum) {
  check_boxes(boxes, scores);
  TORCH_CHECK(decay >= 0 && decay <= 2, "expected a decay of 0 to 2 but got ", decay);
  const at::Tensor corners = boxes.contiguous(), own = scores.contiguous();
  const float* first = own.data_ptr<float>();
  const int64_t count = boxes.size(0);
  Candidates all{Boxes(count), std::vector<float>(first, first + count), count};
  for (int64_t i = 0; i < count; i++) all.boxes.put(i, corners.data_ptr<float>() + 4 * i, i);
  const Rule rule{static_cast<Decay>(decay), static_cast<float>(threshold),
                  static_cast<float>(sigma), static_cast<float>(minimum)};
  std::vector<int64_t> taken;
  for (int64_t i = 0; i < all.count; i++) {
    const auto begin = all.scores.begin();
    all.swap(i, std::max_element(begin + i, begin + all.count) - begin);
    taken.push_back(all.boxes.index(i));
    lower(all, i, rule);
  }
  all.scores.resize(taken.size());
  return {at::tensor(taken, at::kLong), at::tensor(all.scores, scores.options())};
}

TORCH_LIBRARY_IMPL(um, CPU, library) {
  library.impl("soft_nms", soft_nms);
}

}  // namespace

}  // namespace um::kernels
