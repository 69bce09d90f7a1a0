// What libFuzzer calls with every input: decodes the lower right quarter of an image, as crops do.
#include <vector>

#include "jpeg.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t length) {
  const JpegBytes bytes = {data, length};
  const auto size = jpegSize(bytes);
  if (!size || static_cast<uint64_t>(size->width) * size->height > 1000000) return 0;
  const JpegRegion region = {
      size->width / 2, size->height / 2, size->width - size->width / 2,
      size->height - size->height / 2};
  std::vector<uint8_t> output(3 * static_cast<size_t>(region.width) * region.height);
  decodeJpegRegion(bytes, region, output.data());
  return 0;
}
