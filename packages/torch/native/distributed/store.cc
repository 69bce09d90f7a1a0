// The key-value store over TCP by which processes find each other.
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <chrono>

#include "exports.h"
#include "group.h"

namespace um {

namespace distributed {

namespace {

// Some builds of libtorch 2 have no libuv for it.
template <typename Options>
auto without_libuv(Options& options, int) -> decltype(options.useLibUV = false, void()) {
  options.useLibUV = false;
}
template <typename Options>
void without_libuv(Options&, long) {}

// openStore(host, port, serves, timeoutMs) -> the store, once it is connected.
Napi::Value open_store(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const std::string host = info[0].ToString();
    c10d::TCPStoreOptions options;
    options.port = static_cast<uint16_t>(info[1].ToNumber().Uint32Value());
    options.isServer = info[2].ToBoolean();
    options.waitWorkers = false;
    options.timeout = milliseconds_of(info[3]);
    without_libuv(options, 0);
    return run_apart(info.Env(), [host, options]() -> Result {
      const auto store = c10::make_intrusive<c10d::TCPStore>(host, options);
      return [store](Napi::Env env) { return external<Store>(env, store); };
    });
  });
}

Napi::Value store_port(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    auto* store = dynamic_cast<c10d::TCPStore*>(held_in<Store>(info[0]).get());
    TORCH_CHECK(store != nullptr, "expected an open store");
    return Napi::Number::New(info.Env(), store->getPort());
  });
}

// putInStore(store, key, text)
Napi::Value put_in_store(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const Store store = held_in<Store>(info[0]);
    const std::string key = info[1].ToString();
    const std::string text = info[2].ToString();
    return run_apart(info.Env(), [store, key, text] {
      store->set(key, std::vector<uint8_t>(text.begin(), text.end()));
      return nothing();
    });
  });
}

// A store answers one request after the other, so one that waits would hold up all others.
constexpr auto kPause = std::chrono::milliseconds(10);

// getFromStore(store, key, timeoutMs) -> the text, or null where nobody has put it there in time.
Napi::Value get_from_store(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const Store store = held_in<Store>(info[0]);
    const std::string key = info[1].ToString();
    const auto end = std::chrono::steady_clock::now() + milliseconds_of(info[2]);
    return run_apart(info.Env(), [store, key, end]() -> Result {
      while (!store->check({key})) {
        if (std::chrono::steady_clock::now() >= end)
          return [](Napi::Env env) { return env.Null(); };
        std::this_thread::sleep_for(kPause);
      }
      const std::vector<uint8_t> bytes = store->get(key);
      const std::string text(bytes.begin(), bytes.end());
      return [text](Napi::Env env) { return Napi::String::New(env, text); };
    });
  });
}

}  // namespace

}  // namespace distributed

void export_store(Napi::Env env, Napi::Object exports) {
  using namespace distributed;
  exports["openStore"] = Napi::Function::New(env, open_store, "openStore");
  exports["storePort"] = Napi::Function::New(env, store_port, "storePort");
  exports["putInStore"] = Napi::Function::New(env, put_in_store, "putInStore");
  exports["getFromStore"] = Napi::Function::New(env, get_from_store, "getFromStore");
  exports["closeStore"] = Napi::Function::New(env, close<Store>, "closeStore");
}

}  // namespace um
