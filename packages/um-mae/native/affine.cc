// The loops of src/images/augmentation/affine.ts, to the bit, three channels at a time.
#include "affine.h"

#include <algorithm>
#include <memory>

#include "processors.h"

namespace {

// Red, green, blue and a number that nobody looks at.
typedef double Pixel __attribute__((vector_size(32)));

constexpr ptrdiff_t margin = 2;

// The image ready for the loops: in their numbers, and with its border repeated, so that no sample
// lies outside.
class Padded {
 public:
  explicit Padded(const RgbView& image)
      : stride_(image.width + 2 * margin),
        pixels_(new Pixel[stride_ * (image.height + 2 * margin)]) {
    const ptrdiff_t width = image.width, height = image.height;
    Pixel* to = pixels_.get();
    for (ptrdiff_t y = -margin; y < height + margin; y++) {
      const uint8_t* row = image.data + 3 * width * std::clamp<ptrdiff_t>(y, 0, height - 1);
      for (ptrdiff_t x = -margin; x < width + margin; x++) {
        const uint8_t* levels = row + 3 * std::clamp<ptrdiff_t>(x, 0, width - 1);
        *to = Pixel{};
        for (int channel = 0; channel < 3; channel++) (*to)[channel] = levels[channel];
        to++;
      }
    }
  }

  // Rows are `stride` pixels apart.
  const Pixel* at(ptrdiff_t x, ptrdiff_t y) const {
    return &pixels_[(y + margin) * stride_ + x + margin];
  }
  size_t stride() const { return stride_; }

 private:
  size_t stride_;
  std::unique_ptr<Pixel[]> pixels_;
};

// Keys' cubic convolution with a = -1 through four values, `t` of the way from the second to the
// third.
PART_OF_LOOP void cubic(const Pixel* v, double t, Pixel& mixed) {
  const Pixel slope = v[2] - v[0];
  const Pixel bend = 2 * (v[0] - v[1]) + v[2] - v[3];
  const Pixel twist = v[1] - v[0] - v[2] + v[3];
  mixed = v[1] + t * (slope + t * (bend + t * twist));
}

PART_OF_LOOP void bicubic(
    const Pixel* from, size_t stride, double across, double down, Pixel& mixed) {
  Pixel rows[4];
  for (Pixel& row : rows) {
    cubic(from, across, row);
    from += stride;
  }
  cubic(rows, down, mixed);
}

PART_OF_LOOP void bilinear(
    const Pixel* from, size_t stride, double across, double down, Pixel& mixed) {
  Pixel rows[2];
  for (Pixel& row : rows) {
    row = from[0] + (from[1] - from[0]) * across;
    from += stride;
  }
  mixed = rows[0] + (rows[1] - rows[0]) * down;
}

// The whole number below, of -0.5 and more.
PART_OF_LOOP ptrdiff_t below(double value) {
  return value < 0 ? -1 : static_cast<ptrdiff_t>(value);
}

PART_OF_LOOP uint8_t toByte(double level) {
  return static_cast<uint8_t>(level < 0 ? 0 : level > 255 ? 255 : level);
}

PART_OF_LOOP void writePixel(
    const Padded& image, Interpolation interpolation, double x, double y, uint8_t* output) {
  const ptrdiff_t left = below(x), top = below(y);
  Pixel mixed;
  if (interpolation == Interpolation::bicubic) {
    bicubic(image.at(left - 1, top - 1), image.stride(), x - left, y - top, mixed);
  } else {
    bilinear(image.at(left, top), image.stride(), x - left, y - top, mixed);
  }
  for (int channel = 0; channel < 3; channel++) output[channel] = toByte(mixed[channel]);
}

}  // namespace

FOR_EVERY_PROCESSOR
void transformAffine(
    const RgbView& image, const AffineMatrix& matrix, Interpolation interpolation,
    uint8_t* output) {
  const auto& [a, b, c, d, e, f] = matrix;
  const Padded padded(image);
  const int width = image.width, height = image.height;
  for (int row = 0; row < height; row++) {
    for (int column = 0; column < width; column++, output += 3) {
      const double x = a * (column + 0.5) + b * (row + 0.5) + c;
      const double y = d * (column + 0.5) + e * (row + 0.5) + f;
      if (x < 0 || x >= width || y < 0 || y >= height) continue;
      writePixel(padded, interpolation, x - 0.5, y - 0.5, output);
    }
  }
}
