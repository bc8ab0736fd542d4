// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/zero_cost/scoring_runner.h"

#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "evaluators/torch/threads.h"
#include "evaluators/torch/zero_cost/scores.h"

namespace parnas::evaluators {
namespace {

class ScoringRunner final : public PhaseRunner {
  public:
    explicit ScoringRunner(const Batches& batches) : batches_(batches) {}

    PhaseOutcome run(const Phase& phase, const PhaseContext& context) override {
        if (phase.name != search::kScoringPhase)
            throw Error(ErrorKind::invalid_input,
                        fmt::format("this evaluator scores candidates without training, and runs "
                                    "no phase '{}': the training evaluator does",
                                    phase.name));
        return run_scoring_phase(phase, context, batches_);
    }

  private:
    const Batches& batches_;
};

bool is_cancelled(const search::Scores& scores) {
    const auto* failure = std::get_if<Failure>(&scores);
    return failure != nullptr && failure->kind == FailureKind::cancelled;
}

}  // namespace

PhaseOutcome run_scoring_phase(const Phase& phase,
                               const PhaseContext& context,
                               const Batches& batches) {
    const auto start = std::chrono::steady_clock::now();
    use_threads(context.threads);
    const search::TrialCodec codec(context.space.params());
    const search::ScoringSettings settings = search::scoring_settings(phase.settings, codec);
    std::vector<search::Scores> scores;
    Metrics metrics{{"scored", 0.0}, {"unscored", 0.0}};
    for (const Genotype& genotype : settings.genotypes) {
        scores.push_back(
            score_candidate(context.space, genotype, settings.scoring, batches, context.stop));
        if (is_cancelled(scores.back()))
            return std::get<Failure>(std::move(scores.back()));
        ++metrics[std::holds_alternative<Metrics>(scores.back()) ? "scored" : "unscored"];
        if (context.progress)
            context.progress(
                static_cast<double>(scores.size()) / static_cast<double>(settings.genotypes.size()),
                metrics);
    }
    return PhaseResult{.metrics = std::move(metrics),
                       .attachment = search::to_text(scores),
                       .cost = std::chrono::steady_clock::now() - start};
}

std::unique_ptr<PhaseRunner> make_scoring_runner(const Batches& batches) {
    return std::make_unique<ScoringRunner>(batches);
}

}  // namespace parnas::evaluators
