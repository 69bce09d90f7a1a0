#include "later.h"

namespace um::distributed {

std::string first_line_of(const std::string& text) { return text.substr(0, text.find('\n')); }

Later::Later(Napi::Env env)
    : deferred_(Napi::Promise::Deferred::New(env)),
      channel_(Napi::ThreadSafeFunction::New(
          env, Napi::Function::New(env, [](const Napi::CallbackInfo&) {}), "um-mae", 0, 1)) {}

void Later::resolve(Result result) {
  channel_.NonBlockingCall([deferred = deferred_, result](Napi::Env env, Napi::Function) {
    try {
      deferred.Resolve(result(env));
    } catch (const std::exception& cause) {
      deferred.Reject(Napi::Error::New(env, first_line_of(cause.what())).Value());
    }
  });
  channel_.Release();
}

void Later::reject(const std::string& message) {
  const std::string text = first_line_of(message);
  channel_.NonBlockingCall([deferred = deferred_, text](Napi::Env env, Napi::Function) {
    deferred.Reject(Napi::Error::New(env, text).Value());
  });
  channel_.Release();
}

}  // namespace um::distributed
