// Copies between the host and a GPU that neither has to wait for.
#include <ATen/ops/empty.h>
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <chrono>
#include <cstring>
#include <map>
#include <thread>

#include "addon.h"

namespace um {

namespace {

// A scalar on its way to the host, and what tells that it has come.
struct Reading {
  at::Tensor host;
  c10::Event arrival;
};

// The stream of this thread that copies to a GPU, beside whatever the GPU computes.
c10::Stream copying_stream(const c10::impl::VirtualGuardImpl& gpu, c10::Device device) {
  static thread_local std::map<c10::DeviceIndex, c10::Stream> streams;
  const auto found = streams.find(device.index());
  if (found != streams.end()) return found->second;
  return streams.emplace(device.index(), gpu.getStreamFromGlobalPool(device)).first->second;
}

// From pinned memory, which the GPU reads by itself; libtorch keeps it until the copy is done. What
// is queued from now on waits for the copy, what was queued before does not.
at::Tensor copied(const at::Tensor& pinned, c10::Device asked) {
  const c10::impl::VirtualGuardImpl gpu(asked.type());
  const c10::Device device = asked.has_index() ? asked : gpu.getDevice();
  const c10::Stream usual = gpu.getStream(device);
  const c10::Stream copying = copying_stream(gpu, device);
  gpu.exchangeStream(copying);
  at::Tensor copy;
  try {
    copy = pinned.to(device, pinned.scalar_type(), /*non_blocking=*/true);
  } catch (...) {
    gpu.exchangeStream(usual);
    throw;
  }
  gpu.exchangeStream(usual);
  c10::Event done(device.type());
  done.record(copying);
  done.block(usual);
  copy.record_stream(usual);
  return copy;
}

// upload(handle, device)
Napi::Value upload(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    Addon& addon = Addon::of(info.Env());
    const at::Tensor& tensor = addon.tensors.at(handle_of(info, 0));
    const c10::Device device(info[1].ToString().Utf8Value());
    const bool pins = tensor.is_cpu() && device.is_cuda();
    return Napi::Number::New(
        info.Env(),
        addon.tensors.add(
            pins ? copied(tensor.pin_memory(), device) : tensor.to(device, tensor.scalar_type())));
  });
}

// uploadArray(view, shape, dtype, device)
Napi::Value upload_array(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const View view = view_of(info[0]);
    const auto sizes = to_sizes(info[1]);
    const auto type = static_cast<at::ScalarType>(info[2].ToNumber().Int32Value());
    const c10::Device device(info[3].ToString().Utf8Value());
    check_bytes(view, sizes, type);
    at::Tensor values =
        at::empty(sizes, at::TensorOptions().dtype(type).pinned_memory(device.is_cuda()));
    if (view.bytes > 0) std::memcpy(values.data_ptr(), view.data, view.bytes);
    if (!device.is_cpu()) {
      values = device.is_cuda() ? copied(values, device) : values.to(device, type);
    }
    return Napi::Number::New(info.Env(), Addon::of(info.Env()).tensors.add(std::move(values)));
  });
}

// startReading(handle) -> what finishReading takes: the copy is queued behind what computes the
// scalar.
Napi::Value start_reading(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const at::Tensor& scalar = Addon::of(info.Env()).tensors.at(handle_of(info, 0));
    TORCH_CHECK(scalar.numel() == 1, "expected one element but got ", describe_tensor(scalar));
    const c10::Device device = scalar.device();
    const auto options = at::TensorOptions().dtype(at::kFloat).pinned_memory(true);
    auto* reading = new Reading{at::empty({}, options), c10::Event(device.type())};
    const auto result = Napi::External<Reading>::New(
        info.Env(), reading, [](Napi::Env, Reading* owned) { delete owned; });
    reading->host.copy_(scalar.detach().reshape(at::IntArrayRef()), /*non_blocking=*/true);
    reading->arrival.record(c10::impl::VirtualGuardImpl(device.type()).getStream(device));
    return result;
  });
}

// isRead(reading): whether the number has come.
Napi::Value is_read(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const auto* reading = info[0].As<Napi::External<Reading>>().Data();
    return Napi::Boolean::New(info.Env(), reading->arrival.query());
  });
}

// finishReading(reading) -> the number.
Napi::Value finish_reading(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const auto* reading = info[0].As<Napi::External<Reading>>().Data();
    while (!reading->arrival.query()) std::this_thread::sleep_for(std::chrono::microseconds(50));
    return Napi::Number::New(info.Env(), reading->host.item<float>());
  });
}

}  // namespace

void export_transfer(Napi::Env env, Napi::Object exports) {
  exports["upload"] = Napi::Function::New(env, upload, "upload");
  exports["uploadArray"] = Napi::Function::New(env, upload_array, "uploadArray");
  exports["startReading"] = Napi::Function::New(env, start_reading, "startReading");
  exports["isRead"] = Napi::Function::New(env, is_read, "isRead");
  exports["finishReading"] = Napi::Function::New(env, finish_reading, "finishReading");
}

}  // namespace um
