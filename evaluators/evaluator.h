// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/registry.h"
#include "core/trial.h"
#include "evaluators/phase_runner.h"
#include "spaces/search_space.h"

namespace parnas::evaluators {

enum class Verdict { go_on, stop };

// What an evaluation may use besides its candidate.
struct Context {
    const spaces::SearchSpace& space;
    std::stop_token stop;  // answered within a second with Failure(cancelled)
    int threads = 1;
    // Tells how far it is, step from 0; on Verdict::stop (pruned) the evaluation ends with
    // the Measurement it has.
    std::function<Verdict(std::int64_t step, const Metrics& metrics)> report;
    // Keeps the trained weights as the trial's artifact; the last call wins.
    std::function<void(std::string bytes)> save_weights;
    // The bytes of an earlier artifact: Candidate::warm_start.
    std::function<std::string(const ArtifactId&)> load;
};

// How good a candidate is. Const and thread-safe: workers share one. Same candidate, same
// outcome, whatever runs beside it. A candidate that is bad, slow or unlucky is a Failure;
// an exception means that the surroundings are broken.
class Evaluator {
  public:
    virtual ~Evaluator() = default;
    // Everything that decides the outcome besides the candidate: type, options, digest of
    // the data. Part of the key under which results are reused.
    virtual std::string fingerprint() const = 0;
    // The metrics that every Measurement of a search trial has.
    virtual std::vector<std::string> metrics() const = 0;
    // Adds a fault for each reason why candidates of `space` cannot be evaluated.
    virtual void check_space(const spaces::SearchSpace& space, Faults& faults) const = 0;
    virtual Outcome evaluate(const Candidate& candidate, const Context& context) const = 0;
    // What runs the phases of weight-sharing strategies; null: it has no shared weights. The
    // evaluator outlives it. A candidate whose warm start is a checkpoint of such a phase is
    // scored with the weights that it inherits.
    virtual std::unique_ptr<PhaseRunner> make_phase_runner() const { return nullptr; }
};

// Reads its options from the job's `evaluator` object (faults go to the reader) and its
// files relative to `base`.
using EvaluatorFactory =
    std::function<std::unique_ptr<Evaluator>(ObjectReader& options,
                                             const std::filesystem::path& base)>;

}  // namespace parnas::evaluators
