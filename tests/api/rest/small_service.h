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

// A service over an empty store in memory, and the operations that are added to it.
struct SmallService {
    std::unique_ptr<store::Store> store = store::make_memory_store();
    store::ServiceStore& kept = store::service_store(*store);
    rest::EventFeed feed{kept};
    rest::PageTokens pages{"a key of the tests"};
    rest::Service service{.contract = contract(),
                          .pages = pages,
                          .store = *store,
                          .kept = kept,
                          .events = feed,
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
