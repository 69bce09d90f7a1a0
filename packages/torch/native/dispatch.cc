// The one boxed call through which every operator of libtorch is reached.
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/grad_mode.h>

#include <sstream>

#include "addon.h"
#include "compat.h"

namespace um {

namespace {

constexpr size_t kMaxArguments = 32;
constexpr size_t kUsualArguments = 6;

// The first line of libtorch's message, without the C++ stack that follows.
std::string first_line(const std::exception& cause) {
  const auto* error = dynamic_cast<const c10::Error*>(&cause);
  const std::string text = error != nullptr ? error->what_without_backtrace() : cause.what();
  return text.substr(0, text.find('\n'));
}

// Never the elements of a tensor, and of a long list only the beginning.
void describe_value(std::ostream& text, const c10::IValue& value) {
  if (value.isTensor()) {
    text << (value.toTensor().defined() ? describe_tensor(value.toTensor()) : "none");
  } else if (value.isList()) {
    constexpr size_t kShown = 8;
    const auto items = value.toListRef();
    text << "[";
    for (size_t i = 0; i < items.size() && i < kShown; i++) {
      if (i > 0) text << ", ";
      describe_value(text, items[i]);
    }
    text << (items.size() > kShown ? ", ...]" : "]");
  } else {
    text << value;
  }
}

std::string describe_arguments(const Operator& op, const std::vector<c10::IValue>& arguments) {
  std::ostringstream text;
  for (size_t i = 0; i < arguments.size(); i++) {
    const c10::IValue& argument = arguments[i];
    if (argument.isNone()) continue;
    if (text.tellp() > 0) text << ", ";
    text << op.parameters[i].name << ": ";
    describe_value(text, argument);
  }
  return text.str();
}

std::string full_name(const Operator& op) {
  const auto& name = op.handle.operator_name();
  return name.overload_name.empty() ? name.name : name.name + "." + name.overload_name;
}

// The operator may have consumed its stack, so the arguments are read again.
std::vector<c10::IValue> arguments_of(
    Addon& addon, const Operator& op, const napi_value* given, size_t count) {
  std::vector<c10::IValue> arguments;
  try {
    for (size_t i = 0; i < op.parameters.size() && i < count; i++) {
      arguments.push_back(to_ivalue(addon, addon.env, given[i], op.parameters[i]));
    }
  } catch (const std::exception&) {
    // The argument that cannot be converted is the one that the error names.
  }
  return arguments;
}

void throw_error(
    Addon& addon, const std::exception& cause, const Operator* op, const napi_value* given,
    size_t count) {
  try {
    const std::string name = op == nullptr ? "" : full_name(*op);
    const std::string arguments =
        op == nullptr ? "" : describe_arguments(*op, arguments_of(addon, *op, given, count));
    to_error(addon, cause, name, arguments).ThrowAsJavaScriptException();
  } catch (const Napi::Error& error) {
    // Making the error failed, as when the JavaScript stack is full; nothing may leave a plain
    // callback.
    error.ThrowAsJavaScriptException();
  }
}

// Whether autograd may record something.
bool needs_autograd(const std::vector<c10::IValue>& arguments) {
  if (!at::GradMode::is_enabled()) return false;
  for (const c10::IValue& argument : arguments) {
    if (argument.isTensor()) {
      if (argument.toTensor().defined() && argument.toTensor().requires_grad()) return true;
    } else if (argument.isList()) {
      for (const c10::IValue& item : argument.toListRef()) {
        if (item.isTensor() && item.toTensor().defined() && item.toTensor().requires_grad()) return true;
      }
    }
  }
  return false;
}

// Nothing, one value, or an array of several.
napi_value to_javascript(Addon& addon, napi_env env, const std::vector<c10::IValue>& values) {
  if (values.empty()) return nullptr;
  if (values.size() == 1) return to_javascript(addon, env, values[0]);
  napi_value results;
  napi_create_array_with_length(env, values.size(), &results);
  for (size_t i = 0; i < values.size(); i++) {
    napi_set_element(env, results, i, to_javascript(addon, env, values[i]));
  }
  return results;
}

napi_value call(napi_env env, napi_callback_info info) {
  napi_value argv[kMaxArguments + 1];
  size_t argc = kUsualArguments + 1;
  void* data;
  // What was not given is filled up, which takes time for many.
  napi_get_cb_info(env, info, &argc, argv, nullptr, &data);
  if (argc > kUsualArguments + 1) {
    argc = kMaxArguments + 1;
    napi_get_cb_info(env, info, &argc, argv, nullptr, &data);
  }
  auto& addon = *static_cast<Addon*>(data);

  const Operator* op = nullptr;
  // The memory of the last call's; errors leave it to the next one to take anew.
  std::vector<c10::IValue> stack = std::move(addon.stack);
  try {
    uint32_t index;
    TORCH_CHECK(
        argc > 0 && napi_get_value_uint32(env, argv[0], &index) == napi_ok,
        "expected an operator index");
    op = &addon.resolve(index);
    const size_t given = argc - 1;
    TORCH_CHECK(
        given <= op->parameters.size(), "expected at most ", op->parameters.size(),
        " arguments but got ", given);
    stack.reserve(op->parameters.size());
    for (size_t i = 0; i < op->parameters.size(); i++) {
      const Parameter& parameter = op->parameters[i];
      if (i < given) {
        stack.push_back(to_ivalue(addon, env, argv[i + 1], parameter));
      } else {
        TORCH_CHECK(!parameter.required, "expected a value for `", parameter.name, "`");
        stack.push_back(parameter.fallback);
      }
    }
    if (needs_autograd(stack)) {
      op->handle.callBoxed(stack);
    } else {
      // Nothing would be recorded: its dispatch costs a small operator a tenth of its time.
      const at::AutoDispatchBelowAutograd guard;
      op->handle.callBoxed(stack);
    }
    napi_value result = op->returns_self ? nullptr : to_javascript(addon, env, stack);
    stack.clear();
    addon.stack = std::move(stack);
    return result;
  } catch (const std::exception& cause) {
    throw_error(addon, cause, op, argv + 1, argc - 1);
    return nullptr;
  }
}

Napi::Value initialize(const Napi::CallbackInfo& info) {
  Addon& addon = Addon::of(info.Env());
  const auto names = info[0].As<Napi::Array>();
  for (uint32_t i = 0; i < names.Length(); i++) {
    addon.operator_names.push_back(names.Get(i).ToString());
  }
  addon.operators.resize(names.Length());
  addon.make_error = Napi::Persistent(info[1].As<Napi::Function>());
  return info.Env().Undefined();
}

Napi::Value operator_index(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    Addon& addon = Addon::of(info.Env());
    return Napi::Number::New(info.Env(), addon.index_of(info[0].ToString()));
  });
}

Napi::Value schema(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    std::ostringstream text;
    text << Addon::of(info.Env()).resolve(handle_of(info, 0)).handle.schema();
    return Napi::String::New(info.Env(), text.str());
  });
}

// offersKernel(name, device, half): whether an operator is there for a kind of device. On a CPU
// without products of bf16 none is there for those, nor under autocast: libtorch's own change
// precision then.
Napi::Value offers_kernel(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const bool uses = Addon::of(info.Env()).uses_kernels;
    const bool is_cpu = c10::Device(info[1].ToString().Utf8Value()).is_cpu();
    const auto handle =
        c10::Dispatcher::singleton().findSchema({info[0].ToString().Utf8Value(), ""});
    const bool is_half = is_cpu &&
        (info[2].ToBoolean() || compat::autocast(c10::DeviceType::CPU).has_value());
    const auto key = is_cpu ? c10::DispatchKey::CPU : c10::DispatchKey::CUDA;
    const bool offers = uses && (!is_half || multiplies_halves()) && handle.has_value() &&
        (handle->hasKernelForDispatchKey(key) ||
         handle->hasKernelForDispatchKey(c10::DispatchKey::CompositeImplicitAutograd));
    return Napi::Boolean::New(info.Env(), offers);
  });
}

Napi::Value use_kernels(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    Addon::of(info.Env()).uses_kernels = info[0].ToBoolean();
    return info.Env().Undefined();
  });
}

// The schemas of all overloads, for the code generator.
Napi::Value schemas(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const auto names = c10::Dispatcher::singleton().getAllOpNames();
    const auto result = Napi::Array::New(info.Env());
    uint32_t count = 0;
    for (const auto& name : names) {
      const auto handle = c10::Dispatcher::singleton().findSchema(name);
      if (!handle.has_value()) continue;
      std::ostringstream text;
      text << handle->schema();
      result.Set(count++, text.str());
    }
    return result;
  });
}

}  // namespace

Napi::Error to_error(
    Addon& addon, const std::exception& cause, const std::string& operator_name,
    const std::string& arguments) {
  Napi::Env env = addon.env;
  const std::string text = cause.what();
  const auto tells = [&text](const char* words) { return text.find(words) != std::string::npos; };
  // CUDA's libraries take memory of their own.
  const bool out_of_memory = dynamic_cast<const c10::OutOfMemoryError*>(&cause) != nullptr ||
      dynamic_cast<const std::bad_alloc*>(&cause) != nullptr || tells("DefaultCPUAllocator") ||
      tells("out of memory") || tells("STATUS_ALLOC_FAILED");
  const Napi::Value error = addon.make_error.Call(
      {Napi::String::New(env, first_line(cause)), Napi::Boolean::New(env, out_of_memory),
       Napi::String::New(env, operator_name), Napi::String::New(env, arguments)});
  return Napi::Error(env, error);
}

const Operator& Addon::resolve(uint32_t index) {
  TORCH_CHECK(index < operators.size(), "expected an operator index but got ", index);
  if (operators[index] == nullptr) {
    const std::string& full = operator_names[index];
    const size_t dot = full.find('.');
    const auto handle = c10::Dispatcher::singleton().findSchema(
        {full.substr(0, dot), dot == std::string::npos ? "" : full.substr(dot + 1)});
    TORCH_CHECK(handle.has_value(), "libtorch has no operator ", full);
    operators[index] = std::make_unique<Operator>(describe(*handle));
  }
  return *operators[index];
}

uint32_t Addon::index_of(const std::string& name) {
  for (uint32_t i = 0; i < operator_names.size(); i++) {
    if (operator_names[i] == name) return i;
  }
  operator_names.push_back(name);
  operators.resize(operator_names.size());
  const auto index = static_cast<uint32_t>(operators.size() - 1);
  try {
    resolve(index);
  } catch (...) {
    operator_names.pop_back();
    operators.pop_back();
    throw;
  }
  return index;
}

void export_dispatch(Napi::Env env, Napi::Object exports) {
  exports["initialize"] = Napi::Function::New(env, initialize, "initialize");
  exports["operatorIndex"] = Napi::Function::New(env, operator_index, "operatorIndex");
  exports["offersKernel"] = Napi::Function::New(env, offers_kernel, "offersKernel");
  exports["useKernels"] = Napi::Function::New(env, use_kernels, "useKernels");
  exports["schema"] = Napi::Function::New(env, schema, "schema");
  exports["schemas"] = Napi::Function::New(env, schemas, "schemas");

  export_plain(env, exports, "call", call);
}

}  // namespace um
