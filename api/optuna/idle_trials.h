// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <optional>
#include <thread>
#include <vector>

#include "api/optuna/grpc_server.h"
#include "core/mutex.h"

namespace parnas::rpc {

// Takes RUNNING trials from those who have said nothing of them for the limit: they become WAITING,
// as they were, and another client may take them. Who had one is not told, and the protocol gives
// no means to tell it apart from who has it next: what it still says counts. Thread-safe.
class IdleTrials {
  public:
    using Clock = std::chrono::steady_clock;

    // Without a limit it does nothing. Trials that are RUNNING already have the limit from now on.
    IdleTrials(store::OptunaStore& store, const GrpcOptions& options);
    ~IdleTrials();
    IdleTrials(const IdleTrials&) = delete;
    IdleTrials& operator=(const IdleTrials&) = delete;

    // Its client has it, or said something of it.
    void heard_of(store::TrialId id);
    // Nobody has it any more.
    void given_up(store::TrialId id);

  private:
    void watch(const std::stop_token& stop);
    std::vector<store::TrialId> overdue();
    void take_back(store::TrialId id);

    store::OptunaStore& store_;
    const std::optional<Seconds> limit_;
    const std::function<void(const store::OptunaTrial&)> on_idle_;
    Mutex mutex_;
    std::condition_variable_any wake_;
    std::map<store::TrialId, Clock::time_point> heard_ PARNAS_GUARDED_BY(mutex_);
    std::jthread thread_;
};

}  // namespace parnas::rpc
