// SPDX-License-Identifier: Apache-2.0
#include "search/announcer.h"

namespace parnas::search {

void Announcer::count_start(const std::optional<TargetFigures>& figures) {
    ++progress_.proposed;
    progress_.measured += figures && figures->was_measured_now();
    progress_.refused += figures && figures->refused;
}

void Announcer::count(const TellOrder::Ended& ended, const std::optional<Failure>& failure) {
    progress_.cost += ended.cost;
    progress_.complete += ended.trial.state == TrialState::complete;
    progress_.pruned += ended.trial.state == TrialState::pruned;
    progress_.reused += ended.reused;
    if (failure)
        ++(failure->kind == FailureKind::infeasible ? progress_.infeasible : progress_.failed);
}

void Announcer::count(const store::PhaseRecord& phase) {
    ++progress_.phases;
    progress_.cost += phase.cost;
}

void Announcer::announce(const TrialLedger::Turn& turn, std::size_t front, Seconds elapsed) {
    for (std::size_t i = 0; i < turn.settled.size(); ++i) {
        count(turn.settled[i].ended, turn.batch.finishes[i].failure);
        for (Observer* observer : observers_)
            observer->trial_finished(turn.settled[i].candidate, turn.batch.finishes[i]);
    }
    for (const store::PhaseRecord& phase : turn.batch.phases) {
        count(phase);
        for (Observer* observer : observers_)
            observer->phase_finished(phase);
    }
    progress_.front = static_cast<std::int64_t>(front);
    progress_.elapsed = elapsed;
    for (Observer* observer : observers_) {
        if (turn.batch.front)
            observer->front_changed(*turn.batch.front);
        observer->progress(progress_);
    }
}

void Announcer::store_unavailable(const Error& error) const {
    for (Observer* observer : observers_)
        observer->store_unavailable(error);
}

}  // namespace parnas::search
