// Affine transforms of 8-bit RGB.
#pragma once
#include <cstddef>
#include <cstdint>

struct RgbView {
  const uint8_t* data;  // [height, width, 3]
  size_t width;
  size_t height;
};

// The point of the image that an output pixel shows: (a x + b y + c, d x + e y + f) of its centre.
struct AffineMatrix {
  double a, b, c, d, e, f;
};

enum class Interpolation { bilinear, bicubic };

// Writes the pixels of `output`, as large as the image, that show a point inside the image.
void transformAffine(
    const RgbView& image, const AffineMatrix& matrix, Interpolation interpolation, uint8_t* output);
