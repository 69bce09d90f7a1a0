// What src/images/native-pixels.ts loads. Arguments are checked in TypeScript.
#include <napi.h>

#include "affine.h"
#include "bilinear.h"
#include "jpeg.h"
#include "photometric.h"
#include "resample.h"
#include "signals.h"

namespace {

JpegBytes bytesOf(const Napi::Value& value) {
  const auto array = value.As<Napi::Uint8Array>();
  return {array.Data(), array.ByteLength()};
}

uint32_t number(const Napi::Value& value) { return value.As<Napi::Number>().Uint32Value(); }

// (bytes) -> [width, height] or undefined
Napi::Value size(const Napi::CallbackInfo& info) {
  const auto found = jpegSize(bytesOf(info[0]));
  if (!found) return info.Env().Undefined();
  auto pair = Napi::Array::New(info.Env(), 2);
  pair[0u] = found->width;
  pair[1u] = found->height;
  return pair;
}

// (bytes, left, top, width, height, output) -> boolean
Napi::Value decode(const Napi::CallbackInfo& info) {
  const JpegRegion region = {number(info[1]), number(info[2]), number(info[3]), number(info[4])};
  uint8_t* output = info[5].As<Napi::Uint8Array>().Data();
  return Napi::Boolean::New(info.Env(), decodeJpegRegion(bytesOf(info[0]), region, output));
}

// An object { starts, weights, taps }.
Kernels kernelsOf(const Napi::Value& value) {
  const auto object = value.As<Napi::Object>();
  const auto starts = object.Get("starts").As<Napi::Int32Array>();
  const auto weights = object.Get("weights").As<Napi::Int32Array>();
  return {starts.Data(), weights.Data(), starts.ElementLength(), number(object.Get("taps"))};
}

// (input, stride, across, down, output)
void resize(const Napi::CallbackInfo& info) {
  const Rows rows = {bytesOf(info[0]).data, number(info[1])};
  uint8_t* output = info[4].As<Napi::Uint8Array>().Data();
  resample(rows, kernelsOf(info[2]), kernelsOf(info[3]), output);
}

// An object { places, nears, fars }.
Taps tapsOf(const Napi::Value& value) {
  const auto object = value.As<Napi::Object>();
  const auto places = object.Get("places").As<Napi::Int32Array>();
  return {places.Data(), object.Get("nears").As<Napi::Int32Array>().Data(),
          object.Get("fars").As<Napi::Int32Array>().Data(), places.ElementLength()};
}

// (input, stride, height, across, down, output)
void resizeBilinear(const Napi::CallbackInfo& info) {
  const Rows rows = {bytesOf(info[0]).data, number(info[1])};
  uint8_t* output = info[5].As<Napi::Uint8Array>().Data();
  resampleBilinear(rows, number(info[2]), tapsOf(info[3]), tapsOf(info[4]), output);
}

// (input, width, height, six numbers, isBicubic, output)
void affine(const Napi::CallbackInfo& info) {
  const RgbView image = {bytesOf(info[0]).data, number(info[1]), number(info[2])};
  const double* m = info[3].As<Napi::Float64Array>().Data();
  const AffineMatrix matrix = {m[0], m[1], m[2], m[3], m[4], m[5]};
  const bool isBicubic = info[4].As<Napi::Boolean>();
  uint8_t* output = info[5].As<Napi::Uint8Array>().Data();
  transformAffine(
      image, matrix, isBicubic ? Interpolation::bicubic : Interpolation::bilinear, output);
}

// (pixels, moved, turn, an object { saturations, hues, levels, shares, channels })
void turnColours(const Napi::CallbackInfo& info) {
  auto pixels = info[0].As<Napi::Uint8Array>();
  const auto object = info[3].As<Napi::Object>();
  const HsvTables tables = {
      object.Get("saturations").As<Napi::Int32Array>().Data(),
      object.Get("hues").As<Napi::Int32Array>().Data(),
      object.Get("levels").As<Napi::Uint8Array>().Data(),
      object.Get("shares").As<Napi::Float32Array>().Data(),
      object.Get("channels").As<Napi::Uint8Array>().Data(),
  };
  const int32_t turn = info[2].As<Napi::Number>().Int32Value();
  changeHsv(pixels.Data(), pixels.ByteLength() / 3, bytesOf(info[1]).data, turn, tables);
}

// (pixels, table)
void mapLevels(const Napi::CallbackInfo& info) {
  auto pixels = info[0].As<Napi::Uint8Array>();
  changeLevels(pixels.Data(), pixels.ByteLength(), bytesOf(info[1]).data);
}

Napi::Object start(Napi::Env env, Napi::Object exports) {
  exports["jpegSize"] = Napi::Function::New<size>(env, "jpegSize");
  exports["decodeJpegRegion"] = Napi::Function::New<decode>(env, "decodeJpegRegion");
  exports["resample"] = Napi::Function::New<resize>(env, "resample");
  exports["resampleBilinear"] = Napi::Function::New<resizeBilinear>(env, "resampleBilinear");
  exports["transformAffine"] = Napi::Function::New<affine>(env, "transformAffine");
  exports["changeHsv"] = Napi::Function::New<turnColours>(env, "changeHsv");
  exports["changeLevels"] = Napi::Function::New<mapLevels>(env, "changeLevels");
  exportSignals(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(pixels, start)
