#include "jpeg.h"

#if __has_include(<jpeglib.h>)
#include <cstdio>
#include <jpeglib.h>
#endif

#ifdef LIBJPEG_TURBO_VERSION
#include <algorithm>
#include <csetjmp>
#include <cstdlib>
#include <cstring>

namespace {

// libjpeg leaves by a jump: between setjmp and the end of a function, nothing may need a
// destructor.
struct Errors {
  jpeg_error_mgr manager;
  std::jmp_buf leave;
  jpeg_progress_mgr progress;
};

void leave(j_common_ptr jpeg) {
  std::longjmp(reinterpret_cast<Errors*>(jpeg->err)->leave, 1);
}

// Warnings, which are below 0, mean that pixels are made up.
void leaveOnWarning(j_common_ptr jpeg, int level) {
  if (level < 0) leave(jpeg);
}

// Each scan of a progressive image goes over all of it, and may be described by a few bytes.
void leaveAfterScans(j_common_ptr jpeg) {
  const auto& image = *reinterpret_cast<j_decompress_ptr>(jpeg);
  if (image.input_scan_number > mostJpegScans) leave(jpeg);
}

void open(jpeg_decompress_struct& jpeg, Errors& errors, const JpegBytes& bytes) {
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, bytes.data, bytes.length);
  jpeg_save_markers(&jpeg, JPEG_APP0 + 1, 0xFFFF);
  jpeg_read_header(&jpeg, TRUE);
}

void listen(jpeg_decompress_struct& jpeg, Errors& errors) {
  std::memset(&jpeg, 0, sizeof(jpeg));
  jpeg.err = jpeg_std_error(&errors.manager);
  errors.manager.error_exit = leave;
  errors.manager.emit_message = leaveOnWarning;
  errors.progress.progress_monitor = leaveAfterScans;
}

// Whether the EXIF data, if any, may tell to turn the image: whether it holds tag 0x0112 with
// another value than 1.
bool mayBeTurned(const jpeg_decompress_struct& jpeg) {
  for (auto marker = jpeg.marker_list; marker; marker = marker->next) {
    const uint8_t* data = marker->data;
    const size_t length = marker->data_length;
    if (length < 14 || std::memcmp(data, "Exif\0", 6) != 0) continue;
    const bool little = data[6] == 'I';
    const auto number = [&](size_t at) {
      return little ? data[at] | data[at + 1] << 8 : data[at] << 8 | data[at + 1];
    };
    for (size_t at = 14; at + 10 <= length; at++) {
      if (number(at) == 0x0112 && number(at + 8) != 1) return true;
    }
  }
  return false;
}

// A file that has been cut off has no end mark; some writers pad whole ones with zeros.
bool hasEnd(const JpegBytes& bytes) {
  size_t length = bytes.length;
  while (length > 2 && bytes.data[length - 1] == 0) length--;
  return length > 2 && bytes.data[length - 2] == 0xFF && bytes.data[length - 1] == JPEG_EOI;
}

}  // namespace

std::optional<JpegSize> jpegSize(const JpegBytes& bytes) {
  if (bytes.length < 4 || bytes.data[0] != 0xFF || bytes.data[1] != 0xD8 || !hasEnd(bytes)) return {};
  jpeg_decompress_struct jpeg;
  Errors errors;
  listen(jpeg, errors);
  if (setjmp(errors.leave)) {
    jpeg_destroy_decompress(&jpeg);
    return {};
  }
  open(jpeg, errors, bytes);
  const bool isPlain = jpeg.num_components != 4 && !mayBeTurned(jpeg);
  const JpegSize size = {jpeg.image_width, jpeg.image_height};
  jpeg_destroy_decompress(&jpeg);
  return isPlain ? std::optional(size) : std::nullopt;
}

bool decodeJpegRegion(const JpegBytes& bytes, const JpegRegion& region, uint8_t* output) {
  jpeg_decompress_struct jpeg;
  Errors errors;
  uint8_t* volatile row = nullptr;
  listen(jpeg, errors);
  if (setjmp(errors.leave)) {
    std::free(row);
    jpeg_destroy_decompress(&jpeg);
    return false;
  }
  open(jpeg, errors, bytes);
  jpeg.progress = &errors.progress;
  jpeg.out_color_space = JCS_RGB;
  jpeg_start_decompress(&jpeg);
  // Colours of less resolution are smoothed with their neighbours, which begin in the next block.
  const JDIMENSION margin = 2 * DCTSIZE;
  JDIMENSION first = region.left > margin ? region.left - margin : 0;
  JDIMENSION columns = std::min(jpeg.output_width, region.left + region.width + margin) - first;
  jpeg_crop_scanline(&jpeg, &first, &columns);
  row = static_cast<uint8_t*>(std::malloc(3 * static_cast<size_t>(columns)));
  if (region.top > 0) jpeg_skip_scanlines(&jpeg, region.top);
  const size_t stride = 3 * static_cast<size_t>(region.width);
  for (size_t y = 0; y < region.height; y++) {
    JSAMPROW line = row;
    jpeg_read_scanlines(&jpeg, &line, 1);
    std::memcpy(output + y * stride, row + 3 * (region.left - first), stride);
  }
  std::free(row);
  jpeg_destroy_decompress(&jpeg);
  return true;
}

#else

std::optional<JpegSize> jpegSize(const JpegBytes&) { return {}; }

bool decodeJpegRegion(const JpegBytes&, const JpegRegion&, uint8_t*) { return false; }

#endif
