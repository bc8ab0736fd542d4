// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>

#include <Eigen/LU>

#include "hw_models/fitting/block_regression.h"
#include "hw_models/fitting/block_variances.h"
#include "hw_models/fitting/boosted_trees.h"
#include "hw_models/fitting/non_negative.h"
#include "hw_models/fitting/probe_design.h"
#include "hw_models/fitting/regression_metrics.h"
#include "tests/hw_models/fitting/invented_target.h"
#include "tests/support/catch.h"

namespace parnas::hw_models {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

const std::vector<std::string> kBoth{"counts", "noise"};

BlockRegression::Fit fit_blocks(const Samples& samples) {
    return fit_block_regression(samples,
                                FeatureScale(testing::schema(), kBoth, testing::reference()),
                                {.block_variance = Eigen::Vector2d(0.7, 0.3)});
}

// The largest relative error at new rows.
double worst_error(const BlockRegression& model) {
    const FeatureRows rows = testing::rows(200, Rng(5));
    const VectorXd truth = testing::latencies(rows);
    return (model.predict(rows).mean.cwiseQuotient(truth).array() - 1.0).abs().maxCoeff();
}

TEST_CASE("ten measurements tell what counts cost", "[hw_models][fitting]") {
    CHECK(worst_error(fit_blocks(testing::samples(10, 0.0, Rng(1))).model) < 0.05);
    CHECK(worst_error(fit_blocks(testing::samples(40, 0.0, Rng(1))).model) < 0.01);
}

TEST_CASE("a tenth of outlying measurements does little harm", "[hw_models][fitting]") {
    Samples samples = testing::samples(30, 0.005, Rng(2));
    const double clean = worst_error(fit_blocks(samples).model);
    samples.latency_ms[3] *= 2.2;
    samples.latency_ms[14] *= 1.8;
    samples.latency_ms[22] *= 2.0;
    CHECK(worst_error(fit_blocks(samples).model) < clean + 0.03);
}

TEST_CASE("the regression is the same through kernel and weights", "[hw_models][fitting]") {
    // Seven weights: six samples go through the kernel matrix, eight through the weights. With a
    // repeated sample of little influence the predictions stay near.
    const Samples few = testing::samples(7, 0.01, Rng(3));
    Samples more = few;
    more.features.conservativeResize(8, Eigen::NoChange);
    more.features.row(7) = few.features.row(0);
    more.latency_ms.conservativeResize(8);
    more.latency_ms[7] = few.latency_ms[0];
    const FeatureRows rows = testing::rows(50, Rng(4));
    const VectorXd a = fit_blocks(few).model.predict(rows).mean;
    const VectorXd b = fit_blocks(more).model.predict(rows).mean;
    CHECK((a - b).cwiseAbs().maxCoeff() < 0.1 * a.mean());
}

TEST_CASE("far from what was measured a prediction is uncertain and novel",
          "[hw_models][fitting]") {
    const auto model = fit_blocks(testing::samples(12, 0.01, Rng(6))).model;
    FeatureRows rows = testing::rows(2, Rng(8));
    rows(1, 3) += 40.0;
    const LatencyPosterior said = model.predict(rows);
    CHECK(said.stddev[1] > 2.0 * said.stddev[0]);
    CHECK(said.novelty[1] > said.novelty[0]);
    CHECK(said.novelty.maxCoeff() <= 1.0);
}

TEST_CASE("a feature that never varied makes a prediction novel", "[hw_models][fitting]") {
    FeatureRows reference = testing::rows(100, Rng(9));
    reference.col(2).setConstant(1.0);
    Samples samples = testing::samples(12, 0.01, Rng(6));
    samples.features.col(2).setConstant(1.0);
    samples.latency_ms = testing::latencies(samples.features);
    const auto model =
        fit_block_regression(samples,
                             FeatureScale(testing::schema(), kBoth, statistics_of(reference)),
                             {.block_variance = Eigen::Vector2d(0.7, 0.3)})
            .model;
    FeatureRows rows = reference.topRows(2);
    rows(1, 2) = 2.0;
    const LatencyPosterior said = model.predict(rows);
    CHECK(said.novelty[0] < 0.7);
    CHECK(said.novelty[1] == 1.0);
}

TEST_CASE("variances that are found are a maximum", "[hw_models][fitting]") {
    const FeatureRows x = testing::rows(15, Rng(10));
    const std::vector<MatrixXd> grams{x.leftCols(3) * x.leftCols(3).transpose() / 30.0,
                                      x.rightCols(3) * x.rightCols(3).transpose() / 3.0};
    VectorXd y = (testing::latencies(x).array() - 12.0) / 5.0;
    Rng rng(17);
    for (double& value : y)
        value += 0.2 * rng.normal();
    const MatrixXd shares = MatrixXd::Ones(15, 1);
    const BlockVariances expected{.block = Eigen::Vector2d(0.7, 0.3),
                                  .noise = VectorXd::Constant(1, 0.05)};
    const VarianceData data{
        .grams = grams, .noise_shares = shares, .known_noise = 1e-9, .targets = y};
    const auto loss = [&](const VectorXd& logs) {
        MatrixXd kernel =
            MatrixXd::Ones(15, 15) + std::exp(logs[0]) * grams[0] + std::exp(logs[1]) * grams[1];
        kernel.diagonal().array() += std::exp(logs[2]) + 1e-9;
        const VectorXd alpha = kernel.partialPivLu().solve(y);
        const VectorXd prior =
            (logs - VectorXd(Eigen::Vector3d(0.7, 0.3, 0.05).array().log())) / 1.5;
        return 0.5 * y.dot(alpha) + 0.5 * std::log(kernel.determinant()) +
               0.5 * prior.squaredNorm();
    };
    const BlockVariances found =
        most_probable(expected, data, {.expected = expected, .log_stddev = 1.5});
    VectorXd logs(3);
    logs << found.block.array().log().matrix(), std::log(found.noise[0]);
    for (Index i = 0; i < 3; ++i)
        for (const double step : {-0.2, 0.2}) {
            VectorXd beside = logs;
            beside[i] += step;
            CHECK(loss(logs) < loss(beside));
        }
}

TEST_CASE("non-negative least squares is least squares with bounds", "[hw_models][fitting]") {
    Rng rng(11);
    MatrixXd a(30, 5);
    for (double& value : a.reshaped())
        value = rng.normal();
    VectorXd truth(5);
    truth << 1.0, 0.0, 2.0, 0.0, 0.5;
    CHECK((non_negative_least_squares(a, a * truth) - truth).cwiseAbs().maxCoeff() < 1e-9);

    // Where the free minimum has negative parts: optimal by the conditions of Karush, Kuhn and
    // Tucker.
    truth << 1.0, -1.0, 2.0, -0.3, 0.5;
    const VectorXd x = non_negative_least_squares(a, a * truth);
    const VectorXd slope = a.transpose() * (a * x - a * truth);
    for (Index i = 0; i < 5; ++i) {
        CHECK(x[i] >= 0.0);
        CHECK((x[i] > 0.0 ? std::abs(slope[i]) < 1e-8 : slope[i] > -1e-8));
    }
}

TEST_CASE("boosted trees find what is no sum", "[hw_models][fitting]") {
    const FeatureRows x = testing::rows(400, Rng(12));
    const VectorXd y = x.col(0).cwiseProduct((x.col(1).array() > 3.0).cast<double>().matrix());
    const BoostedTrees trees = fit_boosted_trees(x, y, {.least_leaf = 5});
    const FeatureRows other = testing::rows(200, Rng(13));
    const VectorXd truth =
        other.col(0).cwiseProduct((other.col(1).array() > 3.0).cast<double>().matrix());
    CHECK((trees.predict(other) - truth).cwiseAbs().mean() < 0.15);
    CHECK(trees == fit_boosted_trees(x, y, {.least_leaf = 5}));
}

TEST_CASE("probes are different, begin as told and leave less unknown than random ones",
          "[hw_models][fitting]") {
    const FeatureRows candidates = testing::rows(300, Rng(14));
    const FeatureScale scale(testing::schema(), kBoth, statistics_of(candidates));
    const DesignPrior prior{.block_variance = Eigen::Vector2d(0.7, 0.3)};
    Rng rng(15);
    const std::array<Index, 2> first{17, 4};
    const std::vector<Index> probes = design_probes(scale, candidates, prior, first, 10, rng);
    REQUIRE(probes.size() == 10);
    CHECK(probes[0] == 17);
    CHECK(probes[1] == 4);

    // The determinant of what is known of the weights.
    const auto known = [&](const std::vector<Index>& rows) {
        const MatrixXd x = scale.scaled(candidates(rows, Eigen::all));
        return (x.transpose() * x + 0.05 * MatrixXd::Identity(6, 6)).determinant();
    };
    std::vector<Index> random;
    for (const std::size_t i : Rng(16).sample(300, 10))
        random.push_back(static_cast<Index>(i));
    CHECK(known(probes) > 2.0 * known(random));
    // All that were measured, however few are added.
    const std::vector<Index> more = design_probes(scale, candidates, prior, probes, 12, rng);
    CHECK(std::ranges::equal(std::span(more).first(10), probes));
    for (std::vector<Index> each : {probes, more}) {
        std::ranges::sort(each);
        CHECK(std::ranges::adjacent_find(each) == each.end());
    }
    Rng again(15);
    CHECK(design_probes(scale, candidates.topRows(3), prior, {}, 10, again).size() == 3);
}

TEST_CASE("a share of predictions is never above 1", "[hw_models][fitting]") {
    for (std::size_t count = 1; count <= 100; ++count) {
        const std::vector<double> same(count, 3.0);
        CHECK(judge_predictions(same, same).within_10 == 1.0);
    }
}

TEST_CASE("predictions are judged as their definitions say", "[hw_models][fitting]") {
    const std::vector<double> measured{10, 20, 40, 100};
    const std::vector<double> predicted{10.05, 20.8, 46, 70};
    const RegressionMetrics metrics = judge_predictions(predicted, measured);
    CHECK(metrics.within_1 == Approx(0.25));
    CHECK(metrics.within_5 == Approx(0.5));
    CHECK(metrics.within_10 == Approx(0.5));
    CHECK(metrics.mean_error == Approx((0.005 + 0.04 + 0.15 + 0.3) / 4));
    CHECK(metrics.root_error == Approx(std::sqrt((0.000025 + 0.0016 + 0.0225 + 0.09) / 4)));
    CHECK(metrics.spearman == Approx(1.0));
    CHECK(metrics.kendall == Approx(1.0));
    CHECK(coverage(std::vector<double>{9, 19, 41, 90},
                   std::vector<double>{10, 21, 50, 99},
                   measured) == Approx(0.5));
    // 0.9 of what lies above, 0.1 of what lies below.
    CHECK(pinball(std::vector<double>{8, 30}, std::vector<double>{10, 20}, 0.9) ==
          Approx((1.8 + 1.0) / 2));
}

}  // namespace
}  // namespace parnas::hw_models
