// Processes that exchange tensors: over Gloo, and those of GPUs by NCCL where it is.
#include "group.h"

#include <ATen/core/ivalue.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include <type_traits>

#include "exports.h"

namespace um {

namespace distributed {

#if UM_TORCH_AT_LEAST(2, 0)
ProcessGroup as_group(
    const c10::intrusive_ptr<c10d::Backend>& backend, c10d::ProcessGroup::BackendType kind,
    const Place& place, std::initializer_list<c10::DeviceType> devices) {
  const auto& [store, rank, size] = place;
  const auto make = [&](auto* type) {
    using Group = std::remove_pointer_t<decltype(type)>;
    if constexpr (std::is_constructible_v<Group, Store, int, int>) {
      return c10::make_intrusive<Group>(store, rank, size);
    } else {
      auto options = c10::make_intrusive<typename Group::Options>(backend->getBackendName());
      return c10::make_intrusive<Group>(store, rank, size, options);
    }
  };
  const ProcessGroup group = make(static_cast<c10d::ProcessGroup*>(nullptr));
  for (const auto device : devices) group->setBackend(device, kind, backend);
  group->setDefaultBackend(kind);
  return group;
}
#endif

namespace {

// Of a GPU, too: its tensors pass through the memory of the host.
ProcessGroup gloo_group(
    const Place& place, const std::string& address, std::chrono::milliseconds timeout) {
  const auto& [store, rank, size] = place;
  const auto options = c10d::ProcessGroupGloo::Options::create(timeout);
  options->devices.push_back(c10d::ProcessGroupGloo::createDeviceForHostname(address));
  options->threads = 2;
  const auto gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(store, rank, size, options);
#if UM_TORCH_AT_LEAST(2, 0)
  return as_group(
      gloo, c10d::ProcessGroup::BackendType::GLOO, place,
      {c10::DeviceType::CPU, c10::DeviceType::CUDA});
#else
  return gloo;
#endif
}

// joinGroup(store, name, rank, size, address, timeoutMs) -> the group, once all have joined.
Napi::Value join_group(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const Store base = held_in<Store>(info[0]);
    const std::string name = info[1].ToString();
    const int rank = info[2].ToNumber().Int32Value();
    const int size = info[3].ToNumber().Int32Value();
    const std::string address = info[4].ToString();
    const auto timeout = milliseconds_of(info[5]);
    return run_apart(info.Env(), [=]() -> Result {
      const Store store = c10::make_intrusive<c10d::PrefixStore>(name, base);
      const ProcessGroup group = gloo_group({store, rank, size}, address, timeout);
      return [group](Napi::Env env) { return external<ProcessGroup>(env, group); };
    });
  });
}

// The promise of what a collective leaves in `tensors`, which are kept until then. On a GPU they
// may still be on their way: what the JavaScript thread queues from then on waits for them.
Napi::Promise promise_of(
    Napi::Env env, const c10::intrusive_ptr<c10d::Work>& work, std::vector<at::Tensor> tensors,
    Result result) {
  const auto later = std::make_shared<Later>(env);
  const Napi::Promise promise = later->promise();
  work->getFuture()->addCallback(
      [later, work, tensors = std::move(tensors), result](c10::ivalue::Future& future) {
        if (future.hasError()) return later->reject(future.tryRetrieveErrorMessage());
        later->resolve([work, result](Napi::Env env) {
          work->wait();
          return result(env);
        });
      });
  return promise;
}

// allReduce(group, tensor, operation): the sum or the largest of all, in place.
Napi::Value all_reduce(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    std::vector<at::Tensor> tensors{
        Addon::of(info.Env()).tensors.at(handle_of(info, 1)).detach()};
    c10d::AllreduceOptions options;
    if (info[2].ToString().Utf8Value() == "max") options.reduceOp = c10d::ReduceOp::MAX;
    const auto work = held_in<ProcessGroup>(info[0])->allreduce(tensors, options);
    return promise_of(info.Env(), work, tensors, nothing());
  });
}

// broadcast(group, tensor, root): the tensor of process `root`, in place.
Napi::Value broadcast(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    std::vector<at::Tensor> tensors{
        Addon::of(info.Env()).tensors.at(handle_of(info, 1)).detach()};
    c10d::BroadcastOptions options;
    options.rootRank = info[2].ToNumber().Int32Value();
    const auto work = held_in<ProcessGroup>(info[0])->broadcast(tensors, options);
    return promise_of(info.Env(), work, tensors, nothing());
  });
}

// allGather(group, tensor) -> the tensors of all processes, by rank, all of one shape.
Napi::Value all_gather(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const ProcessGroup& group = held_in<ProcessGroup>(info[0]);
    std::vector<at::Tensor> inputs{
        Addon::of(info.Env()).tensors.at(handle_of(info, 1)).detach()};
    std::vector<std::vector<at::Tensor>> outputs(1);
    for (int rank = 0; rank < group->getSize(); rank++)
      outputs[0].push_back(at::empty_like(inputs[0]));
    const auto work = group->allgather(outputs, inputs);
    const auto gathered = outputs[0];
    const Result result = [gathered](Napi::Env env) -> Napi::Value {
      const auto handles = Napi::Array::New(env, gathered.size());
      for (uint32_t i = 0; i < gathered.size(); i++)
        handles.Set(i, Napi::Number::New(env, Addon::of(env).tensors.add(gathered[i])));
      return handles;
    };
    return promise_of(info.Env(), work, inputs, result);
  });
}

}  // namespace

}  // namespace distributed

void export_group(Napi::Env env, Napi::Object exports) {
  using namespace distributed;
  exports["joinGroup"] = Napi::Function::New(env, join_group, "joinGroup");
  exports["allReduce"] = Napi::Function::New(env, all_reduce, "allReduce");
  exports["broadcast"] = Napi::Function::New(env, broadcast, "broadcast");
  exports["allGather"] = Napi::Function::New(env, all_gather, "allGather");
  exports["closeGroup"] = Napi::Function::New(env, close<ProcessGroup>, "closeGroup");
}

}  // namespace um
