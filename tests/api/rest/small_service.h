// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/rest/event_feed.h"
#include "api/rest/service.h"
#include "tests/api/rest/small_api.h"
#include "tests/store/samples.h"

namespace parnas::tests {

namespace samples = store::samples;

// The events of all studies of a store, asked for one by one.
class StudiesLog final : public rest::EventLog {
  public:
    explicit StudiesLog(const store::Store& store) : store_(store) {}

    std::vector<rest::FeedEvent> after(std::int64_t seq, std::size_t limit) const override {
        std::vector<rest::FeedEvent> all;
        for (const store::StudyRecord& study : store_.studies())
            for (store::Event& event : store_.events(study.id, seq))
                all.push_back({.seq = event.seq,
                               .study = study.id,
                               .time = event.time,
                               .kind = std::move(event.kind),
                               .body = std::move(event.body)});
        std::ranges::sort(all, {}, &rest::FeedEvent::seq);
        all.resize(std::min(all.size(), limit));
        return all;
    }
    std::int64_t last() const override {
        const auto all = after(0, SIZE_MAX);
        return all.empty() ? 0 : all.back().seq;
    }

  private:
    const store::Store& store_;
};

// A service over an empty store in memory, and the operations that are added to it.
struct SmallService {
    std::unique_ptr<store::Store> store = store::make_memory_store();
    StudiesLog log{*store};
    rest::EventFeed feed{log};
    rest::TrialTally tally;
    rest::PageTokens pages{"a key of the tests"};
    rest::Service service{.contract = contract(),
                          .pages = pages,
                          .store = *store,
                          .events = feed,
                          .tally = tally,
                          .targets = hw_models::TargetLibrary(),
                          .status = {.version = "1.2.3",
                                     .schema = 3,
                                     .readiness = [this] { return checks; },
                                     .counters = [] { return http::Counters{}; },
                                     .metrics = [] { return std::vector<rest::MetricFamily>{}; }}};
    std::vector<rest::ReadinessCheck> checks{{.name = "store", .ready = true, .state = "open"}};

    template <typename... Add>
    SmallApi api(Add... add) {
        rest::Operations operations;
        (add(operations, service), ...);
        return SmallApi(std::move(operations));
    }
};

}  // namespace parnas::tests
