#include "product.h"

#include <oneapi/dnnl/dnnl.hpp>

#include <array>
#include <map>
#include <mutex>

namespace um::kernels {

namespace {

using dnnl::memory;

dnnl::engine& engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

memory::desc layout(const at::Tensor& matrix) {
  return {
      {matrix.size(0), matrix.size(1)},
      memory::data_type::f32,
      memory::dims{matrix.stride(0), matrix.stride(1)}};
}

// Sizes, strides and whether there is a bias.
using Key = std::array<int64_t, 8>;

Key key_of(const at::Tensor& a, const at::Tensor& b, const at::Tensor& bias) {
  return {a.size(0),   a.size(1),   b.size(1),   a.stride(0),
          a.stride(1), b.stride(0), b.stride(1), bias.defined()};
}

// Making one takes longer than a small product: they are kept, for the few dozen shapes of a model.
const dnnl::matmul& primitive(
    const at::Tensor& out, const at::Tensor& a, const at::Tensor& b, const at::Tensor& bias) {
  static std::mutex mutex;
  static std::map<Key, dnnl::matmul> made;
  const std::lock_guard<std::mutex> lock(mutex);
  const Key key = key_of(a, b, bias);
  const auto found = made.find(key);
  if (found != made.end()) return found->second;
  const memory::desc row({1, out.size(1)}, memory::data_type::f32, memory::format_tag::ab);
  const auto desc = bias.defined() ? dnnl::matmul::desc(layout(a), layout(b), row, layout(out))
                                   : dnnl::matmul::desc(layout(a), layout(b), layout(out));
  dnnl::primitive_attr attributes;
  const dnnl::matmul::primitive_desc chosen(desc, attributes, engine());
  return made.emplace(key, dnnl::matmul(chosen)).first->second;
}

memory wrap(const memory::desc& desc, const at::Tensor& values) {
  return {desc, engine(), values.data_ptr()};
}

}  // namespace

void product(
    const at::Tensor& out, const at::Tensor& a, const at::Tensor& b, const at::Tensor& bias) {
  const dnnl::matmul& matmul = primitive(out, a, b, bias);
  dnnl::stream stream(engine());
  std::unordered_map<int, memory> operands{
      {DNNL_ARG_SRC, wrap(layout(a), a)},
      {DNNL_ARG_WEIGHTS, wrap(layout(b), b)},
      {DNNL_ARG_DST, wrap(layout(out), out)}};
  if (bias.defined()) {
    const memory::desc row({1, out.size(1)}, memory::data_type::f32, memory::format_tag::ab);
    operands.emplace(DNNL_ARG_BIAS, wrap(row, bias));
  }
  matmul.execute(stream, operands);
}

}  // namespace um::kernels
