// A step of AdamW in one pass over parameters, gradients and moments, where libtorch's operators
// take eight. It rounds where they do, and in their order (their vectors fuse a product and a sum
// into one rounding, as std::fma does), so that numbers are equal to the bit.
#include <ATen/Parallel.h>
#include <torch/library.h>

#include <cmath>

namespace um::kernels {

namespace {

// Of the step: the same for all elements.
struct Step {
  float beta1;
  float beta2;
  // 1 - beta, rounded once.
  float rise1;
  float rise2;
  float epsilon;
  // 1 - learning rate * weight decay
  float shrink;
  // Minus the learning rate over what the average of the gradient is short of.
  float rate;
  // Root of what the average of the square is short of.
  float correction;
};

void update(
    float* parameter, const float* gradient, float* average, float* square, int64_t count,
    const Step& step) {
  for (int64_t i = 0; i < count; i++) {
    const float slope = gradient[i];
    average[i] = std::fma(slope, step.rise1, step.beta1 * average[i]);
    square[i] = std::fma(step.rise2 * slope, slope, step.beta2 * square[i]);
    const float deviation = std::sqrt(square[i]) / step.correction + step.epsilon;
    parameter[i] = step.shrink * parameter[i] + step.rate * average[i] / deviation;
  }
}

void check(const at::Tensor& tensor, const at::Tensor& parameter) {
  TORCH_CHECK(
      tensor.scalar_type() == at::kFloat && tensor.device().is_cpu() && tensor.is_contiguous() &&
          tensor.numel() == parameter.numel(),
      "expected contiguous f32 tensors of equal size on the CPU");
}

void adamw_(
    at::TensorList parameters, at::TensorList gradients, at::TensorList averages,
    at::TensorList squares, double beta1, double beta2, double epsilon, double shrink, double rate,
    double correction) {
  const auto narrow = [](double value) { return static_cast<float>(value); };
  const Step step{narrow(beta1),   narrow(beta2),  narrow(1 - beta1), narrow(1 - beta2),
                  narrow(epsilon), narrow(shrink), narrow(-rate),     narrow(correction)};
  constexpr int64_t kGrain = 1 << 14;
  for (size_t i = 0; i < parameters.size(); i++) {
    const at::Tensor slopes = gradients[i].contiguous();
    for (const at::Tensor& each : {parameters[i], slopes, averages[i], squares[i]}) {
      check(each, parameters[i]);
    }
    float* parameter = parameters[i].data_ptr<float>();
    const float* gradient = slopes.data_ptr<float>();
    float* average = averages[i].data_ptr<float>();
    float* square = squares[i].data_ptr<float>();
    at::parallel_for(0, parameters[i].numel(), kGrain, [&](int64_t begin, int64_t end) {
      update(
          parameter + begin, gradient + begin, average + begin, square + begin, end - begin, step);
    });
    parameters[i].unsafeGetTensorImpl()->bump_version();
  }
}

TORCH_LIBRARY_IMPL(um, CPU, library) {
  library.impl("adamw_", adamw_);
}

}  // namespace

}  // namespace um::kernels
