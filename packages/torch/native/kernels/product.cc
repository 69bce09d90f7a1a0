#include "product.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mm.h>
#include <torch/library.h>

#include <array>
#include <map>
#include <mutex>
#include <oneapi/dnnl/dnnl.hpp>
#include <sstream>

#include "../compat.h"
#include "choices.h"
#include "number.h"

namespace um::kernels {

namespace {

using dnnl::memory;

dnnl::engine& engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

memory::data_type type_of(const at::Tensor& matrix) {
  return is_half(matrix) ? memory::data_type::bf16 : memory::data_type::f32;
}

memory::desc layout(const at::Tensor& matrix) {
  return {
      {matrix.size(0), matrix.size(1)},
      type_of(matrix),
      memory::dims{matrix.stride(0), matrix.stride(1)}};
}

memory::desc row_of(const at::Tensor& out) {
  return {{1, out.size(1)}, memory::data_type::f32, memory::format_tag::ab};
}

memory wrap(const memory::desc& desc, const at::Tensor& values) {
  return {desc, engine(), values.data_ptr()};
}

// Sizes, strides, types, and whether there is a bias and the right matrix is packed.
using Key = std::array<int64_t, 11>;

// A product, and what packs its right matrix before it, if anything does.
struct Primitives {
  dnnl::matmul matmul;
  memory::desc right;
  dnnl::reorder packing;
};

Primitives make(
    bool packed, const at::Tensor& out, const at::Tensor& a, const at::Tensor& b, bool has_bias) {
  const memory::desc given = layout(b);
  const memory::desc wanted = packed
      ? memory::desc({b.size(0), b.size(1)}, type_of(b), memory::format_tag::any)
      : given;
  const auto desc = has_bias ? dnnl::matmul::desc(layout(a), wanted, row_of(out), layout(out))
                             : dnnl::matmul::desc(layout(a), wanted, layout(out));
  const dnnl::matmul::primitive_desc chosen(desc, dnnl::primitive_attr(), engine());
  const memory::desc right = chosen.weights_desc();
  if (right == given) return {dnnl::matmul(chosen), right, dnnl::reorder()};
  const dnnl::reorder::primitive_desc packing(engine(), given, engine(), right);
  return {dnnl::matmul(chosen), right, dnnl::reorder(packing)};
}

// Making them takes longer than a small product: they are kept, for the few dozen shapes of a
// model.
const Primitives& primitives(
    bool packed, const at::Tensor& out, const at::Tensor& a, const at::Tensor& b, bool has_bias) {
  static std::mutex mutex;
  static std::map<Key, Primitives> made;
  const Key key{a.size(0),   a.size(1), b.size(1),  a.stride(0),  a.stride(1), b.stride(0),
                b.stride(1), has_bias,  is_half(a), is_half(out), packed};
  const std::lock_guard<std::mutex> lock(mutex);
  const auto found = made.find(key);
  if (found != made.end()) return found->second;
  return made.emplace(key, make(packed, out, a, b, has_bias)).first->second;
}

void by_onednn(
    bool packed, const at::Tensor& out, const at::Tensor& a, const at::Tensor& b,
    const at::Tensor& bias) {
  const Primitives& made = primitives(packed, out, a, b, bias.defined());
  dnnl::stream stream(engine());
  memory right = wrap(layout(b), b);
  at::Tensor holder;
  if (made.packing) {
    holder = at::empty({static_cast<int64_t>(made.right.get_size())}, at::kByte);
    memory packed_right = wrap(made.right, holder);
    made.packing.execute(stream, right, packed_right);
    right = packed_right;
  }
  std::unordered_map<int, memory> operands{
      {DNNL_ARG_SRC, wrap(layout(a), a)},
      {DNNL_ARG_WEIGHTS, right},
      {DNNL_ARG_DST, wrap(layout(out), out)}};
  if (bias.defined()) operands.emplace(DNNL_ARG_BIAS, wrap(row_of(out), bias));
  made.matmul.execute(stream, operands);
}

void by_blas(
    const at::Tensor& out, const at::Tensor& a, const at::Tensor& b, const at::Tensor& bias) {
  const at::AutoDispatchBelowADInplaceOrView guard;
  // libtorch takes an `out`, but not of parameters whose gradients are wanted.
  at::Tensor target = out.detach();
  if (bias.defined()) at::addmm_out(target, bias.detach(), a.detach(), b.detach());
  else at::mm_out(target, a.detach(), b.detach());
}

}  // namespace

void product_by(
    Way way, const at::Tensor& out, const at::Tensor& a, const at::Tensor& b,
    const at::Tensor& bias) {
  if (way == Way::Blas) by_blas(out, a, b, bias);
  else by_onednn(way == Way::Packed, out, a, b, bias);
}

namespace {

// Below this the usual way is as good, and measuring would cost more than it brings.
constexpr int64_t kSmall = int64_t{1} << 25;

// Up to the next power of two or three quarters of one: sizes so near are chosen for alike.
int64_t rounded_up(int64_t size) {
  int64_t power = 1;
  while (power < size) power *= 2;
  return 4 * size <= 3 * power ? 3 * power / 4 : power;
}

// What products have in common that the same way is the fastest for.
std::string kind_of(
    const at::Tensor& out, const at::Tensor& a, const at::Tensor& b, bool has_bias) {
  std::ostringstream kind;
  const auto order = [](const at::Tensor& x) { return x.stride(1) == 1 ? "" : "t"; };
  kind << (is_half(a) ? "bf16" : "f32") << (is_half(out) == is_half(a) ? "" : "-f32") << ","
       << rounded_up(a.size(0)) << order(a) << "," << rounded_up(a.size(1)) << ","
       << rounded_up(b.size(1)) << order(b) << (has_bias ? ",bias" : "") << ","
       << at::get_num_threads() << "threads";
  return kind.str();
}

}  // namespace

void product(
    const at::Tensor& out, const at::Tensor& a, const at::Tensor& b, const at::Tensor& bias) {
  if (2 * a.numel() * b.size(1) < kSmall) return product_by(kWays.front(), out, a, b, bias);
  std::vector<Way> ways{Way::Onednn, Way::Packed};
  if (!is_half(a)) ways.push_back(Way::Blas);
  const auto compute = [&](Way way) { product_by(way, out, a, b, bias); };
  compute(choice(kind_of(out, a, b, bias.defined()), ways, compute));
}

namespace {

// a [rows, depth] times b [depth, columns]; what `product` chooses, or by the way of that name.
at::Tensor product_operator(
    const at::Tensor& a, const at::Tensor& b, const compat::optional<c10::string_view>& by) {
  const auto fits = [&](const at::Tensor& x) {
    return x.dim() == 2 && x.numel() > 0 && x.device().is_cpu() && is_number(x);
  };
  TORCH_CHECK(
      fits(a) && fits(b) && a.size(1) == b.size(0) && a.scalar_type() == b.scalar_type(),
      "expected f32 or bf16 matrices on the CPU, [rows, depth] and [depth, columns], but got ",
      a.sizes(), " and ", b.sizes());
  const at::Tensor out = at::empty({a.size(0), b.size(1)}, a.options());
  if (!by) {
    product(out, a, b);
    return out;
  }
  const std::string name(*by);
  const std::optional<Way> way = way_named(name);
  TORCH_CHECK(way, "expected onednn, packed or blas but got ", name);
  product_by(*way, out, a, b);
  return out;
}

TORCH_LIBRARY_IMPL(um, CPU, library) {
  library.impl("product", product_operator);
}

}  // namespace

}  // namespace um::kernels
