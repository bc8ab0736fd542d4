// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/runtimes.h"

#include <c10/core/InferenceMode.h>
#include <string>
#include <utility>
#include <vector>

#include "evaluators/torch/torch.h"
// clang-format off: torch.h comes first
#include <torch/script.h>
#include <torch/version.h>
// clang-format on

#include "core/error.h"
#include "evaluators/torch/network_module.h"
#include "evaluators/torch/script_module.h"
#include "evaluators/torch/threads.h"
#include "hw_models/measuring/setting.h"

namespace parnas::evaluators {
namespace {

using hw_models::Layout;
using hw_models::RuntimeSetting;
using hw_models::Target;

// The tensor as the setting has it: integers and vectors keep type and order.
at::Tensor converted(const at::Tensor& tensor, const RuntimeSetting& setting) {
    if (!tensor.is_floating_point())
        return tensor;
    const at::ScalarType type = setting.dtype == spaces::DType::bf16 ? at::kBFloat16 : at::kFloat;
    const bool reorder = setting.layout == Layout::nhwc && tensor.dim() == 4;
    return tensor.detach().to(type).contiguous(reorder ? at::MemoryFormat::ChannelsLast
                                                       : at::MemoryFormat::Contiguous);
}

std::vector<at::Tensor> make_inputs(const spaces::Network& network, const RuntimeSetting& setting) {
    std::vector<at::Tensor> inputs = random_inputs(network, {.batch = setting.batch}, 0);
    for (at::Tensor& input : inputs)
        input = converted(input, setting);
    return inputs;
}

// Calls `run`, with LibTorch's complaint as an Error.
template <typename Run>
void guarded(const Run& run) {
    try {
        run();
    } catch (const c10::Error& error) {
        const std::string message = error.what_without_backtrace();
        throw Error(ErrorKind::invalid_input,
                    "LibTorch cannot run the network: " + message.substr(0, message.find('\n')));
    }
}

class EagerRunner final : public hw_models::Runner {
  public:
    EagerRunner(const spaces::Network& network, const RuntimeSetting& setting)
        : threads_(setting.threads), network_(network, 0), inputs_(make_inputs(network, setting)) {
        const at::NoGradGuard no_grad;
        for (const auto* group :
             {&network_.weights().parameters(), &network_.weights().statistics()})
            for (const NamedTensor& each : *group)
                each.tensor.set_data(converted(each.tensor, setting));
    }

    void run() override {
        use_threads(threads_);
        const c10::InferenceMode inference;
        guarded([&] { (void)network_.forward(inputs_, Pass{}); });
    }

  private:
    int threads_;
    TorchNetwork network_;
    std::vector<at::Tensor> inputs_;
};

class FrozenRunner final : public hw_models::Runner {
  public:
    FrozenRunner(const spaces::Network& network, const RuntimeSetting& setting)
        : threads_(setting.threads) {
        use_threads(threads_);
        TorchNetwork weights(network, 0);
        guarded([&] {
            const at::NoGradGuard no_grad;
            torch::jit::Module module = make_script_module(network, weights.weights());
            for (const at::Tensor& each : module.parameters())
                each.set_data(converted(each, setting));
            for (const at::Tensor& each : module.buffers())
                each.set_data(converted(each, setting));
            module_ = torch::jit::freeze(module);
        });
        for (at::Tensor& each : make_inputs(network, setting))
            inputs_.emplace_back(std::move(each));
    }

    void run() override {
        use_threads(threads_);
        const c10::InferenceMode inference;
        guarded([&] { (void)module_.forward(inputs_); });
    }

  private:
    int threads_;
    torch::jit::Module module_;
    std::vector<c10::IValue> inputs_;
};

template <typename RunnerType>
class TorchRuntime final : public hw_models::Runtime {
  public:
    TorchRuntime(std::string_view name, std::string version, const RuntimeSetting& setting)
        : setting_(setting), target_(hw_models::host_target(name, std::move(version), setting)) {
        target_.figures.memory.in_place = false;  // every op makes a tensor of its own
    }

    const Target& target() const override { return target_; }

    std::unique_ptr<hw_models::Runner> load(const spaces::Network& network) const override {
        return std::make_unique<RunnerType>(network, setting_);
    }

  private:
    RuntimeSetting setting_;
    Target target_;
};

RuntimeSetting read(ObjectReader& options) {
    return hw_models::read_setting(options,
                                   {.dtypes = {"fp32", "bf16"}, .layouts = {"nchw", "nhwc"}});
}

}  // namespace

std::unique_ptr<hw_models::Runtime> make_eager_runtime(ObjectReader& options,
                                                       const std::filesystem::path&) {
    return std::make_unique<TorchRuntime<EagerRunner>>(
        "libtorch", "LibTorch " TORCH_VERSION " eager", read(options));
}

std::unique_ptr<hw_models::Runtime> make_frozen_runtime(ObjectReader& options,
                                                        const std::filesystem::path&) {
    return std::make_unique<TorchRuntime<FrozenRunner>>(
        "libtorch-frozen", "LibTorch " TORCH_VERSION " frozen TorchScript", read(options));
}

}  // namespace parnas::evaluators
