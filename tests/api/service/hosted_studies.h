// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "api/service/leases.h"
#include "api/service/study_host.h"
#include "tests/search/small_jobs.h"
#include "tests/support/catch.h"

namespace parnas::service {

using Clock = search::LeaseDesk::Clock;

// `more`: further keys, ", key: value".
inline std::string small_job(const std::string& name, int trials, const std::string& more = {}) {
    return fmt::format(
        "{{name: {}, space: mixed, objectives: {{accuracy: maximize}}, evaluator: {{type: count}}, "
        "strategy: {{type: random}}, reuse: none, budget: {{trials: {}}}, lag: none{}}}",
        name,
        trials,
        more);
}

// A host over a memory store, as a server has it; may be thrown away and made again.
class Hosting {
  public:
    explicit Hosting(store::Store& kept, Seconds ttl = Seconds(60.0))
        : store(kept),
          host(store,
               [](const store::StudyRecord& study, const std::stop_token&) {
                   return search::prepare(study.spec.job);
               },
               {.pause = Seconds(0.002)}),
          leases(host, store, 1, {.ttl = ttl}) {}

    StudyId create(const std::string& name, int trials, const std::string& more = {}) {
        return search::create_study(search::prepare(small_job(name, trials, more)), store);
    }

    Granted take(std::optional<StudyId> study, std::size_t most = 1) {
        return leases.take({.worker = "wrk_1",
                            .study = study,
                            .most = most,
                            .until = Clock::now() + std::chrono::seconds(20)},
                           {},
                           {});
    }

    TrialState finish(const GrantedLease& granted) {
        return leases.settle(leases.hand_in(granted.attempt.lease,
                                            granted.attempt.attempt,
                                            Measurement{.metrics = {{"accuracy", 0.5}}}));
    }

    store::Store& store;
    StudyHost host;
    Leases leases;
};

inline void wait_for_end(const StudyHost& host, StudyId id) {
    while (!host.find(id)->end())
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace parnas::service
