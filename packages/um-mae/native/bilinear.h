#pragma once

#include <cstddef>
#include <cstdint>

#include "resample.h"

// Of each output place: the input place before it, and the weights of that and of the next one.
// Places of rows may lie beyond the image by one.
struct Taps {
  const int32_t* places;
  const int32_t* nears;
  const int32_t* fars;
  size_t outputs;
};

// `input` begins at the source, which has `height` rows.
void resampleBilinear(
    const Rows& input, size_t height, const Taps& across, const Taps& down, uint8_t* output);
