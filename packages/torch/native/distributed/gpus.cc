// The GPUs of processes that exchange tensors.
#include <ATen/ATen.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>

#include "exports.h"
#include "group.h"
#include "nccl.h"

namespace um {

namespace distributed {

namespace {

c10::Device gpu_of(const Napi::Value& value) {
  const c10::Device device(value.ToString().Utf8Value());
  return c10::Device(device.type(), device.has_index() ? device.index() : 0);
}

// What this thread does without naming a GPU would else take memory of the first one.
void use(c10::Device gpu) { c10::impl::VirtualGuardImpl(gpu.type()).setDevice(gpu); }

// useGpu(device)
Napi::Value use_gpu(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    use(gpu_of(info[0]));
    return info.Env().Undefined();
  });
}

Napi::Value nccl_version(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] { return Napi::String::New(info.Env(), nccl::version()); });
}

// gpuIdentity(device)
Napi::Value gpu_identity(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    return Napi::String::New(info.Env(), nccl::identity_of(gpu_of(info[0])));
  });
}

// joinGpus(store, name, rank, size, device, timeoutMs) -> the group, once all are connected.
Napi::Value join_gpus(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const Store base = held_in<Store>(info[0]);
    const std::string name = info[1].ToString();
    const int rank = info[2].ToNumber().Int32Value();
    const int size = info[3].ToNumber().Int32Value();
    const c10::Device gpu = gpu_of(info[4]);
    const auto timeout = milliseconds_of(info[5]);
    return run_apart(info.Env(), [=]() -> Result {
      use(gpu);
      const Store store = c10::make_intrusive<c10d::PrefixStore>(name, base);
      const ProcessGroup group = nccl::join({store, rank, size}, gpu, timeout);
      std::vector<at::Tensor> ones{at::ones({1}, at::TensorOptions().device(gpu))};
      group->allreduce(ones)->wait();
      const auto sum = ones[0].item<float>();
      TORCH_CHECK(sum == static_cast<float>(size), "NCCL adds ", size, " ones to ", sum);
      return [group](Napi::Env env) { return external<ProcessGroup>(env, group); };
    });
  });
}

// abortGpus(group): ends what is under way after an error.
Napi::Value abort_gpus(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const ProcessGroup group = held_in<ProcessGroup>(info[0]);
    return run_apart(info.Env(), [group] {
      nccl::abort(group);
      return nothing();
    });
  });
}

// closeGpus(group): leaves it, and frees it.
Napi::Value close_gpus(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    ProcessGroup held;
    std::swap(held, held_in<ProcessGroup>(info[0]));
    auto owned = std::make_shared<ProcessGroup>(std::move(held));
    return run_apart(info.Env(), [owned] {
      nccl::leave(*owned);
      owned->reset();
      return nothing();
    });
  });
}

}  // namespace

}  // namespace distributed

void export_gpus(Napi::Env env, Napi::Object exports) {
  using namespace distributed;
  exports["useGpu"] = Napi::Function::New(env, use_gpu, "useGpu");
  exports["ncclVersion"] = Napi::Function::New(env, nccl_version, "ncclVersion");
  exports["gpuIdentity"] = Napi::Function::New(env, gpu_identity, "gpuIdentity");
  exports["joinGpus"] = Napi::Function::New(env, join_gpus, "joinGpus");
  exports["abortGpus"] = Napi::Function::New(env, abort_gpus, "abortGpus");
  exports["closeGpus"] = Napi::Function::New(env, close_gpus, "closeGpus");
}

}  // namespace um
