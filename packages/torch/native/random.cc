// Random generators as objects of their own, whose state can be saved and restored.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>

#include "addon.h"

namespace um {

namespace {

at::Generator create_on(const c10::Device& device) {
  if (device.is_cpu()) return at::detail::createCPUGenerator();
  // A clone of the device's default generator needs no CUDA header.
  return at::globalContext().defaultGenerator(device).clone();
}

const at::Generator& generator_of(const Napi::CallbackInfo& info) {
  return Addon::of(info.Env()).generators.at(handle_of(info, 0));
}

// createGenerator(device, seed)
Napi::Value create_generator(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    at::Generator generator = create_on(c10::Device(info[0].ToString().Utf8Value()));
    generator.set_current_seed(static_cast<uint64_t>(info[1].ToNumber().Int64Value()));
    return Napi::Number::New(
        info.Env(), Addon::of(info.Env()).generators.add(std::move(generator)));
  });
}

Napi::Value dispose_generator(const Napi::CallbackInfo& info) {
  Addon::of(info.Env()).generators.remove(handle_of(info, 0));
  return info.Env().Undefined();
}

// A handle to a u8 tensor that holds the whole state.
Napi::Value generator_state(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    return Napi::Number::New(
        info.Env(), Addon::of(info.Env()).tensors.add(generator_of(info).get_state()));
  });
}

Napi::Value set_generator_state(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    at::Generator generator = generator_of(info);
    generator.set_state(Addon::of(info.Env()).tensors.at(handle_of(info, 1)));
    return info.Env().Undefined();
  });
}

}  // namespace

void export_random(Napi::Env env, Napi::Object exports) {
  exports["createGenerator"] = Napi::Function::New(env, create_generator, "createGenerator");
  exports["disposeGenerator"] = Napi::Function::New(env, dispose_generator, "disposeGenerator");
  exports["generatorState"] = Napi::Function::New(env, generator_state, "generatorState");
  exports["setGeneratorState"] =
      Napi::Function::New(env, set_generator_state, "setGeneratorState");
}

}  // namespace um
