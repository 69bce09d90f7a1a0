// The loops of src/images/geometry/resize.ts, to the bit, eight numbers at a time.
#include "resample.h"

#include <algorithm>
#include <memory>

#include "processors.h"

namespace {

constexpr int weightBits = 22;
constexpr int32_t half = 1 << (weightBits - 1);

// A pixel and the one below it, four numbers each. Unsigned, as sums may wrap on their way.
typedef uint32_t PixelPair __attribute__((vector_size(32)));
typedef int32_t SignedPair __attribute__((vector_size(32)));

inline uint8_t toByte(uint32_t fixed) {
  const int32_t level = static_cast<int32_t>(fixed) >> weightBits;
  return static_cast<uint8_t>(level < 0 ? 0 : level > 255 ? 255 : level);
}

inline void spread(const uint8_t* row, size_t pixels, uint32_t* lanes) {
  for (size_t pixel = 0; pixel < pixels; pixel++, row += 3, lanes += 8) {
    for (int channel = 0; channel < 3; channel++) lanes[channel] = row[channel];
  }
}

// Two rows become across.outputs pixels each. `pairs` has room for all their pixels.
FOR_EVERY_PROCESSOR
void resizeRows(const uint8_t* const rows[2], const Kernels& across, PixelPair* pairs,
                uint8_t* const outputs[2]) {
  const size_t first = across.starts[0];
  const size_t pixels = across.starts[across.outputs - 1] + across.taps - first;
  for (int row = 0; row < 2; row++) {
    spread(rows[row] + 3 * first, pixels, reinterpret_cast<uint32_t*>(pairs) + 4 * row);
  }
  const int32_t* weight = across.weights;
  for (size_t column = 0; column < across.outputs; column++, weight += across.taps) {
    const PixelPair* pair = pairs + across.starts[column] - first;
    PixelPair sums = PixelPair{} + half;
    for (size_t tap = 0; tap < across.taps; tap++) {
      sums += pair[tap] * static_cast<uint32_t>(weight[tap]);
    }
    SignedPair levels = reinterpret_cast<SignedPair&>(sums) >> weightBits;
    levels = levels < 0 ? SignedPair{} : levels;
    levels = levels > 255 ? SignedPair{} + 255 : levels;
    for (int channel = 0; channel < 3; channel++) {
      outputs[0][3 * column + channel] = static_cast<uint8_t>(levels[channel]);
      outputs[1][3 * column + channel] = static_cast<uint8_t>(levels[4 + channel]);
    }
  }
}

// One output row from `taps` rows of `stride` bytes.
FOR_EVERY_PROCESSOR
void resizeColumn(const uint8_t* rows, size_t stride, const int32_t* weights, size_t taps,
                  uint32_t* sums, uint8_t* output) {
  for (size_t i = 0; i < stride; i++) sums[i] = half;
  for (size_t tap = 0; tap < taps; tap++, rows += stride) {
    const uint32_t weight = static_cast<uint32_t>(weights[tap]);
    for (size_t i = 0; i < stride; i++) sums[i] += rows[i] * weight;
  }
  for (size_t i = 0; i < stride; i++) output[i] = toByte(sums[i]);
}

}  // namespace

void resample(const Rows& input, const Kernels& across, const Kernels& down, uint8_t* output) {
  const size_t rows = down.starts[down.outputs - 1] + down.taps - down.starts[0];
  const size_t stride = 3 * across.outputs;
  const std::unique_ptr<uint8_t[]> narrow(new uint8_t[rows * stride]);
  const size_t columns = across.starts[across.outputs - 1] + across.taps;
  const std::unique_ptr<PixelPair[]> pairs(new PixelPair[columns]());
  for (size_t row = 0; row < rows; row += 2) {
    // The last of an odd number of rows is its own neighbour.
    const size_t below = std::min(row + 1, rows - 1);
    const uint8_t* const from[2] = {input.data + row * input.stride,
                                    input.data + below * input.stride};
    uint8_t* const to[2] = {&narrow[row * stride], &narrow[below * stride]};
    resizeRows(from, across, pairs.get(), to);
  }
  const std::unique_ptr<uint32_t[]> sums(new uint32_t[stride]);
  for (size_t row = 0; row < down.outputs; row++) {
    const uint8_t* from = &narrow[(down.starts[row] - down.starts[0]) * stride];
    resizeColumn(from, stride, down.weights + row * down.taps, down.taps, sums.get(),
                 output + row * stride);
  }
}
