// NCCL of libtorch, by which GPUs exchange tensors without their hosts. Compiled where its headers
// and those of CUDA are found.
#pragma once

#include <chrono>
#include <string>

#include "group.h"

namespace um::distributed::nccl {

// Such as 2.30.7; empty where there is none.
std::string version();

// Tells one GPU from all others of all hosts; empty where there is no NCCL.
std::string identity_of(c10::Device gpu);

// Processes that exchange tensors of their GPUs. The first exchange makes the connections. Errors
// and a time that is up are left to the caller: libtorch would end the process.
ProcessGroup join(const Place& place, c10::Device gpu, std::chrono::milliseconds timeout);

// Ends what is under way, on this GPU.
void abort(const ProcessGroup& group);

// Leaves the group, once all is done.
void leave(const ProcessGroup& group);

}  // namespace um::distributed::nccl
