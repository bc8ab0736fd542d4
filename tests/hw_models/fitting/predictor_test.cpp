// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "hw_models/fitting/intervals.h"
#include "hw_models/fitting/latency_predictor.h"
#include "hw_models/fitting/predictor_document.h"
#include "tests/hw_models/fitting/invented_target.h"
#include "tests/support/catch.h"

namespace parnas::hw_models {
namespace {

using Catch::Matchers::Contains;
using Eigen::Index;
using Eigen::VectorXd;

LatencyPredictor fit(const Samples& samples) {
    return fit_latency_predictor(
        testing::schema(), samples, testing::reference(), testing::options());
}

PredictorDocument document_of(const Samples& samples) {
    return {
        .target = {.name = "t", .hardware = "invented", .runtime = "none", .layout = Layout::nhwc},
        .predictor = fit(samples),
        .samples = samples,
        .reference = testing::reference()};
}

PredictorDocument read(const Json& json) {
    return read_predictor(Document::parse(dump_json(json), "predictor.json"), testing::schema());
}

TEST_CASE("90 % intervals hold about 90 % of new measurements", "[hw_models][fitting]") {
    // 40 targets with 20 samples and 50 new measurements each: the share's standard error is
    // about 0.01.
    double inside = 0.0;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        const LatencyPredictor predictor = fit(testing::samples(20, 0.05, Rng(100 + seed)));
        const Samples fresh = testing::samples(50, 0.05, Rng(500 + seed));
        const PredictedLatencies said = predictor.predict(fresh.features);
        inside += ((said.low.array() <= fresh.latency_ms.array()) &&
                   (fresh.latency_ms.array() <= said.high.array()))
                      .cast<double>()
                      .mean();
    }
    CHECK(inside / 40.0 == Approx(0.92).margin(0.05));
}

TEST_CASE("with many samples the interval is the conformal quantile", "[hw_models][fitting]") {
    VectorXd scores = VectorXd::LinSpaced(1999, 1.0, 1999.0) / 1000.0;
    CHECK(interval_factor(scores, 1e9, 0.9) == Approx(1.8).epsilon(0.003));
    // Few free samples: near to what is expected anyway.
    CHECK(interval_factor(VectorXd::Constant(10, 50.0), 0.0, 0.9) == Approx(1.35).epsilon(0.001));
}

TEST_CASE("above 150 samples trees add what is no sum, and nothing where there is none",
          "[hw_models][fitting]") {
    Samples samples = testing::samples(200, 0.01, Rng(20));
    CHECK(fit(samples).evidence().mean_error < 0.02);
    const auto slower = [](const Samples& of) {
        VectorXd latency = of.latency_ms;
        for (Index i = 0; i < of.size(); ++i)
            if (of.features(i, 0) > 3.0 && of.features(i, 1) > 3.0)
                latency[i] *= 1.5;
        return latency;
    };
    samples.latency_ms = slower(samples);
    Samples fresh = testing::samples(200, 0.0, Rng(21));
    fresh.latency_ms = slower(fresh);
    const auto error = [&](const LatencyPredictor& predictor) {
        const VectorXd said = predictor.predict(fresh.features).mean;
        return (said.cwiseQuotient(fresh.latency_ms).array() - 1.0).abs().mean();
    };
    PredictorOptions without = testing::options();
    without.trees_from = 1000;
    const double additive =
        error(fit_latency_predictor(testing::schema(), samples, testing::reference(), without));
    CHECK(error(fit(samples)) < 0.5 * additive);
}

TEST_CASE("the additive part is the mean where nothing else is", "[hw_models][fitting]") {
    const LatencyPredictor predictor = fit(testing::samples(15, 0.01, Rng(22)));
    const FeatureRows rows = testing::rows(50, Rng(23));
    const VectorXd sum = predictor.additive_part().predict(rows);
    CHECK((sum - predictor.predict(rows).mean).cwiseAbs().maxCoeff() < 1e-9);
}

TEST_CASE("a known target that is alike helps, a useless one does no harm",
          "[hw_models][fitting]") {
    PredictorOptions options = testing::options();
    options.members = {{.name = "known",
                        .blocks = {"counts", "noise", std::string(kKnownTargets)},
                        .variances = {0.5, 0.3, 0.5}}};
    const FeatureRows reference = testing::rows(500, Rng(77));
    const auto error = [&](const std::vector<KnownTarget>& known) {
        const LatencyPredictor predictor =
            fit_latency_predictor(testing::schema(),
                                  testing::samples(4, 0.0, Rng(24)),
                                  statistics_of(with_known_targets(reference, known)),
                                  options,
                                  known);
        const FeatureRows rows = testing::rows(200, Rng(25));
        const VectorXd truth = testing::latencies(rows);
        return (predictor.predict(rows).mean.cwiseQuotient(truth).array() - 1.0).abs().mean();
    };
    AdditiveLatency alike{.weights = VectorXd::Zero(6)};
    alike.weights.head(3) << 10.0, 2.0, 25.0;
    AdditiveLatency useless{.weights = VectorXd::Zero(6)};
    useless.weights.tail(3) << 1.0, -2.0, 1.0;
    const double alone = error({});
    CHECK(error({known_target("other", alike, reference)}) < 0.5 * alone);
    CHECK(error({known_target("other", useless, reference)}) < 1.2 * alone);
}

TEST_CASE("a robust fit of a known target sees past outliers", "[hw_models][fitting]") {
    Samples samples = testing::samples(300, 0.01, Rng(26));
    for (Index i = 0; i < samples.size(); i += 10)
        samples.latency_ms[i] *= 2.0;
    const AdditiveLatency latency = fit_additive_latency(samples, testing::reference());
    CHECK(latency.weights[2] == Approx(2.5).epsilon(0.05));
    CHECK(latency.weights[0] == Approx(1.0).epsilon(0.05));
}

TEST_CASE("latencies in whole milliseconds have the noise of rounding", "[hw_models][fitting]") {
    Samples samples = testing::samples(20, 0.0, Rng(27));
    samples.latency_ms = samples.latency_ms.array().round();
    const LatencyPredictor predictor = fit(samples);
    CHECK(predictor.predict(samples.features).stddev.minCoeff() > 0.28);
}

TEST_CASE("a predictor needs two positive latencies", "[hw_models][fitting]") {
    CHECK_THROWS_AS(fit(testing::samples(1, 0.0, Rng(28))), Error);
    Samples samples = testing::samples(5, 0.0, Rng(28));
    for (const double bad : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
        samples.latency_ms[2] = bad;
        CHECK_THROWS_WITH(fit(samples), Contains("sample 2"));
    }
}

TEST_CASE("a stored predictor comes back exactly", "[hw_models][fitting]") {
    const Index count = GENERATE(12, 200);
    const PredictorDocument document = document_of(testing::samples(count, 0.05, Rng(29)));
    const PredictorDocument back = read(to_json(document));
    const FeatureRows rows = testing::rows(40, Rng(30));
    const PredictedLatencies before = document.predictor.predict(rows);
    const PredictedLatencies after = back.predictor.predict(rows);
    CHECK(before.mean == after.mean);
    CHECK(before.low == after.low);
    CHECK(before.high == after.high);
    CHECK(before.novelty == after.novelty);
    CHECK(back.target.runtime == "none");
    CHECK(back.target.layout == Layout::nhwc);
    CHECK(back.samples.features == document.samples.features);
    CHECK(dump_json(to_json(back)) == dump_json(to_json(document)));
}

TEST_CASE("a damaged predictor shows all its faults", "[hw_models][fitting]") {
    Json json = to_json(document_of(testing::samples(12, 0.05, Rng(29))));
    json["version"] = 2;
    json["members"][0]["mean"].erase(0);
    json["members"][1]["columns"][0] = 99;
    json["samples"]["features"][3] = "text";
    json["extra"] = 1;
    json["trees"]["trees"] = Json::array({Json::array({Json::array({0, 1.0, 0, 0.0})})});
    try {
        read(json);
        FAIL("it was read");
    } catch (const Error& error) {
        const std::string what = error.what();
        for (const char* place :
             {"version", "members/0/mean", "members/1/columns", "features", "extra", "trees"})
            CHECK_THAT(what, Contains(place));
    }
}

TEST_CASE("a predictor of other features is refused", "[hw_models][fitting]") {
    const Json json = to_json(document_of(testing::samples(12, 0.05, Rng(29))));
    FeatureSchema other = testing::schema();
    other.blocks[0].columns[1] = "renamed";
    CHECK_THROWS_WITH(read_predictor(Document::parse(dump_json(json), "predictor.json"), other),
                      Contains("other features"));
}

}  // namespace
}  // namespace parnas::hw_models
