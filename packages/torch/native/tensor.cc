// What a tensor is (shape, dtype, device) and the exchange of its storage with typed arrays.
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include "addon.h"

namespace um {

View view_of(const Napi::Value& value) {
  TORCH_CHECK(value.IsTypedArray(), "expected a typed array");
  const size_t bytes = value.As<Napi::TypedArray>().ByteLength();
  void* data = nullptr;
  napi_get_typedarray_info(value.Env(), value, nullptr, nullptr, &data, nullptr, nullptr);
  return {data, bytes};
}

void check_bytes(const View& view, at::IntArrayRef sizes, at::ScalarType type) {
  size_t bytes = at::elementSize(type);
  for (const int64_t size : sizes) bytes *= size;
  TORCH_CHECK(
      bytes == view.bytes, "expected ", bytes, " bytes for shape ", sizes,
      " but got an array of ", view.bytes);
}

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

napi_value dispose(napi_env env, napi_callback_info info) {
  const auto [addon, handle] = plain_handle(env, info);
  addon.tensors.remove(handle);
  addon.borrowed->release(env);
  return nullptr;
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

// fromArray(view, shape, dtype, borrow): borrowed memory is not copied and stays with the array.
Napi::Value from_array(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    Addon& addon = Addon::of(info.Env());
    const View view = view_of(info[0]);
    const auto sizes = to_sizes(info[1]);
    const auto type = static_cast<at::ScalarType>(info[2].ToNumber().Int32Value());
    check_bytes(view, sizes, type);
    const auto options = at::TensorOptions().dtype(type);
    if (!info[3].ToBoolean()) {
      at::Tensor copy = at::empty(sizes, options);
      if (view.bytes > 0) std::memcpy(copy.data_ptr(), view.data, view.bytes);
      return Napi::Number::New(info.Env(), addon.tensors.add(std::move(copy)));
    }
    napi_ref reference;
    napi_create_reference(info.Env(), info[0], 1, &reference);
    auto give_back = [borrowed = addon.borrowed, reference](void*) { borrowed->drop(reference); };
    return Napi::Number::New(
        info.Env(), addon.tensors.add(at::from_blob(view.data, sizes, give_back, options)));
  });
}

const at::Tensor& dense_of(const Napi::CallbackInfo& info) {
  const at::Tensor& tensor = tensor_of(info);
  TORCH_CHECK(
      tensor.is_cpu() && tensor.is_contiguous(),
      "expected a contiguous tensor on the CPU but got ", describe_tensor(tensor));
  return tensor;
}

// copyTo(handle, view): the elements, into an array of as many bytes.
Napi::Value copy_to(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const at::Tensor& tensor = dense_of(info);
    const View view = view_of(info[1]);
    TORCH_CHECK(
        view.bytes == tensor.nbytes(), "expected an array of ", tensor.nbytes(),
        " bytes but got ", view.bytes);
    if (view.bytes > 0) std::memcpy(view.data, tensor.data_ptr(), view.bytes);
    return info.Env().Undefined();
  });
}

// buffer(handle): an ArrayBuffer over the tensor's own memory, which it keeps alive.
Napi::Value buffer(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    const at::Tensor& tensor = dense_of(info);
    if (tensor.nbytes() == 0) return Napi::ArrayBuffer::New(info.Env(), 0);
    auto* owner = new at::Tensor(tensor.detach());
    return Napi::ArrayBuffer::New(
        info.Env(), owner->data_ptr(), owner->nbytes(),
        [](Napi::Env, void*, at::Tensor* held) { delete held; }, owner);
  });
}

}  // namespace

void export_tensor(Napi::Env env, Napi::Object exports) {
  export_plain(env, exports, "dispose", dispose);
  exports["shape"] = Napi::Function::New(env, shape, "shape");
  exports["strides"] = Napi::Function::New(env, strides, "strides");
  exports["dtype"] = Napi::Function::New(env, dtype, "dtype");
  exports["device"] = Napi::Function::New(env, device, "device");
  exports["fromArray"] = Napi::Function::New(env, from_array, "fromArray");
  exports["copyTo"] = Napi::Function::New(env, copy_to, "copyTo");
  exports["buffer"] = Napi::Function::New(env, buffer, "buffer");
}

}  // namespace um
