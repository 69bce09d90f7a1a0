// Parts of JPEG images, decoded by libjpeg-turbo where its headers are installed.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>

// Browsers take as many; encoders write some ten. The same as in src/images/formats/jpeg-scans.ts.
constexpr int mostJpegScans = 100;

struct JpegBytes {
  const uint8_t* data;
  size_t length;
};

struct JpegSize {
  uint32_t width;
  uint32_t height;
};

struct JpegRegion {
  uint32_t left;
  uint32_t top;
  uint32_t width;
  uint32_t height;
};

// Nothing for what is better left to another decoder: no JPEG, CMYK, turned by its EXIF
// orientation, without an end.
std::optional<JpegSize> jpegSize(const JpegBytes& bytes);

// Writes [height, width, 3], the same pixels that decoding the whole image gives. False when the
// decoder has anything to complain of.
bool decodeJpegRegion(const JpegBytes& bytes, const JpegRegion& region, uint8_t* output);
