// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <unordered_map>

#include "core/trial.h"
#include "hw_models/hardware_model.h"
#include "search/goals.h"
#include "search/sampler.h"
#include "spaces/search_space.h"

namespace parnas::search {

// A candidate before it is evaluated.
struct Screened {
    std::shared_ptr<const spaces::Decoded> decoded;
    Digest identity;                     // KnownFacts::identity
    std::optional<Digest> architecture;  // canonical hash; none for a pure HPO space
    Metrics metrics;                     // counted and predicted
    std::optional<Failure> failure;      // infeasible: over a limit, or the target cannot run it
};

// Finds out what can be known of candidates without evaluating them: decodes, counts, asks
// the hardware model, compares with the limits. Belongs to one driver. The model is asked
// once for each architecture; of the rest the last few hundred candidates are remembered.
class Screen {
  public:
    // `model` may be null. Keeps references to both.
    Screen(const spaces::SearchSpace& space, const hw_models::HardwareModel* model, Limits limits);

    // The genotype must be feasible for the space. Throws Error(unavailable) when stopped.
    std::shared_ptr<const Screened> look(const Genotype& genotype, const std::stop_token& stop);
    // Without the hardware model. The genotype must be feasible too.
    KnownFacts known(const Genotype& genotype);

  private:
    using Entry = std::shared_ptr<Screened>;

    Entry decoded(const Genotype& genotype);
    void predict(Screened& screened, const std::stop_token& stop);

    const spaces::SearchSpace& space_;
    const hw_models::HardwareModel* model_;
    Limits limits_;
    std::unordered_map<Digest, Entry> decoded_;  // by genotype
    std::unordered_map<Digest, std::shared_ptr<const Screened>> screened_;
    std::unordered_map<Digest, hw_models::Estimate> estimates_;  // by architecture
};

}  // namespace parnas::search
