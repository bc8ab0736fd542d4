// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/runner.h"

#include <chrono>
#include <new>
#include <string>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json.h"
#include "evaluators/torch/supernet/differentiable/differentiable_phase.h"
#include "evaluators/torch/supernet/paths/path_phase.h"
#include "evaluators/torch/threads.h"
#include "evaluators/torch/torch_failure.h"
#include "evaluators/torch/zero_cost/scoring_runner.h"
#include "search/weight_sharing/path_epoch.h"
#include "search/zero_cost/scoring_phase.h"

namespace parnas::evaluators {
namespace {

using Clock = std::chrono::steady_clock;

class SupernetRunner final : public PhaseRunner {
  public:
    explicit SupernetRunner(const PhaseParts& parts) : parts_(parts) {}

    PhaseOutcome run(const Phase& phase, const PhaseContext& context) override {
        const Clock::time_point start = Clock::now();
        use_threads(context.threads);
        try {
            PhaseOutcome outcome = run_epoch(phase, context);
            if (auto* result = std::get_if<PhaseResult>(&outcome))
                result->cost = Clock::now() - start;
            return outcome;
        } catch (const std::bad_alloc&) {
            return Failure{FailureKind::out_of_memory, "memory ran out during training"};
        } catch (const c10::Error& error) {
            return to_failure(error);
        }
    }

  private:
    PhaseOutcome run_epoch(const Phase& phase, const PhaseContext& context) const {
        const Json settings = parse_json(phase.settings, "settings of phase '" + phase.name + "'");
        const std::string type = settings.value("type", "");
        if (type == search::kPathEpochType)
            return run_path_phase(phase, settings, parts_, context);
        if (type == search::kDifferentiable)
            return run_differentiable_phase(phase, settings, parts_, context);
        if (type == search::kScoringPhase)
            return run_scoring_phase(phase, context, *make_data_batches(parts_.data));
        throw Error(ErrorKind::invalid_input,
                    "the training evaluator has no phase of type '" + type + "'",
                    "/type");
    }

    PhaseParts parts_;
};

}  // namespace

std::unique_ptr<PhaseRunner> make_supernet_runner(const PhaseParts& parts) {
    return std::make_unique<SupernetRunner>(parts);
}

}  // namespace parnas::evaluators
