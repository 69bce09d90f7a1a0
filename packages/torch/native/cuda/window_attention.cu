// Attention inside the windows of a token grid on tensor cores, with a bias that each pair of
// tokens looks up: windows are read from the grid and written to it where they lie; neither bias
// nor logits are stored.
//
// Source: Liu et al. 2021 (Swin), arXiv:2103.14030, section 3.2; tiles and the online softmax as in
// Dao 2023 (FlashAttention-2), arXiv:2307.08691.
#include <algorithm>

#include "tile.cuh"
#include "window_attention.h"

namespace um::cuda {

namespace {

constexpr int kWarps = kTile / 16;
constexpr int kThreads = 32 * kWarps;
// As many as the largest GPUs run at once.
constexpr unsigned kResidentBlocks = 528;
// What a pair of different regions gets on top of its bias.
constexpr float kSeparation = -100;
constexpr float kNone = -INFINITY;

struct Shape {
  WindowGrid grid;
  PositionBias bias;
  int tokens;
  int windows;

  // Where a token of a window lies: (image * height + row) * width + column.
  __device__ int64_t place_of(int window_of_all, int token) const {
    const int image = window_of_all / windows;
    const int window = window_of_all % windows;
    const int across = grid.width / grid.window;
    const int row = (window / across * grid.window + token / grid.window + grid.shift) % grid.height;
    const int column = (window % across * grid.window + token % grid.window + grid.shift) % grid.width;
    return (static_cast<int64_t>(image) * grid.height + row) * grid.width + column;
  }
};

// The queries, keys or values of one head.
template <typename Number>
struct Packed {
  Number* data;
  int heads;

  __device__ Number* row(int64_t place, int part, int head) const {
    return data + ((place * 3 + part) * heads + head) * kChannels;
  }
};

enum Part { kQuery, kKey, kValue };

// What decides the bias of a token.
struct Position {
  int place;
  float region;
};

// Past the end, that of the last token: its difference to any other is in the table.
__device__ Position position_of(const Shape& shape, int window_of_all, int token) {
  token = min(token, shape.tokens - 1);
  const int window = window_of_all % shape.windows;
  const int64_t row = shape.bias.is_shared ? window : window_of_all;
  return {
      static_cast<int>(shape.bias.places[row * shape.tokens + token]),
      shape.bias.regions == nullptr ? 0.f : shape.bias.regions[window * shape.tokens + token]};
}

// Position, and what the backward pass knows of a token.
struct Column {
  Position position;
  float normaliser;
  float slope;
};

// Copies tokens of a window, [tokens, 32], into a tile; those past the end become zeros.
template <typename Number, typename RowOf>
__device__ void fill(Tile<Number>& tile, int first, int tokens, RowOf row_of) {
  for (int i = threadIdx.x; i < kTile * 4; i += kThreads) {
    const int token = i / 4;
    const bool is_there = first + token < tokens;
    tile.write(
        token, i % 4,
        is_there ? *reinterpret_cast<const uint4*>(row_of(first + token) + 8 * (i % 4))
                 : make_uint4(0, 0, 0, 0));
  }
}

// The lane's two rows of the sums, as 16-bit numbers; nullptr where there is no row.
template <typename Number>
__device__ void write(
    Number* upper, Number* lower, const float (&sums)[kChannels / 8][4], float upper_scale,
    float lower_scale, int lane) {
#pragma unroll
  for (int eight = 0; eight < kChannels / 8; eight++) {
    const int channel = 8 * eight + 2 * (lane % 4);
    const float(&sum)[4] = sums[eight];
    if (upper != nullptr)
      *reinterpret_cast<uint32_t*>(upper + channel) =
          Half<Number>::pack(sum[0] * upper_scale, sum[1] * upper_scale);
    if (lower != nullptr)
      *reinterpret_cast<uint32_t*>(lower + channel) =
          Half<Number>::pack(sum[2] * lower_scale, sum[3] * lower_scale);
  }
}

__device__ float bias_of(const float* middle, const Position& query, const Position& key) {
  return middle[key.place - query.place] + (key.region == query.region ? 0.f : kSeparation);
}

template <typename Number>
__global__ void __launch_bounds__(kThreads) forward(
    Number* joined, float* normalisers, const Number* data, Shape shape, float scale) {
  __shared__ Tile<Number> keys;
  __shared__ Tile<Number> values;
  __shared__ Position positions[kTile];
  const int window = blockIdx.x, head = blockIdx.y, heads = shape.grid.heads;
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int first = blockIdx.z * kTile + 16 * warp + lane / 4;
  const Packed<const Number> qkv{data, heads};
  const float* middle =
      shape.bias.table + head * shape.bias.differences + (shape.bias.differences - 1) / 2;

  const Number* rows_at[2];
  Position own[2];
  for (int i = 0; i < 2; i++) {
    const int token = first + 8 * i;
    own[i] = position_of(shape, window, token);
    rows_at[i] =
        token < shape.tokens ? qkv.row(shape.place_of(window, token), kQuery, head) : nullptr;
  }
  Rows queries;
  queries.read(rows_at[0], rows_at[1], lane);

  float sums[kChannels / 8][4] = {};
  float largest[2] = {kNone, kNone};
  float totals[2] = {0, 0};
  for (int start = 0; start < shape.tokens; start += kTile) {
    __syncthreads();
    fill(keys, start, shape.tokens, [&](int token) {
      return qkv.row(shape.place_of(window, token), kKey, head);
    });
    fill(values, start, shape.tokens, [&](int token) {
      return qkv.row(shape.place_of(window, token), kValue, head);
    });
    if (threadIdx.x < kTile)
      positions[threadIdx.x] = position_of(shape, window, start + threadIdx.x);
    __syncthreads();

    float logits[kTile / 8][4] = {};
    keys.multiply_transposed(logits, queries, lane);
    float highest[2] = {largest[0], largest[1]};
#pragma unroll
    for (int eight = 0; eight < kTile / 8; eight++) {
#pragma unroll
      for (int i = 0; i < 4; i++) {
        const int column = 8 * eight + 2 * (lane % 4) + i % 2;
        float& logit = logits[eight][i];
        logit = start + column < shape.tokens
            ? logit * scale + bias_of(middle, own[i / 2], positions[column])
            : kNone;
        highest[i / 2] = fmaxf(highest[i / 2], logit);
      }
    }
#pragma unroll
    for (int i = 0; i < 2; i++) {
      highest[i] = largest_of_row(highest[i]);
      const float shrink = __expf(largest[i] - highest[i]);
      largest[i] = highest[i];
      totals[i] *= shrink;
      for (auto& sum : sums) {
        sum[2 * i] *= shrink;
        sum[2 * i + 1] *= shrink;
      }
    }
#pragma unroll
    for (int eight = 0; eight < kTile / 8; eight++) {
#pragma unroll
      for (int i = 0; i < 4; i++) {
        float& weight = logits[eight][i];
        weight = __expf(weight - largest[i / 2]);
        totals[i / 2] += weight;
      }
    }
    values.multiply(sums, logits, lane);
  }

  Number* out[2];
  for (int i = 0; i < 2; i++) {
    totals[i] = sum_of_row(totals[i]);
    const int token = first + 8 * i;
    const bool is_there = token < shape.tokens;
    out[i] = is_there
        ? joined + (shape.place_of(window, token) * heads + head) * kChannels
        : nullptr;
    if (is_there && lane % 4 == 0)
      normalisers[(static_cast<int64_t>(window) * heads + head) * shape.tokens + token] =
          largest[i] + __logf(totals[i]);
  }
  write(out[0], out[1], sums, 1 / totals[0], 1 / totals[1], lane);
}

// Differences of places up to this one are summed in shared memory; others, which only large images
// have, are added to the table one by one.
constexpr int kNear = 2047;

// Of 64 queries of one window after the other: the gradients of the queries themselves and of the
// table; leaves the sum of each query's to_joined x joined in `slopes`.
template <typename Number>
__global__ void __launch_bounds__(kThreads) backward_of_queries(
    Number* to_qkv, float* to_table, float* slopes, const Number* to_joined, const Number* joined,
    const float* normalisers, const Number* data, Shape shape, float scale) {
  __shared__ Tile<Number> keys;
  __shared__ Tile<Number> values;
  __shared__ Position positions[kTile];
  __shared__ float near[2 * kNear + 1];
  const int head = blockIdx.y, heads = shape.grid.heads;
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int first = blockIdx.z * kTile + 16 * warp + lane / 4;
  const Packed<const Number> qkv{data, heads};
  const int64_t before = head * shape.bias.differences + (shape.bias.differences - 1) / 2;
  const float* middle = shape.bias.table + before;
  float* to_middle = to_table + before;
  for (int i = threadIdx.x; i < 2 * kNear + 1; i += kThreads) near[i] = 0;

  for (int window = blockIdx.x; window < shape.grid.images * shape.windows; window += gridDim.x) {
    const int64_t group = (static_cast<int64_t>(window) * heads + head) * shape.tokens;
    const Number *query_rows[2], *slope_rows[2], *result_rows[2];
    Position own[2];
    float normaliser[2], slope[2];
    for (int i = 0; i < 2; i++) {
      const int token = first + 8 * i;
      const bool is_there = token < shape.tokens;
      const int64_t place = is_there ? shape.place_of(window, token) : 0;
      own[i] = position_of(shape, window, token);
      query_rows[i] = is_there ? qkv.row(place, kQuery, head) : nullptr;
      slope_rows[i] = is_there ? to_joined + (place * heads + head) * kChannels : nullptr;
      result_rows[i] = is_there ? joined + (place * heads + head) * kChannels : nullptr;
      // A row that is not there has weights of zero.
      normaliser[i] = is_there ? normalisers[group + token] : INFINITY;
    }
    Rows queries, above, results;
    queries.read(query_rows[0], query_rows[1], lane);
    above.read(slope_rows[0], slope_rows[1], lane);
    results.read(result_rows[0], result_rows[1], lane);
    for (int i = 0; i < 2; i++) {
      float sum = 0;
      for (int step = 0; step < kChannels / 16; step++) {
        for (int half = 0; half < 2; half++) {
          const float2 a = Half<Number>::unpack(above.values[step][i + 2 * half]);
          const float2 b = Half<Number>::unpack(results.values[step][i + 2 * half]);
          sum += a.x * b.x + a.y * b.y;
        }
      }
      slope[i] = sum_of_row(sum);
      const int token = first + 8 * i;
      if (token < shape.tokens && lane % 4 == 0) slopes[group + token] = slope[i];
    }

    float sums[kChannels / 8][4] = {};
    for (int start = 0; start < shape.tokens; start += kTile) {
      __syncthreads();
      fill(keys, start, shape.tokens, [&](int token) {
        return qkv.row(shape.place_of(window, token), kKey, head);
      });
      fill(values, start, shape.tokens, [&](int token) {
        return qkv.row(shape.place_of(window, token), kValue, head);
      });
      if (threadIdx.x < kTile)
        positions[threadIdx.x] = position_of(shape, window, start + threadIdx.x);
      __syncthreads();

      float logits[kTile / 8][4] = {};
      float to_weights[kTile / 8][4] = {};
      keys.multiply_transposed(logits, queries, lane);
      values.multiply_transposed(to_weights, above, lane);
#pragma unroll
      for (int eight = 0; eight < kTile / 8; eight++) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
          const int column = 8 * eight + 2 * (lane % 4) + i % 2;
          float to_logit = 0;
          if (start + column < shape.tokens) {
            const Position& key = positions[column];
            const float logit = logits[eight][i] * scale + bias_of(middle, own[i / 2], key);
            to_logit = __expf(logit - normaliser[i / 2]) * (to_weights[eight][i] - slope[i / 2]);
            const int difference = key.place - own[i / 2].place;
            if (to_logit == 0) {
              // Of separated pairs nothing is left.
            } else if (abs(difference) <= kNear) {
              atomicAdd(&near[kNear + difference], to_logit);
            } else {
              atomicAdd(to_middle + difference, to_logit);
            }
          }
          logits[eight][i] = to_logit;
        }
      }
      keys.multiply(sums, logits, lane);
    }
    const Packed<Number> out{to_qkv, heads};
    Number* rows[2];
    for (int i = 0; i < 2; i++) {
      const int token = first + 8 * i;
      rows[i] =
          token < shape.tokens ? out.row(shape.place_of(window, token), kQuery, head) : nullptr;
    }
    write(rows[0], rows[1], sums, scale, scale, lane);
  }
  __syncthreads();
  for (int i = threadIdx.x; i < 2 * kNear + 1; i += kThreads) {
    if (near[i] != 0) atomicAdd(to_middle + i - kNear, near[i]);
  }
}

// Of 64 keys: the gradients of the keys and their values.
template <typename Number>
__global__ void __launch_bounds__(kThreads) backward_of_keys(
    Number* to_qkv, const float* slopes, const Number* to_joined, const float* normalisers,
    const Number* data, Shape shape, float scale) {
  __shared__ Tile<Number> queries;
  __shared__ Tile<Number> above;
  __shared__ Column columns[kTile];
  const int window = blockIdx.x, head = blockIdx.y, heads = shape.grid.heads;
  const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const int first = blockIdx.z * kTile + 16 * warp + lane / 4;
  const Packed<const Number> qkv{data, heads};
  const float* middle =
      shape.bias.table + head * shape.bias.differences + (shape.bias.differences - 1) / 2;
  const int64_t group = (static_cast<int64_t>(window) * heads + head) * shape.tokens;

  const Number *key_rows[2], *value_rows[2];
  Position own[2];
  for (int i = 0; i < 2; i++) {
    const int token = first + 8 * i;
    const bool is_there = token < shape.tokens;
    const int64_t place = is_there ? shape.place_of(window, token) : 0;
    own[i] = position_of(shape, window, token);
    key_rows[i] = is_there ? qkv.row(place, kKey, head) : nullptr;
    value_rows[i] = is_there ? qkv.row(place, kValue, head) : nullptr;
  }
  Rows keys, values;
  keys.read(key_rows[0], key_rows[1], lane);
  values.read(value_rows[0], value_rows[1], lane);

  float to_keys[kChannels / 8][4] = {};
  float to_values[kChannels / 8][4] = {};
  for (int start = 0; start < shape.tokens; start += kTile) {
    __syncthreads();
    fill(queries, start, shape.tokens, [&](int token) {
      return qkv.row(shape.place_of(window, token), kQuery, head);
    });
    fill(above, start, shape.tokens, [&](int token) {
      return to_joined + (shape.place_of(window, token) * heads + head) * kChannels;
    });
    if (threadIdx.x < kTile) {
      const int token = start + threadIdx.x;
      const bool is_there = token < shape.tokens;
      // A query that is not there has weights of zero.
      columns[threadIdx.x] = {
          position_of(shape, window, token), is_there ? normalisers[group + token] : INFINITY,
          is_there ? slopes[group + token] : 0.f};
    }
    __syncthreads();

    float weights[kTile / 8][4] = {};
    float to_logits[kTile / 8][4] = {};
    queries.multiply_transposed(weights, keys, lane);
    above.multiply_transposed(to_logits, values, lane);
#pragma unroll
    for (int eight = 0; eight < kTile / 8; eight++) {
#pragma unroll
      for (int i = 0; i < 4; i++) {
        const Column& query = columns[8 * eight + 2 * (lane % 4) + i % 2];
        const bool is_there = start + 8 * eight + 2 * (lane % 4) + i % 2 < shape.tokens &&
            first + 8 * (i / 2) < shape.tokens;
        const float logit = is_there
            ? weights[eight][i] * scale + bias_of(middle, query.position, own[i / 2])
            : kNone;
        weights[eight][i] = is_there ? __expf(logit - query.normaliser) : 0.f;
        to_logits[eight][i] = weights[eight][i] * (to_logits[eight][i] - query.slope);
      }
    }
    above.multiply(to_values, weights, lane);
    queries.multiply(to_keys, to_logits, lane);
  }
  const Packed<Number> out{to_qkv, heads};
  Number *key_out[2], *value_out[2];
  for (int i = 0; i < 2; i++) {
    const int token = first + 8 * i;
    const bool is_there = token < shape.tokens;
    const int64_t place = is_there ? shape.place_of(window, token) : 0;
    key_out[i] = is_there ? out.row(place, kKey, head) : nullptr;
    value_out[i] = is_there ? out.row(place, kValue, head) : nullptr;
  }
  write(key_out[0], key_out[1], to_keys, scale, scale, lane);
  write(value_out[0], value_out[1], to_values, 1, 1, lane);
}

dim3 blocks_of(const WindowGrid& grid) {
  const int tiles = (grid.tokens() + kTile - 1) / kTile;
  return dim3(grid.images * grid.windows(), grid.heads, tiles);
}

Shape shape_of(const WindowGrid& grid, const PositionBias& bias) {
  return {grid, bias, grid.tokens(), grid.windows()};
}

const float kScale = 1 / sqrtf(static_cast<float>(kChannels));

template <typename Number>
void run(
    void* joined, float* normalisers, const void* qkv, const Shape& shape, cudaStream_t stream) {
  forward<Number><<<blocks_of(shape.grid), kThreads, 0, stream>>>(
      static_cast<Number*>(joined), normalisers, static_cast<const Number*>(qkv), shape, kScale);
}

template <typename Number>
void run_backward(
    void* to_qkv, float* to_table, float* slopes, const void* to_joined, const void* joined,
    const float* normalisers, const void* qkv, const Shape& shape, cudaStream_t stream) {
  const dim3 blocks = blocks_of(shape.grid);
  auto* out = static_cast<Number*>(to_qkv);
  const auto* above = static_cast<const Number*>(to_joined);
  const auto* data = static_cast<const Number*>(qkv);
  // Few enough blocks that each sums the table's gradient over many windows.
  const unsigned columns = std::max(1u, kResidentBlocks / (blocks.y * blocks.z));
  const dim3 fewer(std::min(blocks.x, columns), blocks.y, blocks.z);
  backward_of_queries<Number><<<fewer, kThreads, 0, stream>>>(
      out, to_table, slopes, above, static_cast<const Number*>(joined), normalisers, data, shape,
      kScale);
  backward_of_keys<Number>
      <<<blocks, kThreads, 0, stream>>>(out, slopes, above, normalisers, data, shape, kScale);
}

}  // namespace

void window_attention(
    void* joined, float* normalisers, const void* qkv, const PositionBias& bias, const WindowGrid& grid,
    Precision precision, cudaStream_t stream) {
  const auto launch = precision == Precision::bf16 ? run<__nv_bfloat16> : run<__half>;
  launch(joined, normalisers, qkv, shape_of(grid, bias), stream);
}

void window_attention_backward(
    void* to_qkv, float* to_table, float* slopes, const void* to_joined, const void* joined,
    const float* normalisers, const void* qkv, const PositionBias& bias, const WindowGrid& grid,
    Precision precision, cudaStream_t stream) {
  const auto launch =
      precision == Precision::bf16 ? run_backward<__nv_bfloat16> : run_backward<__half>;
  launch(
      to_qkv, to_table, slopes, to_joined, joined, normalisers, qkv, shape_of(grid, bias), stream);
}

}  // namespace um::cuda
