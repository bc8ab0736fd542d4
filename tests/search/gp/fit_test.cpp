// SPDX-License-Identifier: Apache-2.0
#include "search/gp/fit.h"

#include <cmath>
#include <numeric>

#include "core/rng.h"
#include "search/gp/posterior.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

Points random_points(Eigen::Index rows, Eigen::Index columns, Rng& rng) {
    Points points(rows, columns);
    for (double& each : points.reshaped())
        each = rng.uniform();
    return points;
}

std::vector<Eigen::Index> one_axis_each(Eigen::Index coordinates) {
    std::vector<Eigen::Index> axis_of(static_cast<std::size_t>(coordinates));
    std::iota(axis_of.begin(), axis_of.end(), Eigen::Index{0});
    return axis_of;
}

}  // namespace

TEST_CASE("the Matern kernel is that of the formula", "[search][gp]") {
    Rng rng(1);
    const Points a = random_points(5, 3, rng);
    const Points b = random_points(4, 3, rng);
    const Matern kernel{.weights = Eigen::Vector3d(0.5, 2.0, 8.0), .variance = 1.7};
    const Eigen::MatrixXd values = kernel.cross(a, b);
    for (Eigen::Index i = 0; i < a.rows(); ++i)
        for (Eigen::Index j = 0; j < b.rows(); ++j) {
            double square = 0.0;
            for (Eigen::Index k = 0; k < 3; ++k)
                square += kernel.weights[k] * std::pow(a(i, k) - b(j, k), 2);
            const double s = std::sqrt(5.0 * square);
            CHECK(values(i, j) == Approx(1.7 * (1.0 + s + s * s / 3.0) * std::exp(-s)));
        }
    CHECK(kernel.gram(a).diagonal().minCoeff() == Approx(1.7));
}

TEST_CASE("slopes of the kernel agree with finite differences", "[search][gp]") {
    Rng rng(2);
    const Points a = random_points(5, 3, rng);
    const Eigen::RowVectorXd point = random_points(1, 3, rng);
    const Matern kernel{.weights = Eigen::Vector3d(0.5, 2.0, 8.0), .variance = 1.7};
    const Eigen::MatrixXd slopes = kernel.slopes(a, point);
    for (Eigen::Index k = 0; k < 3; ++k) {
        Eigen::RowVectorXd up = point;
        Eigen::RowVectorXd down = point;
        up[k] += 1e-6;
        down[k] -= 1e-6;
        const Eigen::VectorXd expected =
            (kernel.cross(a, up) - kernel.cross(a, down)).col(0) / 2e-6;
        CHECK((slopes.col(k) - expected).cwiseAbs().maxCoeff() < 1e-7);
    }
}

TEST_CASE("the likelihood's gradient by weights, variance and noise agrees with differences",
          "[search][gp]") {
    Rng rng(3);
    const Points points = random_points(12, 4, rng);
    Eigen::VectorXd targets(12);
    for (double& each : targets)
        each = rng.normal();
    const std::vector<Eigen::Index> axis_of = {0, 1, 1, 2};
    const MaternProcess process{
        .weights = Eigen::Vector3d(0.7, 3.0, 1.5), .variance = 1.3, .noise = 0.05};
    const auto likelihood = [&](const MaternProcess& at) {
        Posterior posterior(at.kernel(axis_of).gram(points), at.noise);
        posterior.set_targets(targets);
        return posterior.log_likelihood();
    };
    Posterior posterior(process.kernel(axis_of).gram(points), process.noise);
    posterior.set_targets(targets);
    const Eigen::MatrixXd by_gram = posterior.likelihood_by_gram();
    const Eigen::VectorXd by_coordinate = process.kernel(axis_of).gradient(points, by_gram);
    const auto difference = [&](auto change) {
        constexpr double kStep = 1e-5;
        MaternProcess up = process;
        MaternProcess down = process;
        change(up, std::exp(kStep));
        change(down, std::exp(-kStep));
        return (likelihood(up) - likelihood(down)) / (2.0 * kStep);
    };
    const Eigen::Vector3d by_weight(
        by_coordinate[0], by_coordinate[1] + by_coordinate[2], by_coordinate[3]);
    for (Eigen::Index i = 0; i < 3; ++i)
        CHECK(by_weight[i] == Approx(difference([i](MaternProcess& at, double factor) {
                  at.weights[i] *= factor;
              })));
    CHECK(by_gram.cwiseProduct(process.kernel(axis_of).gram(points)).sum() ==
          Approx(difference([](MaternProcess& at, double factor) { at.variance *= factor; })));
    CHECK(by_gram.trace() * process.noise ==
          Approx(difference([](MaternProcess& at, double factor) { at.noise *= factor; })));
}

TEST_CASE("a fit finds which axes matter and how noisy the targets are", "[search][gp]") {
    Rng rng(4);
    const Points points = random_points(80, 3, rng);
    std::vector<double> values;
    for (Eigen::Index i = 0; i < points.rows(); ++i)
        values.push_back(std::sin(6.0 * points(i, 0)) + 0.1 * rng.normal());
    const Eigen::VectorXd targets = standardise(values).values;
    const std::vector<Eigen::Index> axis_of = one_axis_each(3);
    const FitData data{.points = points, .targets = targets, .axis_of = axis_of};
    const MaternProcess found = fit(data, MaternProcess::initial(3), {});
    CHECK(found.weights[0] > 5.0 * found.weights[1]);
    CHECK(found.weights[0] > 5.0 * found.weights[2]);
    CHECK(found.noise > 0.005);  // of targets with deviation 1 that of the noise is about 0.14
    CHECK(found.noise < 0.06);
    CHECK(log_posterior(data, found) > log_posterior(data, MaternProcess::initial(3)) + 10.0);
    for (const double factor : {0.8, 1.25}) {
        MaternProcess beside = found;
        beside.weights[0] *= factor;
        CHECK(log_posterior(data, found) >= log_posterior(data, beside));
    }
    const MaternProcess exact = fit(data, MaternProcess::initial(3), {.noise = Noise::none});
    CHECK(exact.noise == kLeastNoise);
}

TEST_CASE("what says nothing of a length scale leaves it as it was expected", "[search][gp]") {
    Rng rng(5);
    const Points points = random_points(40, 2, rng);
    const Eigen::VectorXd targets = points.col(0);
    const std::vector<Eigen::Index> axis_of = one_axis_each(2);
    const FitData data{.points = points, .targets = targets, .axis_of = axis_of};
    const auto found = [&](double length) {
        return fit(data, MaternProcess::initial(2, length), {.length = length});
    };
    // The second axis has no influence.
    CHECK(found(1.0).weights[1] < 1.0);
    CHECK(found(3.0).weights[1] < found(1.0).weights[1] / 4.0);
    CHECK(log_posterior(data, found(3.0), 3.0) > log_posterior(data, found(1.0), 3.0));
}

TEST_CASE("a fit survives equal points and equal targets", "[search][gp]") {
    const Points points = Points::Constant(6, 2, 0.5);
    const Eigen::VectorXd targets = Eigen::VectorXd::Zero(6);
    const std::vector<Eigen::Index> axis_of = one_axis_each(2);
    const MaternProcess found = fit(
        {.points = points, .targets = targets, .axis_of = axis_of}, MaternProcess::initial(2), {});
    CHECK(found.weights.allFinite());
    CHECK(std::isfinite(found.variance));
    CHECK(found.noise >= kLeastNoise);
}

}  // namespace parnas::search
