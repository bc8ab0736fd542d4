// SPDX-License-Identifier: Apache-2.0
#include "hw_models/onboarding/probe_timing.h"

#include <memory>
#include <vector>

#include "core/quiet_machine.h"

namespace parnas::hw_models {

ProbeTiming time_probe(const spaces::Network& network,
                       const Runtime& runtime,
                       Meter& meter,
                       const SamplingOptions& sampling,
                       const std::stop_token& stop) {
    std::vector<std::unique_ptr<Runner>> runners;
    runners.push_back(runtime.load(network));
    const Quiet quiet;
    const Timing timing = meter.measure(runners, sampling, stop);
    return {.latency = timing.times.median(), .disturbed = timing.disturbed};
}

}  // namespace parnas::hw_models
