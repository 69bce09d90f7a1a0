// Which libtorch this is, its threads, and the devices that it can use.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include "addon.h"

namespace um {

namespace {

Napi::Value version(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), TORCH_VERSION);
}

// libtorch's own report of how it was built: compiler, BLAS, instruction set.
Napi::Value configuration(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] { return Napi::String::New(info.Env(), at::show_config()); });
}

Napi::Value threads(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), at::get_num_threads());
}

Napi::Value set_threads(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    at::set_num_threads(info[0].ToNumber().Int32Value());
    return info.Env().Undefined();
  });
}

Napi::Value cuda_device_count(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const bool usable = at::hasCUDA() && torch::cuda::is_available();
    return Napi::Number::New(info.Env(), usable ? static_cast<double>(torch::cuda::device_count()) : 0);
  });
}

Napi::Value is_built_with(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const std::string backend = info[0].ToString();
    const bool built = backend == "cuda" ? at::hasCUDA() : backend == "mps" && at::hasMPS();
    return Napi::Boolean::New(info.Env(), built);
  });
}

// Waits until the device has finished what it was given, for honest timings.
Napi::Value synchronize(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const c10::Device device(info[0].ToString().Utf8Value());
    if (device.is_cuda()) torch::cuda::synchronize(device.index());
    return info.Env().Undefined();
  });
}

}  // namespace

void export_device(Napi::Env env, Napi::Object exports) {
  exports["version"] = Napi::Function::New(env, version, "version");
  exports["configuration"] = Napi::Function::New(env, configuration, "configuration");
  exports["threads"] = Napi::Function::New(env, threads, "threads");
  exports["setThreads"] = Napi::Function::New(env, set_threads, "setThreads");
  exports["cudaDeviceCount"] = Napi::Function::New(env, cuda_device_count, "cudaDeviceCount");
  exports["isBuiltWith"] = Napi::Function::New(env, is_built_with, "isBuiltWith");
  exports["synchronize"] = Napi::Function::New(env, synchronize, "synchronize");
}

}  // namespace um
