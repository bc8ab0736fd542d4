// SPDX-License-Identifier: Apache-2.0
#include "api/optuna/idle_trials.h"

#include <algorithm>

namespace parnas::rpc {
namespace {

constexpr Seconds kLookAgain{1.0};

}  // namespace

IdleTrials::IdleTrials(store::OptunaStore& store, const GrpcOptions& options)
    : store_(store), limit_(options.idle), on_idle_(options.on_idle) {
    if (!limit_)
        return;
    for (const store::TrialId id : store.running_trials())
        heard_of(id);
    thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

IdleTrials::~IdleTrials() {
    thread_.request_stop();
    if (thread_.joinable())
        thread_.join();
}

void IdleTrials::heard_of(store::TrialId id) {
    if (!limit_)
        return;
    const MutexLock lock(mutex_);
    heard_[id] = Clock::now();
}

void IdleTrials::given_up(store::TrialId id) {
    if (!limit_)
        return;
    const MutexLock lock(mutex_);
    heard_.erase(id);
}

void IdleTrials::watch(const std::stop_token& stop) {
    const Seconds pause = std::min(kLookAgain, *limit_ / 4);
    while (!stop.stop_requested()) {
        for (const store::TrialId id : overdue())
            take_back(id);
        const MutexLock lock(mutex_);
        wake_.wait_for(mutex_, stop, pause, [] { return false; });
    }
}

std::vector<store::TrialId> IdleTrials::overdue() {
    const auto latest = Clock::now() - std::chrono::duration_cast<Clock::duration>(*limit_);
    std::vector<store::TrialId> trials;
    const MutexLock lock(mutex_);
    for (auto at = heard_.begin(); at != heard_.end();) {
        if (at->second < latest) {
            trials.push_back(at->first);
            at = heard_.erase(at);
        } else {
            ++at;
        }
    }
    return trials;
}

void IdleTrials::take_back(store::TrialId id) {
    try {
        const store::SharedTrial trial = store_.trial(id);
        if (trial->state != TrialState::running)
            return;
        const store::OptunaChange change =
            store::StateSet{.trial = id, .state = TrialState::waiting};
        store_.apply(std::span(&change, 1));
        if (on_idle_)
            on_idle_(*trial);
    } catch (const Error& error) {
        // It is gone, finished meanwhile, or a driver has it; a full disk passes.
        if (error.kind() == ErrorKind::unavailable)
            heard_of(id);
    }
}

}  // namespace parnas::rpc
