#pragma once

#include <napi.h>

namespace um {

void export_signals(Napi::Env env, Napi::Object exports);

}  // namespace um
