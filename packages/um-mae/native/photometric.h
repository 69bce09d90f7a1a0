#pragma once

#include <cstddef>
#include <cstdint>

// What changes of saturation and hue look up; described in src/images/augmentation/photometric.ts.
struct HsvTables {
  const int32_t* saturations;
  const int32_t* hues;
  const uint8_t* levels;
  const float* shares;
  const uint8_t* channels;
};

// `pixels` RGB pixels there and back by hue, saturation and value. Saturations go through `moved`,
// and `turn`, from -180 to 180, is added to hues.
void changeHsv(
    uint8_t* rgb, size_t pixels, const uint8_t* moved, int32_t turn, const HsvTables& tables);

// Each level goes through the table.
void changeLevels(uint8_t* levels, size_t count, const uint8_t* table);
