// The functions on groups of processes that JavaScript gets.
#pragma once

#include <napi.h>

namespace um {

void export_store(Napi::Env env, Napi::Object exports);
void export_group(Napi::Env env, Napi::Object exports);
void export_reducer(Napi::Env env, Napi::Object exports);
void export_batch_norm(Napi::Env env, Napi::Object exports);
void export_gpus(Napi::Env env, Napi::Object exports);

}  // namespace um
