// Work of a GPU that is recorded once and then started as one: CUDA graphs.
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "../addon.h"

namespace um {

namespace {

struct Graph {
  at::cuda::CUDAGraph recorded;
  // While recording: the stream that is recorded instead of the usual one.
  std::unique_ptr<c10::cuda::CUDAStreamGuard> recording;
};

Graph& graph_of(const Napi::CallbackInfo& info) {
  return *info[0].As<Napi::External<Graph>>().Data();
}

// startGraph(device, other?) -> a graph that records from now on, in the memory of the other one.
Napi::Value start_graph(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    const c10::Device device(info[0].ToString().Utf8Value());
    auto* graph = new Graph();
    const auto result = Napi::External<Graph>::New(
        info.Env(), graph, [](Napi::Env, Graph* owned) { delete owned; });
    c10::cuda::device_synchronize();
    // What steps before have left in the usual memory would only lie beside that of the graph.
    c10::cuda::CUDACachingAllocator::emptyCache();
    graph->recording = std::make_unique<c10::cuda::CUDAStreamGuard>(
        c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device.index()));
    const bool shares = info.Length() > 1 && info[1].IsExternal();
    const auto pool = shares ? info[1].As<Napi::External<Graph>>().Data()->recorded.pool()
                             : at::cuda::graph_pool_handle();
    // Other threads of the process, such as autograd's, take part in the recording.
    try {
      graph->recorded.capture_begin(pool, cudaStreamCaptureModeThreadLocal);
    } catch (...) {
      // The collector may take its time; the usual stream is wanted at once.
      graph->recording.reset();
      throw;
    }
    return result;
  });
}

// endGraph(graph): stops recording.
Napi::Value end_graph(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    Graph& graph = graph_of(info);
    graph.recorded.capture_end();
    graph.recording.reset();
    return info.Env().Undefined();
  });
}

// dropRecording(graph): gives up a recording that failed; what libtorch says of it is of no use.
Napi::Value drop_recording(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    Graph& graph = graph_of(info);
    try {
      graph.recorded.capture_end();
    } catch (const std::exception&) {
      // The failure that ended the recording is the one to be told.
    }
    graph.recording.reset();
    return info.Env().Undefined();
  });
}

// replayGraph(graph): everything that was recorded, once more.
Napi::Value replay_graph(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    graph_of(info).recorded.replay();
    return info.Env().Undefined();
  });
}

}  // namespace

void export_graph(Napi::Env env, Napi::Object exports) {
  exports["startGraph"] = Napi::Function::New(env, start_graph, "startGraph");
  exports["endGraph"] = Napi::Function::New(env, end_graph, "endGraph");
  exports["dropRecording"] = Napi::Function::New(env, drop_recording, "dropRecording");
  exports["replayGraph"] = Napi::Function::New(env, replay_graph, "replayGraph");
}

}  // namespace um
