#pragma once

namespace um::cuda {

enum class Precision { f32, bf16, f16 };

}  // namespace um::cuda
