// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "core/trial.h"
#include "search/sampler.h"

namespace parnas::search {

// Shared work without a candidate of its own: training a supernet, recalibrating it,
// fitting a model. `name` says which of the strategy's phases, `settings` (JSON text) how.
struct Phase {
    std::string name;
    std::string settings;
    std::optional<ArtifactId> warm_start;  // a checkpoint to go on from
};

// Nothing to do before an open task ends.
struct Wait {};

// The search is over, and why: "the space is exhausted: 12 of 12 points".
struct Done {
    std::string reason;
};

using Step = std::variant<Proposal, Phase, Wait, Done>;

// A phase that ended, with the checkpoint it left.
struct FinishedPhase {
    std::string name;
    std::optional<Failure> failure;
    Metrics metrics;
    std::optional<ArtifactId> checkpoint;
};

using Finished = std::variant<Trial, FinishedPhase>;

// What a study is driven by. The same promises as Sampler; a sampler alone is wrapped into
// one, which asks for one proposal at a time.
class Strategy {
  public:
    virtual ~Strategy() = default;
    virtual Step next(const AskContext& context) = 0;
    virtual void tell(std::span<const Finished> finished) = 0;
};

std::unique_ptr<Strategy> make_sampler_strategy(std::unique_ptr<Sampler> sampler);

// Reads its options from the job's `strategy` object.
using StrategyFactory =
    std::function<std::unique_ptr<Strategy>(ObjectReader& options, const SamplerSetup& setup)>;

}  // namespace parnas::search
