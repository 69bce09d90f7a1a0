// Contents page: one file a topic, each adds its functions to the exports.
#include "addon.h"

namespace um {

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
  return exports;
}

NODE_API_MODULE(torch, start)

}  // namespace um
