// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "evaluators/evaluator.h"
#include "search/lease_desk.h"
#include "store/store.h"

namespace parnas::search {

struct WorkerParts {
    LeaseDesk& desk;
    const evaluators::Evaluator& evaluator;
    const spaces::SearchSpace& space;
    const store::Store& store;  // where warm starts come from
    int workers = 1;
    int threads = 1;        // each evaluation may use
    int phase_threads = 1;  // each phase may use
};

// Threads of this process that take leases and evaluate, until the desk closes. An
// exception of the evaluator fails the trial; the third in a row, over all workers, fails
// the study, since the surroundings must be broken. Those that come after a stop request
// are taken for its consequence: the trial is cancelled. Phases run on a further thread; an
// exception fails the phase.
class LocalWorkers {
  public:
    // Everything that `parts` refers to outlives the workers.
    explicit LocalWorkers(const WorkerParts& parts);
    // Stops them and waits.
    ~LocalWorkers();
    LocalWorkers(const LocalWorkers&) = delete;
    LocalWorkers& operator=(const LocalWorkers&) = delete;

    // Running evaluations are to end soon with Failure(cancelled).
    void request_stop();

  private:
    void work(const std::stop_token& stop);
    void evaluate(const Lease& lease, const std::stop_token& stop);
    Outcome try_evaluate(const Lease& lease, const evaluators::Context& context);
    void run_phases(const std::stop_token& stop);
    evaluators::PhaseOutcome run_phase(std::unique_ptr<evaluators::PhaseRunner>& runner,
                                       const PhaseLease& lease,
                                       const evaluators::PhaseContext& context);

    WorkerParts parts_;
    std::atomic<int> errors_in_row_ = 0;
    std::vector<std::jthread> threads_;
};

}  // namespace parnas::search
