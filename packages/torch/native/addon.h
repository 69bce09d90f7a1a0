// What the files of the addon share: its state, the handle tables, and the guard around every
// entry.
#pragma once

#define NAPI_VERSION 8
#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <napi.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace um {

// JavaScript names native objects by small integers; 0 is the disposed object.
template <typename T>
class HandleTable {
 public:
  uint32_t add(T value) {
    if (free_.empty()) {
      slots_.push_back(std::move(value));
      return static_cast<uint32_t>(slots_.size());
    }
    const uint32_t handle = free_.back();
    free_.pop_back();
    slots_[handle - 1] = std::move(value);
    return handle;
  }

  const T& at(uint32_t handle) const {
    TORCH_CHECK(
        handle != 0 && handle <= slots_.size() && slots_[handle - 1].defined(),
        "expected a live object but it was disposed; `keep` it, or use it inside its scope");
    return slots_[handle - 1];
  }

  void remove(uint32_t handle) {
    if (handle == 0 || handle > slots_.size() || !slots_[handle - 1].defined()) return;
    slots_[handle - 1] = T();
    free_.push_back(handle);
  }

  size_t live() const { return slots_.size() - free_.size(); }

 private:
  std::vector<T> slots_;
  std::vector<uint32_t> free_;
};

// How a JavaScript value becomes the IValue that a schema asks for.
enum class Kind {
  Tensor,
  TensorList,
  OptionalTensorList,
  Scalar,
  Int,
  IntList,
  Float,
  FloatList,
  Bool,
  BoolList,
  String,
  Device,
  Generator,
};

struct Parameter {
  std::string name;
  Kind kind;
  bool optional;
  bool required;
  // A single number is accepted where a list of this length is expected; 0 for none.
  int32_t broadcast;
  c10::IValue fallback;
};

// One operator, resolved against the schema of the libtorch that is loaded.
struct Operator {
  c10::OperatorHandle handle;
  std::vector<Parameter> parameters;
  // In-place operators return their first argument, which JavaScript already holds.
  bool returns_self;
};

// Arrays that tensors borrow; released on the JavaScript thread, whichever thread drops the tensor.
class BorrowedArrays {
 public:
  void drop(napi_ref reference) {
    const std::lock_guard<std::mutex> lock(mutex_);
    dropped_.push_back(reference);
    any_ = true;
  }

  void release(napi_env env) {
    if (!any_) return;
    const std::lock_guard<std::mutex> lock(mutex_);
    for (napi_ref reference : dropped_) napi_delete_reference(env, reference);
    dropped_.clear();
    any_ = false;
  }

 private:
  std::atomic<bool> any_{false};
  std::mutex mutex_;
  std::vector<napi_ref> dropped_;
};

// One per Node environment, so that every worker thread has its own.
struct Addon {
  explicit Addon(Napi::Env env) : env(env) {}

  Napi::Env env;
  HandleTable<at::Tensor> tensors;
  HandleTable<at::Generator> generators;
  std::vector<std::string> operator_names;
  std::vector<std::unique_ptr<Operator>> operators;
  Napi::FunctionReference make_error;
  // Empty; its memory serves one call after the other.
  std::vector<c10::IValue> stack;
  // Whether operators of our own are used at all.
  bool uses_kernels = true;
  std::shared_ptr<BorrowedArrays> borrowed = std::make_shared<BorrowedArrays>();

  const Operator& resolve(uint32_t index);
  uint32_t index_of(const std::string& name);

  static Addon& of(Napi::Env env) { return *env.GetInstanceData<Addon>(); }
};

Napi::Error to_error(
    Addon& addon, const std::exception& cause, const std::string& operator_name,
    const std::string& arguments);

// Runs `body` and turns any C++ exception into the error class of the TypeScript side.
template <typename Body>
auto guard(Napi::Env env, Body body) -> decltype(body()) {
  try {
    return body();
  } catch (const Napi::Error&) {
    throw;
  } catch (const std::exception& cause) {
    throw to_error(Addon::of(env), cause, "", "");
  }
}

c10::IValue to_ivalue(Addon& addon, napi_env env, napi_value value, const Parameter& parameter);
napi_value to_javascript(Addon& addon, napi_env env, const c10::IValue& value);
Operator describe(const c10::OperatorHandle& handle);
std::vector<int64_t> to_sizes(const Napi::Value& value);
std::vector<at::Tensor> to_tensors(Addon& addon, const Napi::Value& value);
std::string describe_tensor(const at::Tensor& tensor);

// The memory of a typed array, shared ones included.
struct View {
  void* data;
  size_t bytes;
};
View view_of(const Napi::Value& value);
void check_bytes(const View& view, at::IntArrayRef sizes, at::ScalarType type);

uint32_t handle_of(const Napi::CallbackInfo& info, size_t position);

// For what every tensor passes: node-addon-api's wrapper costs a small operator a tenth of its
// time. The callback's data is the `Addon`; it must not let exceptions through.
void export_plain(Napi::Env env, Napi::Object exports, const char* name, napi_callback callback);

// What a plain callback got whose one argument is a handle.
struct PlainHandle {
  Addon& addon;
  uint32_t handle;
};
PlainHandle plain_handle(napi_env env, napi_callback_info info);

// Whether kernels of the CPU have products of bf16 that are faster than those of f32.
bool multiplies_halves();

void export_dispatch(Napi::Env env, Napi::Object exports);
void export_tensor(Napi::Env env, Napi::Object exports);
void export_autograd(Napi::Env env, Napi::Object exports);
void export_memory(Napi::Env env, Napi::Object exports);
void export_device(Napi::Env env, Napi::Object exports);
void export_random(Napi::Env env, Napi::Object exports);
void export_profile(Napi::Env env, Napi::Object exports);
void export_transfer(Napi::Env env, Napi::Object exports);
void export_libraries(Napi::Env env, Napi::Object exports);
#ifdef UM_CUDA
void export_graph(Napi::Env env, Napi::Object exports);
void export_device_memory(Napi::Env env, Napi::Object exports);
void export_trace(Napi::Env env, Napi::Object exports);
#endif

}  // namespace um
