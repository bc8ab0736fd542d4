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
#include "evaluators/phase_runner.h"
#include "search/sampler.h"

namespace parnas::search {

using evaluators::Phase;

// Nothing to do before an open task ends.
struct Wait {};

// The search is over, and why: "the space is exhausted: 12 of 12 points".
struct Done {
    std::string reason;
};

using Step = std::variant<Proposal, Phase, Wait, Done>;

// A phase that was done. One that fails ends the study.
struct FinishedPhase {
    std::int64_t index = 0;  // in its study, from 0
    Phase phase;
    evaluators::PhaseResult result;
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
    // Whether next() may give phases: only some evaluators run them.
    virtual bool has_phases() const { return false; }
};

std::unique_ptr<Strategy> make_sampler_strategy(std::unique_ptr<Sampler> sampler);

// Reads its options from the job's `strategy` object.
using StrategyFactory =
    std::function<std::unique_ptr<Strategy>(ObjectReader& options, const SamplerSetup& setup)>;

}  // namespace parnas::search
