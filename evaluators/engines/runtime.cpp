// SPDX-License-Identifier: Apache-2.0
#include "evaluators/engines/runtime.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/rng.h"
#include "hw_models/measuring/setting.h"
#include "spaces/onnx/onnx.h"

namespace parnas::evaluators {
namespace {

using hw_models::RuntimeSetting;
using spaces::onnx::Tensor;

// How many different integers every reader of an input allows; 1 if nobody says.
std::int64_t integer_bound(const spaces::Network& network, spaces::ValueId input) {
    std::int64_t bound = 0;
    const auto limit = [&](std::int64_t count) {
        bound = bound == 0 ? count : std::min(bound, count);
    };
    for (const spaces::Node& node : network.nodes) {
        if (const auto* embedding = std::get_if<spaces::Embedding>(&node.op)) {
            if (node.inputs[0] == input)
                limit(embedding->count);
        } else if (std::holds_alternative<spaces::MessagePassing>(node.op) &&
                   node.inputs[1] == input) {
            // The graph's size is known only where its nodes are an input themselves.
            const auto nodes = static_cast<std::size_t>(node.inputs[0]);
            limit(nodes < network.inputs.size()
                      ? std::max<std::int64_t>(network.inputs[nodes].shape[0], 1)
                      : 1);
        }
    }
    return std::max<std::int64_t>(bound, 1);
}

// Standard normal values, and integers that are valid. An unknown dimension has one entry.
std::vector<Tensor> random_inputs(const spaces::Network& network, std::int64_t batch) {
    Rng rng(0);
    std::vector<Tensor> tensors;
    for (std::size_t i = 0; i < network.inputs.size(); ++i) {
        Tensor tensor{.shape = {batch}, .values = {}};
        auto size = static_cast<std::size_t>(batch);
        for (const spaces::Dim extent : network.inputs[i].shape) {
            tensor.shape.push_back(std::max<spaces::Dim>(extent, 1));
            size *= static_cast<std::size_t>(tensor.shape.back());
        }
        if (network.inputs[i].dtype == spaces::DType::int64) {
            const std::int64_t last = integer_bound(network, static_cast<spaces::ValueId>(i)) - 1;
            std::vector<std::int64_t> values(size);
            std::ranges::generate(values, [&] { return rng.integer(0, last); });
            tensor.values = std::move(values);
        } else {
            std::vector<float> values(size);
            std::ranges::generate(values, [&] { return static_cast<float>(rng.normal()); });
            tensor.values = std::move(values);
        }
        tensors.push_back(std::move(tensor));
    }
    return tensors;
}

class EngineRunner final : public hw_models::Runner {
  public:
    EngineRunner(const spaces::Network& network,
                 const spaces::onnx::Engine& engine,
                 const RuntimeSetting& setting) {
        spaces::onnx::RandomWeights weights(0);
        session_ = engine.load(spaces::onnx::to_onnx(network, weights, {.batch = setting.batch}),
                               setting.threads);
        session_->set_inputs(random_inputs(network, setting.batch));
    }

    void run() override { session_->run(); }

  private:
    std::unique_ptr<spaces::onnx::Session> session_;
};

class EngineRuntime final : public hw_models::Runtime {
  public:
    EngineRuntime(const std::string& name,
                  std::shared_ptr<const spaces::onnx::Engine> engine,
                  const RuntimeSetting& setting)
        : engine_(std::move(engine)),
          setting_(setting),
          target_(hw_models::host_target(name, engine_->title(), setting)) {}

    const hw_models::Target& target() const override { return target_; }

    // A model that the engine takes may still fail when it runs: its first run belongs to loading.
    std::unique_ptr<hw_models::Runner> load(const spaces::Network& network) const override {
        auto runner = std::make_unique<EngineRunner>(network, *engine_, setting_);
        runner->run();
        return runner;
    }

  private:
    std::shared_ptr<const spaces::onnx::Engine> engine_;
    RuntimeSetting setting_;
    hw_models::Target target_;
};

}  // namespace

std::unique_ptr<hw_models::Runtime> make_engine_runtime(
    std::string name,
    std::shared_ptr<const spaces::onnx::Engine> engine,
    ObjectReader& options) {
    return std::make_unique<EngineRuntime>(
        name,
        std::move(engine),
        hw_models::read_setting(options, {.dtypes = {"fp32"}, .layouts = {"nchw"}}));
}

}  // namespace parnas::evaluators
