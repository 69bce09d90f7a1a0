#include "product.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/mm.h>
#include <torch/library.h>

#include <array>
#include <map>
#include <mutex>
#include <oneapi/dnnl/dnnl.hpp>
#include <sstream>

#include "../../compat.h"
#include "choices.h"
#include "../number.h"

namespace um::kernels {

namespace {

using dnnl::memory;

dnnl::engine& engine() {
  static dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

memory::data_type type_of(const Operand& matrix) {
  return matrix.is_half() ? memory::data_type::bf16 : memory::data_type::f32;
}

memory::desc layout(const Operand& matrix) {
  return {
      {matrix.rows, matrix.columns}, type_of(matrix), memory::dims{matrix.row, matrix.column}};
}

memory::desc row_of(const Operand& out) {
  return {{1, out.columns}, memory::data_type::f32, memory::format_tag::ab};
}

// Sizes, strides, types, and whether there is a bias and the right matrix is packed.
using Key = std::array<int64_t, 11>;

// A product, and what packs its right matrix before it, if anything does.
struct Primitives {
  dnnl::matmul matmul;
  memory::desc left;
  memory::desc given;
  memory::desc right;
  memory::desc out;
  memory::desc bias;
  dnnl::reorder packing;
};

Primitives make(
    bool packed, const Operand& out, const Operand& a, const Operand& b, bool has_bias) {
  const memory::desc given = layout(b);
  const memory::desc wanted = packed
      ? memory::desc({b.rows, b.columns}, type_of(b), memory::format_tag::any)
      : given;
  const auto desc = has_bias ? dnnl::matmul::desc(layout(a), wanted, row_of(out), layout(out))
                             : dnnl::matmul::desc(layout(a), wanted, layout(out));
  const dnnl::matmul::primitive_desc chosen(desc, dnnl::primitive_attr(), engine());
  const memory::desc right = chosen.weights_desc();
  const auto packing = right == given
      ? dnnl::reorder()
      : dnnl::reorder(dnnl::reorder::primitive_desc(engine(), given, engine(), right));
  return {dnnl::matmul(chosen), layout(a), given, right, layout(out), row_of(out), packing};
}

// Making them takes longer than a small product: they are kept, for the few dozen shapes of a
// model.
const Primitives& primitives(
    bool packed, const Operand& out, const Operand& a, const Operand& b, bool has_bias) {
  static std::mutex mutex;
  static std::map<Key, Primitives> made;
  const Key key{a.rows,   a.columns, b.columns,   a.row,         a.column, b.row,
                b.column, has_bias,  a.is_half(), out.is_half(), packed};
  const std::lock_guard<std::mutex> lock(mutex);
  const auto found = made.find(key);
  if (found != made.end()) return found->second;
  return made.emplace(key, make(packed, out, a, b, has_bias)).first->second;
}

void by_onednn(
    bool packed, const Operand& out, const Operand& a, const Operand& b, const float* bias) {
  const Primitives& made = primitives(packed, out, a, b, bias != nullptr);
  const auto wrap = [](const memory::desc& desc, const void* data) {
    return memory(desc, engine(), const_cast<void*>(data));
  };
  dnnl::stream stream(engine());
  memory right = wrap(made.given, b.data);
  at::Tensor holder;
  if (made.packing) {
    holder = at::empty({static_cast<int64_t>(made.right.get_size())}, at::kByte);
    memory packed_right = wrap(made.right, holder.data_ptr());
    made.packing.execute(stream, right, packed_right);
    right = packed_right;
  }
  std::unordered_map<int, memory> operands{
      {DNNL_ARG_SRC, wrap(made.left, a.data)},
      {DNNL_ARG_WEIGHTS, right},
      {DNNL_ARG_DST, wrap(made.out, out.data)}};
  if (bias != nullptr) operands.emplace(DNNL_ARG_BIAS, wrap(made.bias, bias));
  made.matmul.execute(stream, operands);
}

at::Tensor tensor_of(const Operand& matrix) {
  return at::from_blob(
      matrix.data, {matrix.rows, matrix.columns}, {matrix.row, matrix.column}, matrix.type);
}

void by_blas(const Operand& out, const Operand& a, const Operand& b, const float* bias) {
  const at::AutoDispatchBelowADInplaceOrView guard;
  at::Tensor target = tensor_of(out);
  if (bias == nullptr) {
    at::mm_out(target, tensor_of(a), tensor_of(b));
  } else {
    const at::Tensor offsets =
        at::from_blob(const_cast<float*>(bias), {out.columns}, at::kFloat);
    at::addmm_out(target, offsets, tensor_of(a), tensor_of(b));
  }
}

}  // namespace

void product_by(
    Way way, const Operand& out, const Operand& a, const Operand& b, const float* bias) {
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
std::string kind_of(const Operand& out, const Operand& a, const Operand& b, bool has_bias) {
  std::ostringstream kind;
  const auto order = [](const Operand& x) { return x.column == 1 ? "" : "t"; };
  kind << (a.is_half() ? "bf16" : "f32") << (out.type == a.type ? "" : "-f32") << ","
       << rounded_up(a.rows) << order(a) << "," << rounded_up(a.columns) << ","
       << rounded_up(b.columns) << order(b) << (has_bias ? ",bias" : "") << ","
       << at::get_num_threads() << "threads";
  return kind.str();
}

}  // namespace

void product(const Operand& out, const Operand& a, const Operand& b, const float* bias) {
  if (2 * a.numel() * b.columns < kSmall) return product_by(kWays.front(), out, a, b, bias);
  std::vector<Way> ways{Way::Onednn, Way::Packed};
  if (!a.is_half()) ways.push_back(Way::Blas);
  const auto compute = [&](Way way) { product_by(way, out, a, b, bias); };
  compute(choice(kind_of(out, a, b, bias != nullptr), ways, compute));
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
  const auto matrix_of = [](const at::Tensor& x) {
    return Operand{x.data_ptr(), x.size(0),   x.size(1),
                   x.stride(0),  x.stride(1), x.scalar_type()};
  };
  const at::Tensor out = at::empty({a.size(0), b.size(1)}, a.options());
  if (!by) {
    product(rows_of(out), matrix_of(a), matrix_of(b));
    return out;
  }
  const std::string name(*by);
  const std::optional<Way> way = way_named(name);
  TORCH_CHECK(way, "expected onednn, packed or blas but got ", name);
  product_by(*way, rows_of(out), matrix_of(a), matrix_of(b));
  return out;
}

TORCH_LIBRARY_IMPL(um, CPU, library) {
  library.impl("product", product_operator);
}

}  // namespace

}  // namespace um::kernels
