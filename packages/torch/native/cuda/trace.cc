// What a GPU did, and which calls waited for it: by libtorch's own profiler.
#include <torch/csrc/autograd/profiler_kineto.h>

#include "../addon.h"

namespace um {

namespace {

using torch::profiler::impl::ActivityType;

// startTrace(): everything from now on.
Napi::Value start_trace(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const torch::profiler::impl::ProfilerConfig config(
        torch::profiler::impl::ProfilerState::KINETO);
    const std::set<ActivityType> activities{ActivityType::CPU, ActivityType::CUDA};
    torch::autograd::profiler::prepareProfiler(config, activities);
    torch::autograd::profiler::enableProfiler(config, activities);
    return info.Env().Undefined();
  });
}

// stopTrace() -> one object for each thing that happened.
Napi::Value stop_trace(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const auto result = torch::autograd::profiler::disableProfiler();
    const auto& events = result->events();
    const auto rows = Napi::Array::New(info.Env(), events.size());
    for (uint32_t i = 0; i < events.size(); i++) {
      auto row = Napi::Object::New(info.Env());
      row["name"] = events[i].name();
      row["onDevice"] = events[i].deviceType() == c10::DeviceType::CUDA;
      row["start"] = static_cast<double>(events[i].startNs() - result->trace_start_ns()) / 1e9;
      row["seconds"] = static_cast<double>(events[i].durationNs()) / 1e9;
      rows.Set(i, row);
    }
    return rows;
  });
}

}  // namespace

void export_trace(Napi::Env env, Napi::Object exports) {
  exports["startTrace"] = Napi::Function::New(env, start_trace, "startTrace");
  exports["stopTrace"] = Napi::Function::New(env, stop_trace, "stopTrace");
}

}  // namespace um
