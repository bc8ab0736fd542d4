// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>

#include "core/trial.h"
#include "spaces/search_space.h"

namespace parnas::evaluators {

// Shared work without a candidate of its own, in a piece that is done or not done: an epoch
// of a supernet's training. What follows from it is decided by the strategy, piece by piece.
struct Phase {
    std::string name;                      // "supernet": which of the strategy's phases
    std::string settings;                  // JSON text: what to do and how
    std::optional<ArtifactId> warm_start;  // the checkpoint to go on from; none: from nothing
};

struct PhaseResult {
    Metrics metrics;
    std::string attachment;  // JSON text kept with the phase, or empty: architecture parameters
    Seconds cost{0};
};

using PhaseOutcome = std::variant<PhaseResult, Failure>;

// What a phase may use besides its settings.
struct PhaseContext {
    const spaces::SearchSpace& space;
    std::stop_token stop;  // answered within a second with Failure(cancelled)
    int threads = 1;
    std::uint64_t seed = 0;  // another one for each phase of a study
    // Tells how far the phase is, as a share in [0, 1]. May be empty.
    std::function<void(double share, const Metrics& metrics)> progress;
    // Keeps what the next phase or a trial starts from; the last call wins.
    std::function<void(std::string bytes)> save_checkpoint;
    // The bytes of an earlier checkpoint: Phase::warm_start.
    std::function<std::string(const ArtifactId&)> load;
};

// Runs a study's phases one after the other, on one thread. What it keeps from phase to phase
// saves time alone: same phase, same checkpoint before, same outcome.
class PhaseRunner {
  public:
    virtual ~PhaseRunner() = default;
    virtual PhaseOutcome run(const Phase& phase, const PhaseContext& context) = 0;
};

}  // namespace parnas::evaluators
