// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "core/trial.h"
#include "hw_models/hardware_model.h"
#include "hw_models/learns.h"
#include "spaces/search_space.h"

namespace parnas::search {

// What the networks of a space cost on a target: as a model predicts or, of those that were
// measured, as they were. The model is fitted to all measurements before it predicts the next
// network. Genotypes of one network (spaces/network_digest.h) share what it costs; isomorphic
// ones do not, since a runtime may run branches that no output needs. Belongs to one driver.
class TargetCosts {
  public:
    // An estimate, or why the target cannot run the network.
    using Cost = std::variant<hw_models::Estimate, Failure>;
    // Why the machine gave no measurement.
    struct Refused {
        std::string reason;
    };

    // `measurer` runs networks on the target of `model`, which must learn (hw_models/learns.h);
    // null: nothing is measured but by the model itself. Keeps references.
    TargetCosts(const spaces::SearchSpace& space,
                const hw_models::HardwareModel& model,
                const hw_models::HardwareModel* measurer);

    bool measures() const { return measurer_ != nullptr; }
    // Grows with each measurement: what look() says may be another.
    std::size_t version() const { return learnt_.size(); }

    // The model is asked once for each network, until it has learnt. Throws Error(unavailable)
    // when stopped.
    Cost look(const Genotype& genotype, const std::stop_token& stop);
    // Needs measures(). Throws Error(unavailable) when stopped.
    std::variant<hw_models::Estimate, Failure, Refused> measure(const Genotype& genotype,
                                                                const std::stop_token& stop);
    // A measurement of an earlier session, in the order in which they were made.
    void learn(const Genotype& genotype, const hw_models::Estimate& measured);
    // With what follows from the network. Throws Error(invalid_input) as the model would.
    hw_models::Estimate completed(const Genotype& genotype,
                                  const hw_models::Estimate& estimate) const;

  private:
    Digest network_of(const Genotype& genotype);
    const hw_models::HardwareModel& model();

    const spaces::SearchSpace& space_;
    const hw_models::HardwareModel& given_;
    const hw_models::HardwareModel* measurer_;
    const hw_models::Learns* learner_ = nullptr;
    std::unique_ptr<const hw_models::HardwareModel> refitted_;
    std::size_t fitted_to_ = 0;  // version() of `refitted_`
    std::vector<hw_models::Measured> learnt_;
    std::vector<std::shared_ptr<const spaces::Network>> networks_;  // of `learnt_`
    std::unordered_map<Digest, Digest> known_;                      // network_of()
    std::unordered_map<Digest, Cost> predicted_;  // by network, by the model as it is
    std::unordered_map<Digest, Cost> measured_;   // by network
};

}  // namespace parnas::search
