// What a tensor is (shape, dtype, device) and the exchange of its storage with typed arrays.
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include "addon.h"

namespace um {

namespace {

const at::Tensor& tensor_of(const Napi::CallbackInfo& info) {
  return Addon::of(info.Env()).tensors.at(handle_of(info, 0));
}

Napi::Array to_array(Napi::Env env, at::IntArrayRef sizes) {
  const auto array = Napi::Array::New(env, sizes.size());
  for (uint32_t i = 0; i < sizes.size(); i++) {
    array.Set(i, Napi::Number::New(env, static_cast<double>(sizes[i])));
  }
  return array;
}

Napi::Value dispose(const Napi::CallbackInfo& info) {
  Addon::of(info.Env()).tensors.remove(handle_of(info, 0));
  return info.Env().Undefined();
}

Napi::Value shape(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] { return to_array(info.Env(), tensor_of(info).sizes()); });
}

Napi::Value strides(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] { return to_array(info.Env(), tensor_of(info).strides()); });
}

Napi::Value dtype(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    return Napi::Number::New(info.Env(), static_cast<int>(tensor_of(info).scalar_type()));
  });
}

Napi::Value device(const Napi::CallbackInfo& info) {
  return guard(
      info.Env(), [&] { return Napi::String::New(info.Env(), tensor_of(info).device().str()); });
}

void release_dropped(Addon& addon) {
  std::vector<napi_ref> dropped;
  {
    const std::lock_guard<std::mutex> lock(addon.borrowed->mutex);
    dropped.swap(addon.borrowed->dropped);
  }
  for (napi_ref reference : dropped) napi_delete_reference(addon.env, reference);
}

// fromArray(view, shape, dtype, borrow): borrowed memory is not copied and stays with the array.
Napi::Value from_array(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    Addon& addon = Addon::of(info.Env());
    release_dropped(addon);
    const auto view = info[0].As<Napi::TypedArray>();
    const auto sizes = to_sizes(info[1]);
    const auto type = static_cast<at::ScalarType>(info[2].ToNumber().Int32Value());
    void* data = static_cast<char*>(view.ArrayBuffer().Data()) + view.ByteOffset();
    size_t bytes = at::elementSize(type);
    for (const int64_t size : sizes) bytes *= size;
    TORCH_CHECK(
        bytes == view.ByteLength(), "expected ", bytes, " bytes for shape ",
        at::IntArrayRef(sizes), " but got an array of ", view.ByteLength());

    const auto options = at::TensorOptions().dtype(type);
    if (!info[3].ToBoolean()) {
      at::Tensor copy = at::empty(sizes, options);
      if (bytes > 0) std::memcpy(copy.data_ptr(), data, bytes);
      return Napi::Number::New(info.Env(), addon.tensors.add(std::move(copy)));
    }
    napi_ref reference;
    napi_create_reference(info.Env(), info[0], 1, &reference);
    auto give_back = [borrowed = addon.borrowed, reference](void*) {
      const std::lock_guard<std::mutex> lock(borrowed->mutex);
      borrowed->dropped.push_back(reference);
    };
    return Napi::Number::New(
        info.Env(), addon.tensors.add(at::from_blob(data, sizes, give_back, options)));
  });
}

// buffer(handle): an ArrayBuffer over the tensor's own memory, which it keeps alive.
Napi::Value buffer(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    const at::Tensor& tensor = tensor_of(info);
    TORCH_CHECK(
        tensor.is_cpu() && tensor.is_contiguous(),
        "expected a contiguous tensor on the CPU but got ", describe_tensor(tensor));
    if (tensor.nbytes() == 0) return Napi::ArrayBuffer::New(info.Env(), 0);
    auto* owner = new at::Tensor(tensor.detach());
    return Napi::ArrayBuffer::New(
        info.Env(), owner->data_ptr(), owner->nbytes(),
        [](Napi::Env, void*, at::Tensor* held) { delete held; }, owner);
  });
}

}  // namespace

void export_tensor(Napi::Env env, Napi::Object exports) {
  exports["dispose"] = Napi::Function::New(env, dispose, "dispose");
  exports["shape"] = Napi::Function::New(env, shape, "shape");
  exports["strides"] = Napi::Function::New(env, strides, "strides");
  exports["dtype"] = Napi::Function::New(env, dtype, "dtype");
  exports["device"] = Napi::Function::New(env, device, "device");
  exports["fromArray"] = Napi::Function::New(env, from_array, "fromArray");
  exports["buffer"] = Napi::Function::New(env, buffer, "buffer");
}

}  // namespace um
