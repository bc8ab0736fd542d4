// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "api/http/counters.h"
#include "api/rest/contract.h"
#include "api/rest/event_feed.h"
#include "api/rest/paging.h"
#include "api/rest/prometheus.h"
#include "hw_models/target_library.h"
#include "store/service_store.h"
#include "store/store.h"

namespace parnas::rest {

// Something that has to be as it should be for requests to be served.
struct ReadinessCheck {
    std::string name;  // "store"
    bool ready = true;
    std::string state;  // "open", "read-only: no space left on the device"
};

// What the server says of itself. Functions are called by several threads at once.
struct ServerStatus {
    std::string version;
    int schema = 0;  // of the store
    std::function<std::vector<ReadinessCheck>()> readiness;
    std::function<http::Counters()> counters;
    std::function<std::vector<MetricFamily>()> metrics;  // besides the HTTP server's
};

// What the operations stand on. It outlives them, and so does all that it refers to.
struct Service {
    const Contract& contract;
    const PageTokens& pages;
    const store::Store& store;
    const store::ServiceStore& kept;  // the same store
    EventFeed& events;
    hw_models::TargetLibrary targets;
    ServerStatus status;
};

}  // namespace parnas::rest
