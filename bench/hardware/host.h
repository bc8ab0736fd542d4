// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
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
    std::uint64_t seed = 1;
    hw_models::ProfilerOptions profiler;
};

// One held-out network: predicted before it was measured.
struct HostNetwork {
    Milliseconds measured{0};
    Milliseconds predicted{0};
    Milliseconds low{0};
    Milliseconds high{0};
};

struct HostFigure {
    std::string target;
    std::string space;
    hw_models::OperatorTable table;
    std::vector<HostNetwork> networks;
    double seconds = 0.0;  // that profiling took

    double share_within(double error) const;  // |predicted / measured - 1| <= error
    double mean_error() const;                // of |predicted / measured - 1|
    double coverage() const;                  // measured in [low, high]
    double rho() const;                       // Spearman's; 0 if all are equal
};

// Profiles a space on a runtime, draws networks that the profiler has not seen, predicts them by
// the table and measures them.
HostFigure run_host(const spaces::SearchSpace& space,
                    const hw_models::Runtime& runtime,
                    hw_models::Meter& meter,
                    const HostOptions& options,
                    const std::function<void(std::string_view step, double done)>& progress,
                    const std::stop_token& stop);

}  // namespace parnas::bench
