// SPDX-License-Identifier: Apache-2.0
#include "search/architecture/architecture_process.h"

#include <cmath>

#include <Eigen/Cholesky>

#include "core/rng.h"
#include "search/samplers/bananas/trial_model.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

// Points with 0 to 3 of each of four things.
std::vector<ArchitecturePoint> random_points(std::size_t count, Rng& rng) {
    std::vector<ArchitecturePoint> points(count);
    for (ArchitecturePoint& point : points)
        for (std::uint64_t key = 0; key < 4; ++key)
            if (const std::uint64_t much = rng.below(4); much > 0)
                point.architecture.emplace_back(key, static_cast<double>(much));
    return points;
}

double loss(const ArchitecturePoint& point) {
    double sum = 0.0;
    for (const auto& [key, much] : point.architecture)
        sum += std::cos(much + static_cast<double>(key));
    return sum;
}

}  // namespace

TEST_CASE("a distance is that of the vectors", "[search][architecture]") {
    ArchitecturePoint a{.architecture = {{1, 2.0}, {3, 1.0}, {7, 1.0}}};
    ArchitecturePoint b{.architecture = {{1, 1.0}, {4, 3.0}, {7, 1.0}, {9, 1.0}}};
    a.others.resize(2);
    b.others.resize(2);
    a.others << 0.0, 1.0;
    b.others << 2.0, 1.5;
    const ArchitectureDistance distance = squared_distance(a, b);
    CHECK(distance.architecture == 1.0 + 1.0 + 9.0 + 1.0);
    CHECK(distance.others == 4.25);
    CHECK(squared_distance(b, a).architecture == distance.architecture);
    CHECK(squared_distance(a, a).architecture == 0.0);
}

TEST_CASE("a pool's process is the posterior of each setting, mixed", "[search][architecture]") {
    Rng rng(3);
    const std::vector<ArchitecturePoint> observed = random_points(30, rng);
    const std::vector<ArchitecturePoint> pool = random_points(12, rng);
    Eigen::VectorXd targets(30);
    for (Eigen::Index i = 0; i < 30; ++i)
        targets[i] = loss(observed[static_cast<std::size_t>(i)]);
    const std::vector<ProcessSetting> settings{
        {.squared_length = 2.0, .noise = 0.01, .share = 0.7},
        {.squared_length = 16.0, .noise = 0.1, .share = 0.3}};
    PoolProcess process(settings, pool);
    process.observe(std::span(observed).first(20));
    for (std::size_t i = 20; i < 30; ++i)
        process.observe({&observed[i], 1});
    const PoolPrediction prediction = process.predict(targets);

    Eigen::VectorXd mean = Eigen::VectorXd::Zero(12);
    Eigen::VectorXd square = Eigen::VectorXd::Zero(12);
    for (const ProcessSetting& setting : settings) {
        Posterior posterior(setting.kernel(distances(observed, observed)), setting.noise);
        posterior.set_targets(targets);
        const Eigen::MatrixXd cross = setting.kernel(distances(observed, pool));
        const Eigen::VectorXd each = posterior.mean(cross);
        mean += setting.share * each;
        square += setting.share *
                  (posterior.variance(cross, Eigen::VectorXd::Ones(12)) + each.cwiseAbs2());
    }
    CHECK(prediction.mean.isApprox(mean, 1e-9));
    CHECK(prediction.stddev.isApprox((square - mean.cwiseAbs2()).cwiseSqrt(), 1e-6));
    for (std::size_t i = 0; i < pool.size(); ++i)
        CHECK(process.mean_at(pool[i], targets) == Approx(mean[static_cast<Eigen::Index>(i)]));

    SECTION("what is taken back leaves no trace") {
        process.observe({pool.data(), 2});
        process.truncate(30);
        CHECK(process.predict(targets).mean == prediction.mean);
        CHECK(process.predict(targets).stddev == prediction.stddev);
    }
}

TEST_CASE("the settings that values were drawn from are among the likely ones",
          "[search][architecture]") {
    Rng rng(8);
    const std::vector<ArchitecturePoint> points = random_points(80, rng);
    const DistanceTable gram = distances(points, points);
    const ProcessSetting truth{.squared_length = 4.0, .noise = 1e-2};
    Eigen::MatrixXd covariance = truth.kernel(gram);
    covariance.diagonal().array() += truth.noise;
    Eigen::VectorXd normal(80);
    for (double& each : normal)
        each = rng.normal();
    const Eigen::VectorXd targets = covariance.llt().matrixL() * normal;
    const std::vector<ProcessSetting> likely = likely_settings(gram, targets);
    double shares = 0.0;
    double of_truth = 0.0;
    for (const ProcessSetting& each : likely) {
        shares += each.share;
        if (each.squared_length >= 2.0 && each.squared_length <= 8.0)
            of_truth += each.share;
    }
    CHECK(shares == Approx(1.0));
    CHECK(of_truth > 0.8);
}

TEST_CASE("the worst tenth of the values is learned as no worse than the rest",
          "[search][architecture]") {
    std::vector<double> values;
    for (int i = 0; i <= 10; ++i)
        values.push_back(i);
    values[3] = 1e6;
    const Learnable clipped = learnable(values, Clip::worst_tenth);
    CHECK(clipped.inverse(clipped.targets[3]) == Approx(10.0));
    CHECK(clipped.targets.mean() == Approx(0.0).margin(1e-12));
    CHECK(clipped(clipped.inverse(0.3)) == Approx(0.3));
    CHECK(learnable(values, Clip::none).targets[3] > 3.0);
    values[3] = std::numeric_limits<double>::infinity();
    const Learnable failed = learnable(values, Clip::none);
    CHECK(failed.inverse(failed.targets[3]) == Approx(10.0));
    CHECK(learnable({}, Clip::worst_tenth).targets.size() == 0);
}

TEST_CASE("a model of trials is the same however it came about", "[search][architecture]") {
    Rng rng(4);
    const std::vector<ArchitecturePoint> points = random_points(47, rng);
    const std::vector<ArchitecturePoint> pool = random_points(25, rng);
    for (const std::size_t most : {100, 20}) {
        TrialModel often(Clip::worst_tenth, most);
        for (std::size_t i = 0; i < points.size(); ++i) {
            often.tell(points[i], loss(points[i]));
            often.update(pool, 1);
            often.imagine(pool.front());
        }
        often.update(pool, 1);
        TrialModel once(Clip::worst_tenth, most);
        for (const ArchitecturePoint& point : points)
            once.tell(point, loss(point));
        once.update(pool, 7);
        CHECK(often.predict().mean == once.predict().mean);
        CHECK(often.predict().stddev == once.predict().stddev);
        const double before = once.predict().stddev[0];
        once.imagine(pool.front());
        CHECK(once.predict().stddev[0] < before);
    }
}

}  // namespace parnas::search
