// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <thread>

#include "core/rng.h"
#include "tests/support/fake_evaluators.h"
#include "tests/support/spaces.h"

// Evaluators that learn, and report as they do.
namespace parnas::tests {

inline constexpr std::int64_t kLearnerSteps = 12;

// An error that falls with every step, with a little noise; a step costs a second. Curves
// cross: what is good in the end may begin slowly.
inline Outcome learn(const Candidate& candidate, const evaluators::Context& context) {
    Rng candidates(spaces::hash(candidate.genotype).low);
    const double end = candidates.uniform();
    const double begin = candidates.uniform(0.5, 2.0);
    Rng noise = Rng(candidate.seed).fork("noise");
    Measurement measurement;
    for (std::int64_t step = 0; step < kLearnerSteps; ++step) {
        const double error = end + begin / static_cast<double>(step + 1);
        measurement.metrics["error"] = error + 0.02 * noise.normal();
        measurement.cost += Seconds(1.0);
        if (context.stop.stop_requested())
            return Failure{FailureKind::cancelled, "stopped"};
        if (context.report(step, measurement.metrics) == evaluators::Verdict::stop)
            break;
    }
    return measurement;
}

inline const FakeEvaluator kLearner({"error"}, learn);

// Steps take a time that differs from trial to trial.
inline const FakeEvaluator kUnevenLearner(
    {"error"},
    [](const Candidate& candidate, const evaluators::Context& context) {
        evaluators::Context slow = context;
        slow.report = [&](std::int64_t step, const Metrics& metrics) {
            std::this_thread::sleep_for(std::chrono::microseconds(100 * (candidate.seed % 8)));
            return context.report(step, metrics);
        };
        return learn(candidate, slow);
    });

}  // namespace parnas::tests
