// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "hw_models/measuring/meter.h"
#include "hw_models/measuring/runtime.h"
#include "hw_models/table/operator_table.h"
#include "hw_models/table/profiler.h"
#include "spaces/search_space.h"

namespace parnas::bench {

struct HostOptions {
    std::size_t networks = 40;  // held out
    std::size_t probes = 10;    // that a predictor is fitted to, beside the table
    std::uint64_t seed = 1;
    hw_models::ProfilerOptions profiler;
};

// Of one held-out network, before it was measured.
struct HostPrediction {
    Milliseconds latency{0};
    Milliseconds low{0};
    Milliseconds high{0};
};

struct HostModel {
    double seconds = 0.0;  // that measuring for it took
    std::vector<HostPrediction> predictions;
};

struct HostFigure {
    std::string target;
    std::string space;
    hw_models::OperatorTable table;
    HostModel by_table;   // after `profile`
    HostModel by_probes;  // after `onboard`, without other targets
    std::vector<Milliseconds> measured;
    int disturbed = 0;  // of `measured` and the probes
};

struct HostJudgement {
    double within_5 = 0.0;  // share of |predicted / measured - 1| <= 5 %
    double within_10 = 0.0;
    double within_15 = 0.0;
    double mean_error = 0.0;
    double coverage = 0.0;  // share of measured in [low, high]
    double rho = 0.0;       // Spearman's; 0 if all are equal
};
HostJudgement judge(const HostModel& model, std::span<const Milliseconds> measured);

// Profiles a space on a runtime and measures probes of it, predicts networks that neither has
// seen and measures them.
HostFigure run_host(const std::shared_ptr<const spaces::SearchSpace>& space,
                    const hw_models::Runtime& runtime,
                    hw_models::Meter& meter,
                    const HostOptions& options,
                    const std::function<void(std::string_view step, double done)>& progress,
                    const std::stop_token& stop);

}  // namespace parnas::bench
