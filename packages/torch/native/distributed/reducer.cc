// libtorch's own reduction of gradients, which overlaps with the backward pass (Li et al. 2020,
// arXiv:2006.15704).
#include <torch/csrc/distributed/c10d/reducer.hpp>

#include <algorithm>
#include <type_traits>

#include "exports.h"
#include "group.h"

namespace um {

namespace distributed {

namespace {

using Reducer = std::shared_ptr<c10d::Reducer>;
using Buckets = std::vector<std::vector<size_t>>;

struct Parts {
  std::vector<at::Tensor> parameters;
  std::unordered_map<size_t, std::string> names;
  ProcessGroup group;
};

// The constructor has lost and gained arguments in several versions of libtorch.
template <typename Type>
std::shared_ptr<Type> make_reducer(
    const Parts& parts, const Buckets& buckets, const std::vector<size_t>& limits) {
  using Sparse = std::vector<bool>;
  using Names = std::unordered_map<size_t, std::string>;
  const auto& [parameters, names, group] = parts;
  using Tensors = std::vector<at::Tensor>;
  const Sparse sparse(parameters.size(), false);
  const int64_t first = c10d::kDefaultFirstBucketBytes;
  const int64_t cap = c10d::kDefaultBucketBytesCap;
  // A parameter without a gradient is an error, and gradients lie in the buckets themselves.
  constexpr bool find_unused = false;
  constexpr bool as_view = true;
  if constexpr (std::is_constructible_v<
                    Type, Tensors, Buckets, std::vector<size_t>, ProcessGroup, Sparse, int64_t,
                    bool, bool, Names, int64_t>) {
    return std::make_shared<Type>(
        parameters, buckets, limits, group, sparse, cap, find_unused, as_view, names, first);
  } else if constexpr (std::is_constructible_v<
                           Type, Tensors, Buckets, ProcessGroup, Sparse, int64_t, bool, bool,
                           Names, int64_t, bool, bool>) {
    return std::make_shared<Type>(
        parameters, buckets, group, sparse, cap, find_unused, as_view, names, first, false, false);
  } else {
    return std::make_shared<Type>(
        parameters, buckets, group, sparse, cap, find_unused, as_view, names, first, false, false,
        std::vector<int64_t>{});
  }
}

// createReducer(group, parameters, names): from now on, gradients are reduced as
// `prepareReducer` says.
Napi::Value create_reducer(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    Parts parts{to_tensors(Addon::of(info.Env()), info[1]), {}, held_in<ProcessGroup>(info[0])};
    const auto names = info[2].As<Napi::Array>();
    for (uint32_t i = 0; i < names.Length(); i++)
      parts.names[i] = Napi::Value(names[i]).ToString().Utf8Value();
    // Gradients come in about the reverse order of the parameters.
    auto [buckets, limits] = c10d::compute_bucket_assignment_by_size(
        parts.parameters, {c10d::kDefaultFirstBucketBytes, c10d::kDefaultBucketBytesCap});
    std::reverse(buckets.begin(), buckets.end());
    std::reverse(limits.begin(), limits.end());
    return external<Reducer>(info.Env(), make_reducer<c10d::Reducer>(parts, buckets, limits));
  });
}

// prepareReducer(reducer): the backward pass to come returns with reduced gradients.
Napi::Value prepare_reducer(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    held_in<Reducer>(info[0])->prepare_for_backward({});
    return info.Env().Undefined();
  });
}

// reducerComputeMs(reducer): the time from `prepareReducer` to the last gradient of this process.
Napi::Value reducer_compute_ms(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const auto nanoseconds = held_in<Reducer>(info[0])->get_backward_stats();
    const auto last = std::max_element(nanoseconds.begin(), nanoseconds.end());
    return Napi::Number::New(info.Env(), last == nanoseconds.end() ? 0 : double(*last) / 1e6);
  });
}

// rebuildReducer(reducer): orders buckets as gradients came, once, and checks that all came.
Napi::Value rebuild_reducer(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    return Napi::Boolean::New(info.Env(), held_in<Reducer>(info[0])->rebuild_buckets());
  });
}

}  // namespace

}  // namespace distributed

void export_reducer(Napi::Env env, Napi::Object exports) {
  using namespace distributed;
  exports["createReducer"] = Napi::Function::New(env, create_reducer, "createReducer");
  exports["prepareReducer"] = Napi::Function::New(env, prepare_reducer, "prepareReducer");
  exports["reducerComputeMs"] = Napi::Function::New(env, reducer_compute_ms, "reducerComputeMs");
  exports["rebuildReducer"] = Napi::Function::New(env, rebuild_reducer, "rebuildReducer");
  exports["closeReducer"] = Napi::Function::New(env, close<Reducer>, "closeReducer");
}

}  // namespace um
