// SPDX-License-Identifier: Apache-2.0
#include "hw_models/costs/costed_model.h"

#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "hw_models/costs/network_costs.h"
#include "hw_models/learns.h"

namespace parnas::hw_models {
namespace {

class CostedModel : public HardwareModel {
  public:
    CostedModel(std::unique_ptr<HardwareModel> model, Target target)
        : model_(std::move(model)), target_(std::move(target)) {}

    const Target& target() const override { return target_; }

    std::string fingerprint() const override {
        return fmt::format("{}, costs@1 {}", model_->fingerprint(), describe(target_.figures));
    }

    std::vector<Estimate> estimate(std::span<const spaces::Network* const> networks,
                                   const std::stop_token& stop) const override {
        std::vector<Estimate> estimates = model_->estimate(networks, stop);
        for (std::size_t i = 0; i < estimates.size(); ++i)
            estimates[i] = complete(std::move(estimates[i]), *networks[i], target_);
        return estimates;
    }

  private:
    std::unique_ptr<HardwareModel> model_;
    Target target_;
};

std::unique_ptr<HardwareModel> with_figures_of(std::unique_ptr<HardwareModel> model, Target target);

// Of a model that learns.
class CostedLearner final : public CostedModel, public Learns {
  public:
    CostedLearner(std::unique_ptr<HardwareModel> model, const Learns& learner, Target target)
        : CostedModel(std::move(model), std::move(target)), learner_(learner) {}

    std::unique_ptr<HardwareModel> refitted(std::span<const Measured> added) const override {
        return with_figures_of(learner_.refitted(added), target());
    }

  private:
    const Learns& learner_;  // the model itself
};

std::unique_ptr<HardwareModel> with_figures_of(std::unique_ptr<HardwareModel> model,
                                               Target target) {
    if (const auto* learner = dynamic_cast<const Learns*>(model.get()))
        return std::make_unique<CostedLearner>(std::move(model), *learner, std::move(target));
    return std::make_unique<CostedModel>(std::move(model), std::move(target));
}

}  // namespace

Estimate complete(Estimate estimate, const spaces::Network& network, const Target& target) {
    const CostFigures& figures = target.figures;
    const Run run{.dtype = target.dtype, .batch = target.batch};
    const MemoryNeed need = memory_need(network, figures.memory, run);
    if (const auto reason = describe_overflow(need, figures))
        throw Error(ErrorKind::invalid_input, *reason, target.name);
    estimate.weights = need.weights;
    estimate.peak_activations = need.activations;
    estimate.peak_memory = need.total();
    if (!estimate.energy) {
        estimate.energy = modelled_energy(network, estimate.latency, figures, run);
        estimate.energy_source = EnergySource::modelled;
    }
    estimate.throughput_per_s = throughput_per_s(estimate.latency, target.batch, figures);
    estimate.cost_per_million = cost_per_million(estimate.latency, target.batch, figures);
    return estimate;
}

std::unique_ptr<HardwareModel> with_costs(std::unique_ptr<HardwareModel> model,
                                          ObjectReader& options) {
    if (!model)
        return nullptr;
    Target target = model->target();
    target.figures = read_cost_figures(options, target.dtype, std::move(target.figures));
    return with_figures_of(std::move(model), std::move(target));
}

}  // namespace parnas::hw_models
