// The loops of src/images/geometry/resampling.ts, to the bit.
#include "bilinear.h"

#include <algorithm>
#include <memory>

#include "processors.h"

namespace {

// One row becomes across.outputs pixels, in 2048ths.
FOR_EVERY_PROCESSOR
void narrowRow(const uint8_t* row, const Taps& across, int32_t* output) {
  for (size_t column = 0; column < across.outputs; column++, output += 3) {
    const int32_t near = across.nears[column], far = across.fars[column];
    const uint8_t* from = row + 3 * across.places[column];
    // At the right border there is no next pixel, and its weight is 0.
    const uint8_t* next = far == 0 ? from : from + 3;
    for (int channel = 0; channel < 3; channel++) {
      output[channel] = near * from[channel] + far * next[channel];
    }
  }
}

FOR_EVERY_PROCESSOR
void mixRows(const int32_t* above, const int32_t* below, int32_t near, int32_t far, size_t count,
             uint8_t* output) {
  for (size_t i = 0; i < count; i++) {
    const int32_t first = (near * (above[i] >> 4)) >> 16;
    const int32_t second = (far * (below[i] >> 4)) >> 16;
    output[i] = static_cast<uint8_t>((first + second + 2) >> 2);
  }
}

// The last two rows that were asked for, resized across.
class NarrowRows {
 public:
  NarrowRows(const Rows& input, const Taps& across)
      : input_(input), across_(across), stride_(3 * across.outputs),
        kept_(new int32_t[2 * stride_]) {}

  const int32_t* at(int32_t number) {
    const int place = numbers_[0] == number ? 0 : numbers_[1] == number ? 1 : oldest_;
    int32_t* row = &kept_[place * stride_];
    if (numbers_[place] != number) {
      narrowRow(input_.data + number * input_.stride, across_, row);
      numbers_[place] = number;
    }
    oldest_ = 1 - place;
    return row;
  }

 private:
  const Rows& input_;
  const Taps& across_;
  size_t stride_;
  std::unique_ptr<int32_t[]> kept_;
  int32_t numbers_[2] = {-1, -1};
  int oldest_ = 0;
};

}  // namespace

void resampleBilinear(
    const Rows& input, size_t height, const Taps& across, const Taps& down, uint8_t* output) {
  const int32_t last = static_cast<int32_t>(height) - 1;
  const size_t stride = 3 * across.outputs;
  NarrowRows rows(input, across);
  for (size_t row = 0; row < down.outputs; row++, output += stride) {
    const int32_t* above = rows.at(std::clamp(down.places[row], 0, last));
    const int32_t* below = rows.at(std::clamp(down.places[row] + 1, 0, last));
    mixRows(above, below, down.nears[row], down.fars[row], stride, output);
  }
}
