#include "nccl.h"

#ifdef UM_NCCL
#include <ATen/cuda/CUDAContext.h>
#include <torch/csrc/cuda/nccl.h>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

#include <cstdlib>
#include <iomanip>
#include <sstream>
#endif

namespace um::distributed::nccl {

#ifdef UM_NCCL

namespace {

// Some versions of libtorch have none of these.
template <typename Nccl>
auto abort_if_offered(Nccl& nccl, int) -> decltype(nccl.abort(), void()) {
  nccl.abort();
}
template <typename Nccl>
void abort_if_offered(Nccl&, long) {}

template <typename Nccl>
auto shut_down_if_offered(Nccl& nccl, int) -> decltype(nccl.shutdown(), void()) {
  nccl.shutdown();
}
template <typename Nccl>
void shut_down_if_offered(Nccl&, long) {}

c10d::ProcessGroupNCCL& nccl_of(const ProcessGroup& group) {
#if UM_TORCH_AT_LEAST(2, 0)
  auto* found = dynamic_cast<c10d::ProcessGroupNCCL*>(
      group->getBackend(c10::DeviceType::CUDA).get());
#else
  auto* found = dynamic_cast<c10d::ProcessGroupNCCL*>(group.get());
#endif
  TORCH_CHECK(found != nullptr, "expected a group of NCCL");
  return *found;
}

// libtorch ends a process whose exchange fails or takes too long, and a store that has gone makes
// it print its stack. Read when a group begins.
void leave_errors_to_us() {
  setenv("TORCH_NCCL_ASYNC_ERROR_HANDLING", "0", 1);
  setenv("NCCL_ASYNC_ERROR_HANDLING", "0", 1);
  setenv("TORCH_NCCL_ENABLE_MONITORING", "0", 0);
  setenv("TORCH_NCCL_DUMP_ON_TIMEOUT", "0", 0);
}

}  // namespace

std::string version() {
  // Major, minor and patch in 32, 16 and 16 bits.
  const auto version = static_cast<uint64_t>(torch::cuda::nccl::version());
  std::ostringstream text;
  text << (version >> 32) << '.' << ((version >> 16) & 0xffff) << '.' << (version & 0xffff);
  return text.str();
}

std::string identity_of(c10::Device gpu) {
  const cudaDeviceProp* properties = at::cuda::getDeviceProperties(gpu.index());
  std::ostringstream text;
  for (const char byte : properties->uuid.bytes)
    text << std::hex << std::setw(2) << std::setfill('0')
         << static_cast<int>(static_cast<unsigned char>(byte));
  return text.str();
}

ProcessGroup join(const Place& place, c10::Device gpu, std::chrono::milliseconds timeout) {
  leave_errors_to_us();
  const auto& [store, rank, size] = place;
  const auto options = c10d::ProcessGroupNCCL::Options::create();
  options->timeout = timeout;
  const auto nccl = c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, size, options);
#if UM_TORCH_AT_LEAST(2, 0)
  return as_group(
      nccl, c10d::ProcessGroup::BackendType::NCCL, place, {c10::DeviceType::CUDA});
#else
  return nccl;
#endif
}

void abort(const ProcessGroup& group) { abort_if_offered(nccl_of(group), 0); }

void leave(const ProcessGroup& group) { shut_down_if_offered(nccl_of(group), 0); }

#else

std::string version() { return ""; }

std::string identity_of(c10::Device) { return ""; }

ProcessGroup join(const Place&, c10::Device, std::chrono::milliseconds) {
  TORCH_CHECK(false, "expected NCCL but the addon is built without it");
}

void abort(const ProcessGroup&) {}

void leave(const ProcessGroup&) {}

#endif

}  // namespace um::distributed::nccl
