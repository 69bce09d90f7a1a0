// Contents page: one file a topic, each adds its functions to the exports.
#include "addon.h"

#include "distributed/exports.h"

namespace um {

void export_plain(Napi::Env env, Napi::Object exports, const char* name, napi_callback callback) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, &Addon::of(env), &function);
  exports[name] = Napi::Function(env, function);
}

PlainHandle plain_handle(napi_env env, napi_callback_info info) {
  napi_value argument;
  size_t count = 1;
  void* data;
  napi_get_cb_info(env, info, &count, &argument, nullptr, &data);
  uint32_t handle = 0;
  napi_get_value_uint32(env, argument, &handle);
  return {*static_cast<Addon*>(data), handle};
}

static Napi::Object start(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Addon(env));
  export_dispatch(env, exports);
  export_tensor(env, exports);
  export_autograd(env, exports);
  export_memory(env, exports);
  export_device(env, exports);
  export_random(env, exports);
  export_profile(env, exports);
  export_transfer(env, exports);
  export_libraries(env, exports);
  export_store(env, exports);
  export_group(env, exports);
  export_reducer(env, exports);
  export_batch_norm(env, exports);
  export_gpus(env, exports);
#ifdef UM_CUDA
  export_graph(env, exports);
  export_device_memory(env, exports);
  export_trace(env, exports);
#endif
  return exports;
}

NODE_API_MODULE(torch, start)

}  // namespace um
