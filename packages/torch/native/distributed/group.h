// What the files on process groups share: the stores and groups that JavaScript holds.
#pragma once

#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include <initializer_list>

#include "../compat.h"
#include "later.h"

namespace um::distributed {

using Store = c10::intrusive_ptr<c10d::Store>;
using ProcessGroup = c10::intrusive_ptr<c10d::ProcessGroup>;

// A process among those of a group.
struct Place {
  Store store;
  int rank;
  int size;
};

#if UM_TORCH_AT_LEAST(2, 0)
// The processes of a backend as collectives take them, for tensors on these devices.
ProcessGroup as_group(
    const c10::intrusive_ptr<c10d::Backend>& backend, c10d::ProcessGroup::BackendType kind,
    const Place& place, std::initializer_list<c10::DeviceType> devices);
#endif

// Given to JavaScript for good: the destructors of stores, groups and reducers wait for threads
// that may wait for another process, so only `close...` calls them, and never the end of the
// program.
template <typename Held>
Napi::Value external(Napi::Env env, Held held) {
  return Napi::External<Held>::New(env, new Held(std::move(held)));
}

template <typename Held>
Held& held_in(const Napi::Value& value) {
  return *value.As<Napi::External<Held>>().Data();
}

// close...(external): frees what it holds, on a thread of its own.
template <typename Held>
Napi::Value close(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    Held held;
    std::swap(held, held_in<Held>(info[0]));
    auto owned = std::make_shared<Held>(std::move(held));
    return run_apart(info.Env(), [owned] {
      *owned = Held();
      return nothing();
    });
  });
}

inline std::chrono::milliseconds milliseconds_of(const Napi::Value& value) {
  return std::chrono::milliseconds(value.ToNumber().Int64Value());
}

}  // namespace um::distributed
