// Who computes a product of matrices.
#pragma once

#include <array>
#include <optional>
#include <string>

namespace um::kernels {

enum class Way {
  // oneDNN, which reads the matrices as they lie.
  Onednn,
  // oneDNN, once the right matrix is in the order that it likes best.
  Packed,
  // The BLAS that libtorch is linked with.
  Blas,
};

// The first is taken where nothing was measured.
constexpr std::array<Way, 3> kWays{Way::Onednn, Way::Packed, Way::Blas};

inline const char* name_of(Way way) {
  constexpr std::array<const char*, 3> names{"onednn", "packed", "blas"};
  return names[static_cast<size_t>(way)];
}

inline std::optional<Way> way_named(const std::string& name) {
  for (const Way way : kWays) {
    if (name == name_of(way)) return way;
  }
  return std::nullopt;
}

}  // namespace um::kernels
