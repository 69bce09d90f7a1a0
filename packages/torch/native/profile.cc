// How long operators take, by the module that called them: every one of libtorch reports to the
// same observer.
#include <ATen/record_function.h>

#include <chrono>
#include <cstring>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "addon.h"
#include "memory/allocator.h"

namespace um {

namespace {

using Clock = std::chrono::steady_clock;

struct Total {
  int64_t calls = 0;
  // Without the operators that it called.
  double seconds = 0;
  int64_t bytes = 0;
};

// Of the operators of one thread, those that are not over yet. `seconds` and `bytes` are those of
// inner ones.
struct Open {
  Clock::time_point start;
  int64_t allocated;
  double seconds = 0;
  int64_t bytes = 0;
  bool leaves_module = false;
};

struct Key {
  std::string module;
  std::string name;
  bool backward;

  bool operator<(const Key& other) const {
    return std::tie(module, name, backward) < std::tie(other.module, other.name, other.backward);
  }
};

struct Profile {
  // Guards the rest: operators end on all threads.
  std::mutex mutex;
  // What libtorch reports to, while a profile is running.
  at::CallbackHandle observer = at::INVALID_CALLBACK_HANDLE;
  std::map<Key, Total> totals;
  // The module of the forward operator that a backward function belongs to, by autograd's number.
  std::unordered_map<int64_t, std::string> modules;
};

// One profile at a time for the process: libtorch's observers are global too.
Profile& profile() {
  static auto* instance = new Profile();
  return *instance;
}

thread_local std::vector<Open> open;
thread_local std::vector<std::string> modules;
thread_local int backward_depth = 0;

bool is_backward(const at::RecordFunction& function) {
  return function.scope() == at::RecordScope::BACKWARD_FUNCTION;
}

std::unique_ptr<at::ObserverContext> enter(const at::RecordFunction& function) {
  Open entry{Clock::now(), allocated_bytes()};
  {
    const std::lock_guard<std::mutex> lock(profile().mutex);
    auto& known = profile().modules;
    if (is_backward(function)) {
      const auto found = known.find(function.seqNr());
      modules.push_back(found == known.end() ? "" : found->second);
      backward_depth++;
      entry.leaves_module = true;
    } else if (backward_depth == 0 && function.seqNr() >= 0) {
      known[function.seqNr()] = modules.empty() ? "" : modules.back();
    }
  }
  open.push_back(entry);
  return nullptr;
}

void leave(const at::RecordFunction& function, at::ObserverContext*) {
  if (open.empty()) return;
  const Open entry = open.back();
  open.pop_back();
  // Getting memory is a part of the operator that asks for it.
  if (!open.empty() && std::strncmp(function.name(), "aten::empty", 11) == 0) return;
  const double seconds = std::chrono::duration<double>(Clock::now() - entry.start).count();
  const int64_t bytes = allocated_bytes() - entry.allocated;
  if (!open.empty()) {
    open.back().seconds += seconds;
    open.back().bytes += bytes;
  }
  const Key key{modules.empty() ? "" : modules.back(), function.name(), backward_depth > 0};
  {
    const std::lock_guard<std::mutex> lock(profile().mutex);
    Total& total = profile().totals[key];
    total.calls++;
    total.seconds += seconds - entry.seconds;
    total.bytes += bytes - entry.bytes;
  }
  if (entry.leaves_module) {
    modules.pop_back();
    backward_depth--;
  }
}

Napi::Value start_profile(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const std::lock_guard<std::mutex> lock(profile().mutex);
    TORCH_CHECK(
        profile().observer == at::INVALID_CALLBACK_HANDLE,
        "expected one profile at a time but one is running");
    profile().totals.clear();
    profile().modules.clear();
    profile().observer = at::addGlobalCallback(
        at::RecordFunctionCallback(enter, leave)
            .scopes({at::RecordScope::FUNCTION, at::RecordScope::BACKWARD_FUNCTION}));
    return info.Env().Undefined();
  });
}

std::map<Key, Total> finish() {
  const std::lock_guard<std::mutex> lock(profile().mutex);
  at::removeCallback(profile().observer);
  profile().observer = at::INVALID_CALLBACK_HANDLE;
  return std::exchange(profile().totals, {});
}

// stopProfile(): one object for every operator of every module.
Napi::Value stop_profile(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const std::map<Key, Total> totals = finish();
    const auto rows = Napi::Array::New(info.Env(), totals.size());
    uint32_t i = 0;
    for (const auto& [key, total] : totals) {
      auto row = Napi::Object::New(info.Env());
      row["module"] = key.module;
      row["operator"] = key.name;
      row["backward"] = key.backward;
      row["calls"] = static_cast<double>(total.calls);
      row["seconds"] = total.seconds;
      row["bytes"] = static_cast<double>(total.bytes);
      rows.Set(i++, row);
    }
    return rows;
  });
}

Napi::Value enter_module(const Napi::CallbackInfo& info) {
  modules.push_back(info[0].ToString().Utf8Value());
  return info.Env().Undefined();
}

Napi::Value leave_module(const Napi::CallbackInfo& info) {
  modules.pop_back();
  return info.Env().Undefined();
}

}  // namespace

void export_profile(Napi::Env env, Napi::Object exports) {
  exports["startProfile"] = Napi::Function::New(env, start_profile, "startProfile");
  exports["stopProfile"] = Napi::Function::New(env, stop_profile, "stopProfile");
  exports["enterModule"] = Napi::Function::New(env, enter_module, "enterModule");
  exports["leaveModule"] = Napi::Function::New(env, leave_module, "leaveModule");
}

}  // namespace um
