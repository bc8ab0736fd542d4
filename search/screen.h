// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <unordered_map>
#include <variant>

#include "core/trial.h"
#include "hw_models/hardware_model.h"
#include "search/genotype_facts.h"
#include "search/goals.h"
#include "search/sampler.h"
#include "spaces/search_space.h"

namespace parnas::search {

// A candidate before it is evaluated.
struct Screened {
    std::shared_ptr<const KnownFacts> facts;
    Metrics metrics;                 // counted and predicted
    std::optional<Failure> failure;  // infeasible: over a limit, or the target cannot run it
};

// Finds out what can be known of candidates without evaluating them: counts, asks the
// hardware model, compares with the limits. Belongs to one driver. The model is asked once
// for each architecture.
class Screen {
  public:
    // `model` may be null. With a `confidence`, in (0.5, 1), what is predicted to meet a limit on
    // latency meets it with that probability. Keeps references to space, facts and model.
    Screen(const spaces::SearchSpace& space,
           GenotypeFacts& facts,
           const hw_models::HardwareModel* model,
           Limits limits,
           std::optional<double> confidence = std::nullopt);

    // The genotype must be feasible for the space. Throws Error(unavailable) when stopped.
    Screened look(const Genotype& genotype, const std::stop_token& stop);
    // Without the hardware model. The genotype must be feasible too.
    KnownFacts known(const Genotype& genotype) { return *facts_.look(genotype); }

  private:
    // What the target says of an architecture, or why it cannot run it.
    using Prediction = std::variant<hw_models::Estimate, Failure>;

    const Prediction& predict(const Genotype& genotype,
                              const Digest& architecture,
                              const std::stop_token& stop);

    const spaces::SearchSpace& space_;
    GenotypeFacts& facts_;
    const hw_models::HardwareModel* model_;
    Limits limits_;
    std::optional<double> confidence_;
    std::unordered_map<Digest, Prediction> predictions_;  // by architecture
};

}  // namespace parnas::search
