// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/object_reader.h"
#include "core/rng.h"
#include "core/trial.h"
#include "search/goals.h"
#include "spaces/search_space.h"

namespace parnas::search {

// A candidate that somebody suggests. Attributes (JSON texts by key) say why and are kept
// with the trial: "reason", "generation", "parents".
struct Proposal {
    Genotype genotype;
    Stage stage = Stage::search;
    double fidelity = 1.0;
    std::optional<ArtifactId> warm_start;
    std::map<std::string, std::string, std::less<>> attributes;
};

// A trial that ended, as samplers see it.
struct Trial {
    TrialNumber number = 0;
    Genotype genotype;
    Stage stage = Stage::search;
    TrialState state = TrialState::complete;
    // One per objective, all to be minimised; empty unless complete or ended at a rung: pruned,
    // since its fidelity is below 1, and not because it looked bad.
    std::vector<double> objectives;
    // By how much hard limits are broken, as the sum of relative excesses; 0: all are met.
    double violation = 0.0;
    Metrics metrics;
    double fidelity = 1.0;
    std::optional<ArtifactId> weights;  // to go on from; of those that ended at a rung, if kept
};

// What is known of a feasible genotype without evaluating it.
struct KnownFacts {
    // Equal for genotypes that mean the same: isomorphic networks and equal other values if
    // the study reuses results by architecture, otherwise equal values.
    Digest identity;
    std::optional<Digest> architecture;  // canonical hash of the network; none for pure HPO
    Metrics counts;  // parameters, multiply_adds, weight_bytes, ...; empty for pure HPO
};
using Known = std::function<KnownFacts(const Genotype&)>;

// The same with what the target's hardware model says. That may take seconds where the model
// measures; a network is asked for once.
struct Predicted {
    Metrics metrics;                 // counted and predicted
    std::optional<Failure> failure;  // over a hard limit, or the target cannot run it
};
using Predict = std::function<Predicted(const Genotype&)>;

struct AskContext {
    const spaces::SearchSpace& space;
    TrialNumber number;                  // of the first trial that is asked for
    std::span<const Candidate> pending;  // proposed and not yet told, by number
    Rng& rng;                            // depends on the study's seed and `number` alone
    const Known& known;
    Predict predict = {};  // empty: nobody predicts
};

// Where to look next. Driven by one study's driver, never by two threads. Its state is a
// function of what it was told, in order: a resumed study tells the same trials again, so
// tell() must be linear and quick (10 microseconds a trial), and ask() may be repeated
// without harm. Proposals are in the space and feasible. It sees neither store nor
// evaluator. Failures and infeasible trials are told like all others.
class Sampler {
  public:
    virtual ~Sampler() = default;
    // Up to `count` proposals. Fewer: "not now"; none with nothing pending: "exhausted".
    virtual std::vector<Proposal> ask(const AskContext& context, std::size_t count) = 0;
    virtual void tell(std::span<const Trial> trials) = 0;
};

struct SamplerSetup {
    const spaces::SearchSpace& space;
    std::size_t objectives = 1;
    std::uint64_t seed = 0;             // the study's: for what must stay the same from ask to ask
    Limits limits = {};                 // the job's
    std::vector<Objective> goals = {};  // the objectives, where their metrics have names
};

// Reads its options from the job's `strategy` object.
using SamplerFactory =
    std::function<std::unique_ptr<Sampler>(ObjectReader& options, const SamplerSetup& setup)>;

}  // namespace parnas::search
