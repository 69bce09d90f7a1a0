// The libraries that compute products of matrices here, as far as they are loaded.
#include <dlfcn.h>

#include "addon.h"
#ifdef UM_ONEDNN
#include <oneapi/dnnl/dnnl_types.h>

#include "kernels/products/choices.h"
#endif

namespace um {

namespace {

// A function of a library that libtorch or the addon has brought along, or none.
template <typename Function>
Function* loaded(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}

// The beginning of dnnl_version_t, the same in oneDNN 1 to 3.
struct OnednnVersion {
  int major;
  int minor;
  int patch;
};

std::string onednn_version() {
  const auto version = loaded<const OnednnVersion*()>("dnnl_version");
  if (version == nullptr) return "";
  const auto [major, minor, patch] = *version();
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

std::string text_of(const char* function) {
  const auto tell = loaded<char*()>(function);
  return tell == nullptr ? "" : tell();
}

// The number that stands for the instructions which oneDNN uses at most; 0 without it.
int onednn_instructions() {
  const auto tell = loaded<int()>("dnnl_get_effective_cpu_isa");
  return tell == nullptr ? 0 : tell();
}

#ifdef UM_ONEDNN
// keepChoices(path): the file for what is measured of products.
Napi::Value keep_choices(const Napi::CallbackInfo& info) {
  kernels::keep_choices_in(info[0].ToString());
  return info.Env().Undefined();
}

Napi::Value known_choices(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(kernels::known_choices()));
}
#endif

// libraries(): empty texts for what is not loaded.
Napi::Value libraries(const Napi::CallbackInfo& info) {
  auto result = Napi::Object::New(info.Env());
  result["openblas"] = text_of("openblas_get_config");
  result["openblasKernels"] = text_of("openblas_get_corename");
  result["onednn"] = onednn_version();
  result["onednnInstructions"] = onednn_instructions();
  return result;
}

}  // namespace

bool multiplies_halves() {
#ifdef UM_ONEDNN
  return (onednn_instructions() & dnnl_cpu_isa_avx512_core_bf16) == dnnl_cpu_isa_avx512_core_bf16;
#else
  return false;
#endif
}

void export_libraries(Napi::Env env, Napi::Object exports) {
#ifdef UM_ONEDNN
  exports["keepChoices"] = Napi::Function::New(env, keep_choices, "keepChoices");
  exports["knownChoices"] = Napi::Function::New(env, known_choices, "knownChoices");
#endif
  exports["libraries"] = Napi::Function::New(env, libraries, "libraries");
}

}  // namespace um
