// Gradients, and the modes that change how operators are recorded or computed.
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "addon.h"
#include "compat.h"

namespace um {

namespace {

Napi::Value requires_grad(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    return Napi::Boolean::New(
        info.Env(), Addon::of(info.Env()).tensors.at(handle_of(info, 0)).requires_grad());
  });
}

// How many operators have written to a tensor.
Napi::Value writes(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    return Napi::Number::New(
        info.Env(), Addon::of(info.Env()).tensors.at(handle_of(info, 0))._version());
  });
}

Napi::Value set_requires_grad(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    Addon::of(info.Env()).tensors.at(handle_of(info, 0)).set_requires_grad(info[1].ToBoolean());
    return info.Env().Undefined();
  });
}

// A new handle to the gradient, or 0.
Napi::Value grad(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    Addon& addon = Addon::of(info.Env());
    const at::Tensor gradient = addon.tensors.at(handle_of(info, 0)).grad();
    return Napi::Number::New(info.Env(), gradient.defined() ? addon.tensors.add(gradient) : 0);
  });
}

Napi::Value set_grad(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    Addon& addon = Addon::of(info.Env());
    addon.tensors.at(handle_of(info, 0)).mutable_grad() =
        info[1].IsNull() ? at::Tensor() : addon.tensors.at(handle_of(info, 1));
    return info.Env().Undefined();
  });
}

// backward(roots, gradients): gradients hold null where a root is a scalar.
Napi::Value backward(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    Addon& addon = Addon::of(info.Env());
    torch::autograd::backward(
        to_tensors(addon, info[0]), to_tensors(addon, info[1]), info[2].ToBoolean().Value());
    return info.Env().Undefined();
  });
}

// gradients(outputs, inputs, gradients): without touching `.grad`; 0 for unused inputs.
Napi::Value gradients(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    Addon& addon = Addon::of(info.Env());
    const auto results = torch::autograd::grad(
        to_tensors(addon, info[0]), to_tensors(addon, info[1]), to_tensors(addon, info[2]),
        /*retain_graph=*/compat::nullopt, /*create_graph=*/false, /*allow_unused=*/true);
    const auto array = Napi::Array::New(info.Env(), results.size());
    for (uint32_t i = 0; i < results.size(); i++) {
      const uint32_t handle = results[i].defined() ? addon.tensors.add(results[i]) : 0;
      array.Set(i, Napi::Number::New(info.Env(), handle));
    }
    return array;
  });
}

Napi::Value is_grad_enabled(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), at::GradMode::is_enabled());
}

Napi::Value set_grad_enabled(const Napi::CallbackInfo& info) {
  at::GradMode::set_enabled(info[0].ToBoolean());
  return info.Env().Undefined();
}

// A dtype as a number, -1 for autocast that is off.
compat::optional<at::ScalarType> autocast_dtype(const Napi::Value& value) {
  const int32_t code = value.ToNumber().Int32Value();
  if (code < 0) return compat::nullopt;
  return static_cast<at::ScalarType>(code);
}

// The dtype that products on a device are cast to, or -1.
Napi::Value autocast_code(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const auto dtype = compat::autocast(c10::Device(info[0].ToString().Utf8Value()).type());
    return Napi::Number::New(info.Env(), dtype ? static_cast<int>(*dtype) : -1);
  });
}

// enterAutocast(device, dtype): what `exitAutocast` restores.
Napi::Value enter_autocast(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const c10::DeviceType device = c10::Device(info[0].ToString().Utf8Value()).type();
    const auto outer = compat::autocast(device);
    compat::set_autocast(device, autocast_dtype(info[1]));
    at::autocast::increment_nesting();
    return Napi::Number::New(info.Env(), outer ? static_cast<int>(*outer) : -1);
  });
}

// exitAutocast(device, outer)
Napi::Value exit_autocast(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const c10::DeviceType device = c10::Device(info[0].ToString().Utf8Value()).type();
    compat::set_autocast(device, autocast_dtype(info[1]));
    // Weights cast for one region are stale in the next: an optimizer step may lie between.
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    return info.Env().Undefined();
  });
}

}  // namespace

void export_autograd(Napi::Env env, Napi::Object exports) {
  exports["writes"] = Napi::Function::New(env, writes, "writes");
  exports["requiresGrad"] = Napi::Function::New(env, requires_grad, "requiresGrad");
  exports["setRequiresGrad"] = Napi::Function::New(env, set_requires_grad, "setRequiresGrad");
  exports["grad"] = Napi::Function::New(env, grad, "grad");
  exports["setGrad"] = Napi::Function::New(env, set_grad, "setGrad");
  exports["backward"] = Napi::Function::New(env, backward, "backward");
  exports["gradients"] = Napi::Function::New(env, gradients, "gradients");
  exports["isGradEnabled"] = Napi::Function::New(env, is_grad_enabled, "isGradEnabled");
  exports["setGradEnabled"] = Napi::Function::New(env, set_grad_enabled, "setGradEnabled");
  exports["autocastCode"] = Napi::Function::New(env, autocast_code, "autocastCode");
  exports["enterAutocast"] = Napi::Function::New(env, enter_autocast, "enterAutocast");
  exports["exitAutocast"] = Napi::Function::New(env, exit_autocast, "exitAutocast");
}

}  // namespace um
