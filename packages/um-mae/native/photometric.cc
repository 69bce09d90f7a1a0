// The loops of src/images/augmentation/photometric.ts, to the bit.
#include "photometric.h"

#include <algorithm>

#include "processors.h"

namespace {

constexpr float unit = 1.0f / 255.0f;

PART_OF_LOOP int32_t hueOf(int32_t red, int32_t green, int32_t blue, int32_t most, int32_t range,
                           const int32_t* hues) {
  const int32_t onRed = green - blue;
  const int32_t onGreen = blue - red + 2 * range;
  const int32_t onBlue = red - green + 4 * range;
  const int32_t edge = most == red ? onRed : most == green ? onGreen : onBlue;
  return (edge * hues[range] + 2048) >> 12;
}

}  // namespace

FOR_EVERY_PROCESSOR
void changeHsv(
    uint8_t* rgb, size_t pixels, const uint8_t* moved, int32_t turn, const HsvTables& tables) {
  for (size_t pixel = 0; pixel < pixels; pixel++, rgb += 3) {
    const int32_t red = rgb[0], green = rgb[1], blue = rgb[2];
    const int32_t most = std::max(red, std::max(green, blue));
    const int32_t range = most - std::min(red, std::min(green, blue));
    const int32_t before = (range * tables.saturations[most] + 2048) >> 12;
    int32_t hue = hueOf(red, green, blue, most, range, tables.hues) + turn;
    hue += hue < 0 ? 180 : 0;
    hue += hue < 0 ? 180 : 0;
    hue -= hue >= 180 ? 180 : 0;
    const float saturation = moved[before] * unit;
    const float value = most * unit;
    const float share = 1.0f - saturation * tables.shares[hue];
    const uint8_t* to = tables.channels + 3 * hue;
    const float smallest = value * (1.0f - saturation) * 255.0f;
    const float middle = value * share * 255.0f;
    rgb[to[0]] = tables.levels[most];
    rgb[to[1]] = static_cast<uint8_t>(smallest);
    rgb[to[2]] = static_cast<uint8_t>(middle);
  }
}

void changeLevels(uint8_t* levels, size_t count, const uint8_t* table) {
  for (size_t i = 0; i < count; i++) levels[i] = table[levels[i]];
}
