// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "core/trial.h"
#include "hw_models/hardware_model.h"
#include "search/genotype_facts.h"
#include "search/goals.h"
#include "search/pareto.h"
#include "search/sampler.h"
#include "search/target_costs.h"
#include "search/target_figures.h"
#include "spaces/search_space.h"

namespace parnas::search {

// A candidate before it is evaluated.
struct Screened {
    std::shared_ptr<const KnownFacts> facts;
    Metrics metrics;                       // counted, and predicted or measured
    std::optional<Failure> failure;        // infeasible: over a limit, or the target cannot run it
    std::optional<TargetFigures> figures;  // if the study measures, of an admitted candidate
};

// What a screen judges by. References and pointers outlive it.
struct ScreenParts {
    const spaces::SearchSpace& space;
    GenotypeFacts& facts;
    const hw_models::HardwareModel* model = nullptr;  // none: nothing is predicted
    // Runs networks on the target of `model`, which learns from it (hw_models/learns.h).
    const hw_models::HardwareModel* measurer = nullptr;
    Limits limits = {};
    std::vector<Objective> objectives = {};
    // In (0.5, 1): what is predicted to meet a limit on latency meets it with this probability.
    std::optional<double> confidence = std::nullopt;
};

// Finds out what can be known of candidates without evaluating them: counts, asks the
// hardware model, compares with the limits. Belongs to one driver.
class Screen {
  public:
    explicit Screen(ScreenParts parts);

    // The genotype must be feasible for the space. Throws Error(unavailable) when stopped.
    Screened look(const Genotype& genotype, const std::stop_token& stop);
    // As look(), of a trial that is about to begin. With a measurer a finalist is measured, and
    // so is what look() is unsure of (measure_when.h) if it may break a limit or, evaluated in
    // full, come on `front`. Where the machine refuses, the prediction stands.
    Screened admit(const Candidate& candidate,
                   const ParetoArchive& front,
                   const std::stop_token& stop);
    // Without the hardware model. The genotype must be feasible too.
    KnownFacts known(const Genotype& genotype) { return *parts_.facts.look(genotype); }

    bool measures() const { return costs_ && costs_->measures(); }
    // As TargetCosts::version().
    std::size_t version() const { return costs_ ? costs_->version() : 0; }
    // Takes over what an earlier session knew of a trial, in the order of trials.
    void learn(const Genotype& genotype, const TargetFigures& figures);
    // What admit() said of it then.
    Screened recall(const Genotype& genotype, const TargetFigures& figures);

  private:
    Screened judge(const Genotype& genotype, const std::optional<TargetCosts::Cost>& cost) const;
    bool is_to_be_measured(const Candidate& candidate,
                           const hw_models::Estimate& predicted,
                           const ParetoArchive& front) const;
    Metrics at(const Genotype& genotype, Milliseconds latency) const;
    void measure(const Genotype& genotype, Screened& screened, const std::stop_token& stop);

    ScreenParts parts_;
    std::optional<TargetCosts> costs_;  // none without a model
};

}  // namespace parnas::search
