// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include <nlohmann/json.hpp>

#include "hw_models/fitting/fitted_model.h"
#include "search/reestimates.h"
#include "search/trial_codec.h"
#include "spaces/count.h"
#include "spaces/load.h"
#include "tests/search/study_fixture.h"
#include "tests/support/catch.h"

// Studies with a predictor of latencies that is as poor as can be: fitted to the smallest
// networks, which it was told to be quicker than they are.
namespace parnas::search {
namespace {

using spaces::Network;

double on_device_ms(const Network& network) {
    const spaces::Count count = spaces::count(network);
    return 2e-8 * static_cast<double>(count.multiply_adds) +
           1e-7 * static_cast<double>(count.bytes_read + count.bytes_written) +
           0.005 * static_cast<double>(network.nodes.size());
}

struct PoorPredictor {
    PoorPredictor() {
        Rng rng(5);
        std::vector<std::shared_ptr<const Network>> networks;
        for (int i = 0; i < 60; ++i)
            networks.push_back(space->decode(spaces::sample_feasible(*space, rng)).network);
        std::ranges::sort(networks, {}, [](const auto& network) { return on_device_ms(*network); });
        std::vector<hw_models::Measured> probes;
        for (std::size_t i = 0; i < 10; ++i)
            probes.push_back({.network = networks[i].get(),
                              .latency = Milliseconds(0.7 * on_device_ms(*networks[i]))});
        model = hw_models::make_fitted_model(hw_models::fit_networks(
            {.name = "invented", .hardware = "none", .runtime = "invented"}, probes, {}));
        median_ms = on_device_ms(*networks[30]);
    }

    double latency_of(const store::TrialRecord& trial) const {
        const TrialCodec codec(space->params());
        return on_device_ms(*space->decode(codec.from_text(trial.genotype)).network);
    }

    std::unique_ptr<spaces::SearchSpace> space = spaces::load_space("mobile", {});
    std::unique_ptr<hw_models::HardwareModel> model;
    double median_ms = 0.0;
};

// Large networks are good, and half of all are over the limit.
struct Study : tests::StudyFixture {
    Study(const PoorPredictor& parts, std::uint64_t seed) : StudyFixture(*parts.space) {
        job.limits = {{"latency_ms", parts.median_ms}};
        job.budget = {.trials = 60};
        job.reuse = Reuse::architecture;
        job.finalists = 1;
        job.seed = seed;
        StudyFixture::model = parts.model.get();
        evaluator = &large_is_good;
    }

    store::TrialRecord chosen() const {
        return choose(*store, *study, {.limits = job.limits, .of_job = job.limits}).trial.value();
    }

    tests::FakeHardwareModel device = tests::FakeHardwareModel(on_device_ms);
    tests::FakeEvaluator large_is_good{
        {"error"},
        [this](const Candidate& candidate, const evaluators::Context&) {
            const auto network = space.decode(candidate.genotype).network;
            const auto parameters = static_cast<double>(spaces::count(*network).parameters);
            return Measurement{.metrics = {{"error", 1e9 / parameters}}, .cost = Seconds(1.0)};
        }};
};

double share(int part, int of) {
    return static_cast<double>(part) / of;
}

}  // namespace

TEST_CASE("what a study with a poor predictor chooses is within its limit if it measures",
          "[search][measuring][slow]") {
    constexpr int kSeeds = 20;
    const PoorPredictor parts;
    int blind_within = 0;
    int seen_within = 0;
    int measured = 0;
    double blind_error = 0.0;
    double seen_error = 0.0;
    for (int seed = 1; seed <= kSeeds; ++seed) {
        Study blind(parts, static_cast<std::uint64_t>(seed));
        blind.run();
        blind_within += parts.latency_of(blind.chosen()) <= parts.median_ms;
        blind_error += blind.chosen().metrics.at("error") / kSeeds;
        Study seen(parts, static_cast<std::uint64_t>(seed));
        seen.measurer = &seen.device;
        seen.run();
        seen_within += parts.latency_of(seen.chosen()) <= parts.median_ms;
        seen_error += seen.chosen().metrics.at("error") / kSeeds;
        measured += seen.device.asked();
    }
    INFO("chosen within the limit: " << share(blind_within, kSeeds) << " by prediction, "
                                     << share(seen_within, kSeeds) << " with measurements, "
                                     << share(measured, kSeeds) << " of 61 trials measured; error "
                                     << blind_error << " and " << seen_error);
    CHECK(seen_within == kSeeds);
    CHECK(blind_within < kSeeds / 2);
    CHECK(measured < 30 * kSeeds);
}

TEST_CASE("what a fitted model has learnt of a front is close to the truth",
          "[search][measuring][slow]") {
    const PoorPredictor parts;
    const auto mean_error = [&](Study& study) {
        study.job.objectives = {{.metric = "error"}, {.metric = "latency_ms"}};
        study.run();
        const auto front = study.store->front(*study.study);
        double sum = 0.0;
        for (const store::TrialRecord& trial : current_trials(*study.store, *study.study))
            if (std::ranges::find(front, trial.number) != front.end())
                sum += std::abs(trial.metrics.at("latency_ms") / parts.latency_of(trial) - 1.0);
        return sum / static_cast<double>(front.size());
    };
    Study blind(parts, 7);
    Study seen(parts, 7);
    seen.measurer = &seen.device;
    const double without = mean_error(blind);
    const double with = mean_error(seen);
    INFO("mean error of the front's latencies " << without << " -> " << with << ", measured "
                                                << seen.device.asked());
    CHECK(with < 0.2 * without);
    CHECK(seen.device.asked() < 40);
}

}  // namespace parnas::search
