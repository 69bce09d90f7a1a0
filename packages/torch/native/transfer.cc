// Copies between the host and a GPU that neither has to wait for.
#include <ATen/ops/empty.h>
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <chrono>
#include <thread>

#include "addon.h"

namespace um {

namespace {

// A scalar on its way to the host, and what tells that it has come.
struct Reading {
  at::Tensor host;
  c10::Event arrival;
};

// upload(handle, device): through pinned memory, which the GPU reads by itself. libtorch keeps that memory until the
// copy is done.
Napi::Value upload(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    Addon& addon = Addon::of(info.Env());
    const at::Tensor& tensor = addon.tensors.at(handle_of(info, 0));
    const c10::Device device(info[1].ToString().Utf8Value());
    const bool pins = tensor.is_cpu() && device.is_cuda();
    const at::Tensor source = pins ? tensor.pin_memory() : tensor;
    return Napi::Number::New(
        info.Env(),
        addon.tensors.add(source.to(device, source.scalar_type(), /*non_blocking=*/pins)));
  });
}

// startReading(handle) -> what finishReading takes: the copy is queued behind what computes the scalar.
Napi::Value start_reading(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const at::Tensor& scalar = Addon::of(info.Env()).tensors.at(handle_of(info, 0));
    TORCH_CHECK(scalar.numel() == 1, "expected one element but got ", describe_tensor(scalar));
    const c10::Device device = scalar.device();
    const auto options = at::TensorOptions().dtype(at::kFloat).pinned_memory(true);
    auto* reading = new Reading{at::empty({}, options), c10::Event(device.type())};
    const auto result = Napi::External<Reading>::New(
        info.Env(), reading, [](Napi::Env, Reading* owned) { delete owned; });
    reading->host.copy_(scalar.detach().view({}), /*non_blocking=*/true);
    reading->arrival.record(c10::impl::VirtualGuardImpl(device.type()).getStream(device));
    return result;
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
  exports["startReading"] = Napi::Function::New(env, start_reading, "startReading");
  exports["finishReading"] = Napi::Function::New(env, finish_reading, "finishReading");
}

}  // namespace um
