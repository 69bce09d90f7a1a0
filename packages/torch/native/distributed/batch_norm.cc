// What processes exchange in the middle of a step, while each waits: sums, and the statistics of a
// batch that they share.
//
// Source: Ioffe and Szegedy 2015, arXiv:1502.03167; means and squares of parts are put together as
// in Chan et al. 1979, equation 2.1.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "exports.h"
#include "group.h"

namespace um {

namespace distributed {

namespace {

// The settings of a batch norm, and the part of this process in it.
struct SharedNorm {
  ProcessGroup group;
  double momentum;
  double epsilon;
  // Whether the images of this process count.
  bool counts;
  // Whether images are normalised by the statistics of all processes, or by those of their own.
  bool together;
};

struct Running {
  at::Tensor mean;
  at::Tensor variance;
  at::Tensor batches;
};

// The statistics of a channel's values, f64: [channels], and [] for their number.
struct Moments {
  at::Tensor mean;
  // The sum of squared differences from the mean.
  at::Tensor squares;
  at::Tensor count;
};

const std::vector<int64_t> kAllButChannels{0, 2, 3};

at::Tensor across(const at::Tensor& of_channel) { return of_channel.view({1, -1, 1, 1}); }

void sum_over(const ProcessGroup& group, const at::Tensor& values) {
  std::vector<at::Tensor> tensors{values};
  group->allreduce(tensors)->wait();
}

// Those of no value where `counts` is false, or there is none.
Moments moments_of(const at::Tensor& x, bool counts) {
  const int64_t channels = x.size(1);
  const auto wide = x.options().dtype(at::kDouble);
  if (!counts || x.numel() == 0) {
    const at::Tensor none = at::zeros({channels}, wide);
    return {none, none, at::zeros({}, wide)};
  }
  const int64_t count = x.numel() / channels;
  const auto [variance, mean] = at::var_mean(x, kAllButChannels, /*unbiased=*/false);
  const at::Tensor total = at::full({}, static_cast<double>(count), wide);
  return {mean.to(at::kDouble), variance.to(at::kDouble) * count, total};
}

// Those of the values of all processes.
Moments gathered(const ProcessGroup& group, const Moments& own) {
  std::vector<at::Tensor> inputs{at::cat({own.mean, own.squares, own.count.view({1})})};
  std::vector<std::vector<at::Tensor>> outputs(1);
  for (int rank = 0; rank < group->getSize(); rank++)
    outputs[0].push_back(at::empty_like(inputs[0]));
  group->allgather(outputs, inputs)->wait();
  const at::Tensor all = at::stack(outputs[0]);
  const int64_t channels = own.mean.size(0);
  const at::Tensor means = all.narrow(1, 0, channels);
  const at::Tensor counts = all.narrow(1, 2 * channels, 1);
  const at::Tensor count = counts.sum();
  const at::Tensor mean = (means * counts).sum(0) / count.clamp_min(1);
  const at::Tensor between = (counts * (means - mean).square()).sum(0);
  return {mean, all.narrow(1, channels, channels).sum(0) + between, count};
}

// A single value has no variance: then nothing moves.
void move(const Running& running, const Moments& batch, double momentum) {
  const at::Tensor is_batch = batch.count.gt(1);
  const at::Tensor share = is_batch.to(at::kDouble) * momentum;
  const at::Tensor unbiased = batch.squares / (batch.count - 1).clamp_min(1);
  running.mean.add_((batch.mean - running.mean) * share);
  running.variance.add_((unbiased - running.variance) * share);
  running.batches.add_(is_batch.to(at::kLong));
}

class SharedBatchNorm : public torch::autograd::Function<SharedBatchNorm> {
 public:
  static at::Tensor forward(
      torch::autograd::AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
      const at::Tensor& bias, const Running& running, const SharedNorm& norm) {
    const Moments own = moments_of(x, norm.counts);
    const Moments all = gathered(norm.group, own);
    const Moments& used = norm.together ? all : own;
    const at::Tensor is_batch = used.count.gt(1);
    const at::Tensor variance = used.squares / used.count.clamp_min(1);
    const auto either = [&](const at::Tensor& of_batch, const at::Tensor& of_run) {
      return at::where(is_batch, of_batch, of_run.to(at::kDouble));
    };
    const at::Tensor mean = either(used.mean, running.mean).to(x.scalar_type());
    const at::Tensor inverse =
        (either(variance, running.variance) + norm.epsilon).rsqrt().to(x.scalar_type());
    move(running, all, norm.momentum);
    // What each value of the batch adds to its mean; 0 where the statistics are the run's.
    const at::Tensor part = is_batch.to(at::kDouble) / used.count.clamp_min(1);
    context->save_for_backward({x, weight, mean, inverse, part.to(x.scalar_type())});
    context->saved_data["group"] = c10::IValue::make_capsule(norm.group);
    context->saved_data["counts"] = norm.counts;
    context->saved_data["together"] = norm.together;
    const at::Tensor scale = inverse * weight;
    return x * across(scale) + across(bias - mean * scale);
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context, torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &part = saved[4];
    const at::Tensor mean = across(saved[2]), inverse = across(saved[3]);
    const at::Tensor& slope = gradients[0];
    const at::Tensor normed = (x - mean) * inverse;
    const at::Tensor of_bias = slope.sum(kAllButChannels);
    const at::Tensor of_weight = (slope * normed).sum(kAllButChannels);
    const bool counts = context->saved_data["counts"].toBool();
    at::Tensor sums = at::cat({of_bias, of_weight});
    if (!counts) sums.zero_();
    if (context->saved_data["together"].toBool()) {
      const auto held = context->saved_data["group"].toCapsule();
      sum_over(c10::dynamic_intrusive_pointer_cast<c10d::ProcessGroup>(held), sums);
    }
    // Images that do not count have not moved the statistics.
    const std::vector<at::Tensor> shared = (counts ? sums * part : at::zeros_like(sums)).chunk(2);
    const at::Tensor of_x = across(weight) * inverse *
                            (slope - across(shared[0]) - normed * across(shared[1]));
    return {of_x, of_weight, of_bias, at::Tensor(), at::Tensor()};
  }
};

// sharedBatchNorm(group, x, weight, bias, [mean, variance, batches], momentum, epsilon, counts,
// together) -> [batch, channels, height, width]. Moves the running statistics.
Napi::Value shared_batch_norm(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    Addon& addon = Addon::of(info.Env());
    const auto tensor = [&](size_t place) { return addon.tensors.at(handle_of(info, place)); };
    const std::vector<at::Tensor> running = to_tensors(addon, info[4]);
    const SharedNorm norm{held_in<ProcessGroup>(info[0]), info[5].ToNumber().DoubleValue(),
                          info[6].ToNumber().DoubleValue(), info[7].ToBoolean().Value(),
                          info[8].ToBoolean().Value()};
    const at::Tensor normed = SharedBatchNorm::apply(
        tensor(1), tensor(2), tensor(3), Running{running[0], running[1], running[2]}, norm);
    return Napi::Number::New(info.Env(), addon.tensors.add(normed));
  });
}

// sumNow(group, tensor): the sum of all processes, in place.
Napi::Value sum_now(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] {
    sum_over(
        held_in<ProcessGroup>(info[0]),
        Addon::of(info.Env()).tensors.at(handle_of(info, 1)).detach());
    return info.Env().Undefined();
  });
}

}  // namespace

}  // namespace distributed

void export_batch_norm(Napi::Env env, Napi::Object exports) {
  using namespace distributed;
  exports["sharedBatchNorm"] = Napi::Function::New(env, shared_batch_norm, "sharedBatchNorm");
  exports["sumNow"] = Napi::Function::New(env, sum_now, "sumNow");
}

}  // namespace um
