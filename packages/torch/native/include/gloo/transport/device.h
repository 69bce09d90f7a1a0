// Stands in for Gloo's own headers where these are not installed; see ../../README.md.
#pragma once

namespace gloo {
namespace transport {

class Device {
 public:
  virtual ~Device() = default;
};

class UnboundBuffer {
 public:
  virtual ~UnboundBuffer() = default;
};

}  // namespace transport
}  // namespace gloo
