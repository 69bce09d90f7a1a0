// JavaScript values to IValues and back, as the operator's schema says.
#include <cmath>
#include <sstream>

#include "addon.h"
#include "compat.h"

namespace um {

namespace {

void check(napi_status status, const Parameter& parameter, const char* expected) {
  TORCH_CHECK(status == napi_ok, "expected ", expected, " for `", parameter.name, "`");
}

bool is_nullish(napi_env env, napi_value value) {
  napi_valuetype type;
  napi_typeof(env, value, &type);
  return type == napi_undefined || type == napi_null;
}

at::Tensor tensor_from(Addon& addon, napi_env env, napi_value value, const Parameter& parameter) {
  uint32_t handle;
  check(napi_get_value_uint32(env, value, &handle), parameter, "a tensor");
  return addon.tensors.at(handle);
}

double number_from(napi_env env, napi_value value, const Parameter& parameter) {
  double number;
  check(napi_get_value_double(env, value, &number), parameter, "a number");
  return number;
}

// Beyond these, doubles do not hold every integer.
constexpr double kLargestInteger = 9007199254740991.0;

bool is_integer(double number) {
  return std::abs(number) <= kLargestInteger && std::trunc(number) == number;
}

int64_t integer_from(napi_env env, napi_value value, const Parameter& parameter) {
  const double number = number_from(env, value, parameter);
  TORCH_CHECK(
      is_integer(number), "expected an integer for `", parameter.name, "` but got ", number);
  return static_cast<int64_t>(number);
}

bool boolean_from(napi_env env, napi_value value, const Parameter& parameter) {
  bool boolean;
  check(napi_get_value_bool(env, value, &boolean), parameter, "true or false");
  return boolean;
}

std::string string_from(napi_env env, napi_value value, const Parameter& parameter) {
  size_t length;
  check(napi_get_value_string_utf8(env, value, nullptr, 0, &length), parameter, "a string");
  std::string text(length, '\0');
  napi_get_value_string_utf8(env, value, text.data(), length + 1, &length);
  return text;
}

// Whole numbers become integers, as literals do in Python.
at::Scalar scalar_from(napi_env env, napi_value value, const Parameter& parameter) {
  napi_valuetype type;
  napi_typeof(env, value, &type);
  if (type == napi_boolean) return at::Scalar(boolean_from(env, value, parameter));
  if (type == napi_bigint) {
    int64_t integer;
    bool lossless;
    napi_get_value_bigint_int64(env, value, &integer, &lossless);
    TORCH_CHECK(lossless, "expected a 64-bit integer for `", parameter.name, "`");
    return at::Scalar(integer);
  }
  const double number = number_from(env, value, parameter);
  const bool negative_zero = number == 0 && std::signbit(number);
  return is_integer(number) && !negative_zero ? at::Scalar(static_cast<int64_t>(number))
                                              : at::Scalar(number);
}

template <typename Item>
auto list_from(napi_env env, napi_value value, const Parameter& parameter, Item item)
    -> std::vector<decltype(item(value))> {
  std::vector<decltype(item(value))> items;
  bool is_array;
  napi_is_array(env, value, &is_array);
  if (!is_array) {
    TORCH_CHECK(parameter.broadcast > 0, "expected an array for `", parameter.name, "`");
    items.assign(parameter.broadcast, item(value));
    return items;
  }
  uint32_t length;
  napi_get_array_length(env, value, &length);
  items.reserve(length);
  for (uint32_t i = 0; i < length; i++) {
    napi_value element;
    napi_get_element(env, value, i, &element);
    items.push_back(item(element));
  }
  return items;
}

Kind kind_of(const c10::TypePtr& type, const std::string& name) {
  using c10::TypeKind;
  switch (type->kind()) {
    case TypeKind::TensorType:
      return Kind::Tensor;
    case TypeKind::NumberType:
      return Kind::Scalar;
    case TypeKind::IntType:
      return Kind::Int;
    case TypeKind::FloatType:
      return Kind::Float;
    case TypeKind::BoolType:
      return Kind::Bool;
    case TypeKind::StringType:
      return Kind::String;
    case TypeKind::DeviceObjType:
      return Kind::Device;
    case TypeKind::GeneratorType:
      return Kind::Generator;
    case TypeKind::ListType: {
      const auto element = type->castRaw<c10::ListType>()->getElementType();
      if (element->kind() == TypeKind::OptionalType) return Kind::OptionalTensorList;
      switch (element->kind()) {
        case TypeKind::TensorType:
          return Kind::TensorList;
        case TypeKind::IntType:
          return Kind::IntList;
        case TypeKind::FloatType:
          return Kind::FloatList;
        case TypeKind::BoolType:
          return Kind::BoolList;
        default:
          break;
      }
      break;
    }
    default:
      break;
  }
  TORCH_CHECK(false, "`", name, "` has the type ", type->str(), ", which this binding cannot pass");
}

}  // namespace

c10::IValue to_ivalue(Addon& addon, napi_env env, napi_value value, const Parameter& parameter) {
  if (parameter.kind == Kind::Tensor) {
    // The common case first: a handle needs no look at its type.
    uint32_t handle;
    if (napi_get_value_uint32(env, value, &handle) == napi_ok) return addon.tensors.at(handle);
  }
  if (is_nullish(env, value)) {
    TORCH_CHECK(!parameter.required, "expected a value for `", parameter.name, "`");
    return parameter.fallback;
  }
  switch (parameter.kind) {
    case Kind::Tensor:
      return tensor_from(addon, env, value, parameter);
    case Kind::TensorList: {
      return list_from(env, value, parameter, [&](napi_value item) {
        return tensor_from(addon, env, item, parameter);
      });
    }
    case Kind::OptionalTensorList: {
      c10::List<compat::optional<at::Tensor>> tensors;
      uint32_t length;
      check(napi_get_array_length(env, value, &length), parameter, "an array");
      for (uint32_t i = 0; i < length; i++) {
        napi_value item;
        napi_get_element(env, value, i, &item);
        tensors.push_back(
            is_nullish(env, item) ? compat::optional<at::Tensor>()
                                  : tensor_from(addon, env, item, parameter));
      }
      return tensors;
    }
    case Kind::Scalar:
      return scalar_from(env, value, parameter);
    case Kind::Int:
      return integer_from(env, value, parameter);
    case Kind::IntList:
      return list_from(env, value, parameter, [&](napi_value item) {
        return integer_from(env, item, parameter);
      });
    case Kind::Float:
      return number_from(env, value, parameter);
    case Kind::FloatList:
      return list_from(env, value, parameter, [&](napi_value item) {
        return number_from(env, item, parameter);
      });
    case Kind::Bool:
      return boolean_from(env, value, parameter);
    case Kind::BoolList: {
      c10::List<bool> flags;
      for (const char flag : list_from(env, value, parameter, [&](napi_value item) {
             return static_cast<char>(boolean_from(env, item, parameter));
           })) {
        flags.push_back(flag != 0);
      }
      return flags;
    }
    case Kind::String:
      return string_from(env, value, parameter);
    case Kind::Device:
      return c10::Device(string_from(env, value, parameter));
    case Kind::Generator:
      return addon.generators.at(static_cast<uint32_t>(integer_from(env, value, parameter)));
  }
  return {};
}

napi_value to_javascript(Addon& addon, napi_env env, const c10::IValue& value) {
  napi_value result;
  const auto array = [&](const auto& items) {
    napi_create_array_with_length(env, items.size(), &result);
    uint32_t i = 0;
    for (const c10::IValue& item : items) {
      napi_set_element(env, result, i++, to_javascript(addon, env, item));
    }
    return result;
  };
  if (value.isTensor()) {
    const at::Tensor& tensor = value.toTensor();
    if (tensor.defined()) {
      napi_create_uint32(env, addon.tensors.add(tensor), &result);
    } else {
      napi_get_null(env, &result);
    }
  } else if (value.isDouble()) {
    napi_create_double(env, value.toDouble(), &result);
  } else if (value.isInt()) {
    const int64_t integer = value.toInt();
    if (is_integer(static_cast<double>(integer))) {
      napi_create_double(env, static_cast<double>(integer), &result);
    } else {
      napi_create_bigint_int64(env, integer, &result);
    }
  } else if (value.isBool()) {
    napi_get_boolean(env, value.toBool(), &result);
  } else if (value.isNone()) {
    napi_get_null(env, &result);
  } else if (value.isTuple()) {
    return array(value.toTupleRef().elements());
  } else if (value.isList()) {
    const auto list = value.toListRef();
    return array(std::vector<c10::IValue>(list.begin(), list.end()));
  } else {
    TORCH_CHECK(false, "a result of kind ", value.tagKind(), " cannot be handed to JavaScript");
  }
  return result;
}

Operator describe(const c10::OperatorHandle& handle) {
  const c10::FunctionSchema& schema = handle.schema();
  Operator op{handle, {}, false};
  for (const c10::Argument& argument : schema.arguments()) {
    c10::TypePtr type = argument.type();
    const bool optional = type->kind() == c10::TypeKind::OptionalType;
    if (optional) type = type->castRaw<c10::OptionalType>()->getElementType();
    const auto fallback = argument.default_value();
    op.parameters.push_back(
        {argument.name(), kind_of(type, argument.name()), optional,
         !optional && !fallback.has_value(), argument.N().value_or(0),
         fallback.has_value() ? *fallback : c10::IValue()});
  }
  const auto& returns = schema.returns();
  op.returns_self = returns.size() == 1 && returns[0].alias_info() != nullptr &&
      returns[0].alias_info()->isWrite();
  return op;
}

// The names that TypeScript uses, see src/dtype.ts.
static const char* short_name(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return "f32";
    case at::kDouble:
      return "f64";
    case at::kHalf:
      return "f16";
    case at::kBFloat16:
      return "bf16";
    case at::kLong:
      return "i64";
    case at::kInt:
      return "i32";
    case at::kByte:
      return "u8";
    case at::kBool:
      return "bool";
    default:
      return c10::toString(type);
  }
}

std::string describe_tensor(const at::Tensor& tensor) {
  std::ostringstream text;
  text << short_name(tensor.scalar_type()) << tensor.sizes();
  if (!tensor.is_cpu()) text << " on " << tensor.device();
  return text.str();
}

std::vector<int64_t> to_sizes(const Napi::Value& value) {
  TORCH_CHECK(value.IsArray(), "expected an array of sizes");
  const auto array = value.As<Napi::Array>();
  std::vector<int64_t> sizes(array.Length());
  for (uint32_t i = 0; i < array.Length(); i++) {
    const double size = array.Get(i).ToNumber();
    TORCH_CHECK(is_integer(size) && size >= 0, "expected a size but got ", size);
    sizes[i] = static_cast<int64_t>(size);
  }
  return sizes;
}

std::vector<at::Tensor> to_tensors(Addon& addon, const Napi::Value& value) {
  TORCH_CHECK(value.IsArray(), "expected an array of tensors");
  const auto array = value.As<Napi::Array>();
  std::vector<at::Tensor> tensors(array.Length());
  for (uint32_t i = 0; i < array.Length(); i++) {
    const Napi::Value item = array.Get(i);
    if (!item.IsNull()) tensors[i] = addon.tensors.at(item.ToNumber().Uint32Value());
  }
  return tensors;
}

uint32_t handle_of(const Napi::CallbackInfo& info, size_t position) {
  return info[position].ToNumber().Uint32Value();
}

}  // namespace um
