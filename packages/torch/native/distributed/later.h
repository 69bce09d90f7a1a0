// Promises of JavaScript that other threads settle.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "../addon.h"

namespace um::distributed {

// Makes the value of a promise, on the JavaScript thread.
using Result = std::function<Napi::Value(Napi::Env)>;

inline Result nothing() {
  return [](Napi::Env env) { return env.Undefined(); };
}

// The first line of an error: libtorch adds a C++ stack to some.
std::string first_line_of(const std::string& text);

class Later {
 public:
  explicit Later(Napi::Env env);

  Napi::Promise promise() const { return deferred_.Promise(); }

  // Each is called once, and one of them only, from any thread.
  void resolve(Result result);
  void reject(const std::string& message);

 private:
  Napi::Promise::Deferred deferred_;
  Napi::ThreadSafeFunction channel_;
};

// Runs `body` on a thread of its own. Not on Node's: the process could not exit while they wait
// for another process.
template <typename Body>
Napi::Promise run_apart(Napi::Env env, Body body) {
  auto later = std::make_shared<Later>(env);
  const Napi::Promise promise = later->promise();
  std::thread([later, body = std::move(body)] {
    try {
      later->resolve(body());
    } catch (const std::exception& cause) {
      later->reject(cause.what());
    }
  }).detach();
  return promise;
}

}  // namespace um::distributed
