// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "api/http/counters.h"

namespace parnas::rest {

enum class MetricKind { counter, gauge };

struct MetricSample {
    std::vector<std::pair<std::string, std::string>> labels;
    double value = 0;
};

// A metric of the server with its values, one for each set of labels. Labels have few values:
// never names that users choose.
struct MetricFamily {
    std::string name;  // "parnas_leases_active"
    std::string help;
    MetricKind kind = MetricKind::gauge;
    std::vector<MetricSample> samples;
};

// What the HTTP server counts and `others`, in Prometheus' text format 0.0.4.
std::string prometheus_text(const http::Counters& counters, std::span<const MetricFamily> others);

}  // namespace parnas::rest
