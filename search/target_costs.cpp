// SPDX-License-Identifier: Apache-2.0
#include "search/target_costs.h"

#include <utility>

#include "core/error.h"
#include "hw_models/costs/costed_model.h"
#include "spaces/network_digest.h"

namespace parnas::search {
namespace {

using hw_models::Estimate;

// Calls `estimate`; a network that the target cannot run is infeasible.
template <typename Function>
TargetCosts::Cost cost_of(const Function& estimate) {
    try {
        return estimate();
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::invalid_input)
            throw;
        return Failure{FailureKind::infeasible, error.what()};
    }
}

Estimate ask(const hw_models::HardwareModel& model,
             const spaces::Network& network,
             const std::stop_token& stop) {
    const spaces::Network* one = &network;
    return model.estimate({&one, 1}, stop).at(0);
}

}  // namespace

TargetCosts::TargetCosts(const spaces::SearchSpace& space,
                         const hw_models::HardwareModel& model,
                         const hw_models::HardwareModel* measurer)
    : space_(space), given_(model), measurer_(measurer) {
    if (measurer_ == nullptr)
        return;
    learner_ = dynamic_cast<const hw_models::Learns*>(&model);
    check(learner_ != nullptr, "TargetCosts: the model does not learn");
}

TargetCosts::Cost TargetCosts::look(const Genotype& genotype, const std::stop_token& stop) {
    const Digest digest = network_of(genotype);
    if (const auto found = measured_.find(digest); found != measured_.end())
        return found->second;
    const hw_models::HardwareModel& asked = model();  // forgets what the one before said
    if (const auto found = predicted_.find(digest); found != predicted_.end())
        return found->second;
    const std::shared_ptr<const spaces::Network> network = space_.decode(genotype).network;
    return predicted_[digest] = cost_of([&] { return ask(asked, *network, stop); });
}

std::variant<Estimate, Failure, TargetCosts::Refused> TargetCosts::measure(
    const Genotype& genotype,
    const std::stop_token& stop) {
    const Digest digest = network_of(genotype);
    const std::shared_ptr<const spaces::Network> network = space_.decode(genotype).network;
    try {
        Cost cost = cost_of([&] { return ask(*measurer_, *network, stop); });
        if (auto* failure = std::get_if<Failure>(&cost)) {
            measured_[digest] = *failure;
            return std::move(*failure);
        }
        learn(genotype, std::get<Estimate>(cost));
        return std::get<Estimate>(measured_.at(digest));
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::unavailable || stop.stop_requested())
            throw;
        return Refused{error.what()};
    }
}

void TargetCosts::learn(const Genotype& genotype, const Estimate& measured) {
    const Digest digest = network_of(genotype);
    if (measured_.contains(digest))
        return;
    Estimate known = completed(genotype, measured);
    known.source = hw_models::Source::measured;
    known.extrapolated = false;
    measured_[digest] = std::move(known);
    networks_.push_back(space_.decode(genotype).network);
    learnt_.push_back({.network = networks_.back().get(), .latency = measured.latency});
}

Estimate TargetCosts::completed(const Genotype& genotype, const Estimate& estimate) const {
    return hw_models::complete(estimate, *space_.decode(genotype).network, given_.target());
}

Digest TargetCosts::network_of(const Genotype& genotype) {
    const Digest key = spaces::hash(genotype);
    const auto found = known_.find(key);
    if (found != known_.end())
        return found->second;
    return known_[key] = spaces::network_digest(*space_.decode(genotype).network);
}

const hw_models::HardwareModel& TargetCosts::model() {
    if (fitted_to_ != version()) {
        refitted_ = learner_->refitted(learnt_);
        fitted_to_ = version();
        predicted_.clear();
    }
    return refitted_ ? *refitted_ : given_;
}

}  // namespace parnas::search
