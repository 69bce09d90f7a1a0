#pragma once

#include <napi.h>

void exportSignals(Napi::Env env, Napi::Object exports);
