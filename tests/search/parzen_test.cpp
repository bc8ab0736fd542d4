// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <vector>

#include "search/samplers/tpe/joint_parzen.h"
#include "search/samplers/tpe/line_parzen.h"
#include "spaces/unit_interval.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

using Eigen::Index;
using Kind = ParzenAxis::Kind;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::vector<spaces::Domain> domains() {
    return {
        spaces::Real{.low = -1.0, .high = 3.0},
        spaces::Real{.low = 1e-5, .high = 1.0, .log = true},
        spaces::Integer{.low = 0, .high = 5000},
        spaces::Integer{.low = 1, .high = 9},
        spaces::Integer{.low = 8, .high = 64, .step = 8},
        spaces::Integer{.low = 1, .high = 100, .log = true},
        spaces::Real{.low = 0.0, .high = 0.6, .step = 0.05},
        spaces::Categorical{.choices = {Scalar(1.0), Scalar(2.0), Scalar(4.0)}, .ordered = true},
        spaces::Categorical{.choices = {Scalar(true), Scalar(false)}},
        spaces::Categorical{.choices = {Scalar(1.0), Scalar(2.0), Scalar(3.0), Scalar(4.0)}}};
}

std::vector<ParzenAxis> all_axes() {
    std::vector<ParzenAxis> result;
    for (const spaces::Domain& domain : domains())
        result.emplace_back(domain);
    return result;
}

// Half of them crowded, some at an end.
double random_coordinate(const ParzenAxis& axis, Rng& rng) {
    if (axis.kind() == Kind::choices)
        return static_cast<double>(rng.below(axis.size()));
    const double at = rng.chance(0.1) ? 0.0 : rng.chance(0.5) ? 0.3 : rng.uniform();
    return axis.draw(at, rng.chance(0.5) ? 0.02 : 0.4, rng);
}

ParzenPoints random_points(std::span<const ParzenAxis> axes, Index count, Rng& rng) {
    ParzenPoints points(count, static_cast<Index>(axes.size()));
    for (Index i = 0; i < count; ++i)
        for (Index axis = 0; axis < points.cols(); ++axis)
            points(i, axis) = random_coordinate(axes[static_cast<std::size_t>(axis)], rng);
    return points;
}

double phi(double x) {
    return 0.5 * std::erfc(-x / std::numbers::sqrt2);
}

// The density of one kernel on one axis, by its definition.
double kernel(const ParzenAxis& axis, double centre, double width, double point) {
    const double inside = phi((1.0 - centre) / width) - phi(-centre / width);
    if (axis.kind() == Kind::interval) {
        const double away = (point + 0.5 - centre) / width;
        return std::exp(-0.5 * away * away) / (std::sqrt(2.0 * std::numbers::pi) * width * inside);
    }
    const auto cell = static_cast<std::size_t>(point);
    return normal_mass(axis.edges()[cell], axis.edges()[cell + 1], centre, width) / inside;
}

double choice_kernel(const ParzenAxis& axis, double at, double point, double floor) {
    return (floor + (at == point ? 1.0 : 0.0)) / (1.0 + static_cast<double>(axis.size()) * floor);
}

double flat_kernel(const ParzenAxis& axis, double point) {
    return axis.kind() == Kind::choices ? 1.0 / static_cast<double>(axis.size())
                                        : kernel(axis, 0.5, 1.0, point);
}

double position(const ParzenAxis& axis, double coordinate) {
    return axis.kind() == Kind::interval ? coordinate + 0.5
                                         : axis.centre(static_cast<std::size_t>(coordinate));
}

double place(const ParzenAxis& axis, double coordinate) {
    const double at = position(axis, coordinate);
    return axis.kind() == Kind::interval ? (std::min(std::floor(at * 512.0), 511.0) + 0.5) / 512.0
                                         : at;
}

// The larger gap to the neighbours among all places in order, of equal ones by age.
std::vector<double> widths(const ParzenAxis& axis,
                           const std::vector<double>& coordinates,
                           const ParzenShape& shape) {
    const std::size_t count = coordinates.size();
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t i) { return place(axis, coordinates[i]); });
    const double least =
        shape.magic_clip ? 1.0 / std::min(100.0, static_cast<double>(count) + 2.0) : 1.0 / 512.0;
    std::vector<double> result(count);
    for (std::size_t i = 0; i < count; ++i) {
        const double at = place(axis, coordinates[order[i]]);
        const bool ends = shape.endpoints || count == 1;
        const double left = i > 0 ? at - place(axis, coordinates[order[i - 1]]) : ends ? at : 0.0;
        const double right = i + 1 < count ? place(axis, coordinates[order[i + 1]]) - at
                             : ends        ? 1.0 - at
                                           : 0.0;
        result[order[i]] = std::clamp(std::max(left, right), least, 1.0);
    }
    return result;
}

// A joint density as the sum that it stands for. Kernels of weight 0 are left out.
class DirectJoint {
  public:
    DirectJoint(std::span<const ParzenAxis> axes,
                const ParzenPoints& centres,
                const std::vector<double>& weights,
                const ParzenShape& shape)
        : axes_(axes), shape_(shape) {
        for (std::size_t i = 0; i + 1 < weights.size(); ++i)
            if (weights[i] > 0.0) {
                weights_.push_back(weights[i]);
                centres_.emplace_back(centres.row(static_cast<Index>(i)));
            }
        flat_ = weights.back();
        for (std::size_t axis = 0; axis < axes.size(); ++axis) {
            std::vector<double> column;
            for (const Eigen::RowVectorXd& centre : centres_)
                column.push_back(centre[static_cast<Index>(axis)]);
            widths_.push_back(axes[axis].kind() == Kind::choices
                                  ? std::vector<double>(column.size(), 0.0)
                                  : widths(axes[axis], column, shape));
        }
    }

    double operator()(const Eigen::RowVectorXd& point) const {
        const double floor = shape_.prior_weight / static_cast<double>(weights_.size() + 1);
        double flat = flat_;
        for (std::size_t axis = 0; axis < axes_.size(); ++axis)
            flat *= flat_kernel(axes_[axis], point[static_cast<Index>(axis)]);
        double sum = flat;
        for (std::size_t i = 0; i < weights_.size(); ++i) {
            double product = weights_[i];
            for (std::size_t axis = 0; axis < axes_.size(); ++axis) {
                const double at = centres_[i][static_cast<Index>(axis)];
                const double x = point[static_cast<Index>(axis)];
                product *=
                    axes_[axis].kind() == Kind::choices
                        ? choice_kernel(axes_[axis], at, x, floor)
                        : kernel(axes_[axis], position(axes_[axis], at), widths_[axis][i], x);
            }
            sum += product;
        }
        return sum / std::accumulate(weights_.begin(), weights_.end(), flat_);
    }

  private:
    std::span<const ParzenAxis> axes_;
    ParzenShape shape_;
    std::vector<double> weights_;
    double flat_ = 0.0;
    std::vector<Eigen::RowVectorXd> centres_;
    std::vector<std::vector<double>> widths_;  // by axis
};

JointParzen joint(std::span<const ParzenAxis> axes,
                  const ParzenPoints& centres,
                  const std::vector<double>& weights,
                  const std::vector<double>& offsets,
                  const ParzenShape& shape) {
    Eigen::ArrayXd log_weights(static_cast<Index>(weights.size()));
    for (std::size_t i = 0; i < weights.size(); ++i)
        log_weights[static_cast<Index>(i)] = std::log(weights[i]);
    return JointParzen(
        axes, {.centres = centres, .log_weights = log_weights, .offsets = offsets}, shape);
}

std::vector<double> random_weights(std::size_t count, Rng& rng) {
    std::vector<double> weights(count);
    for (double& weight : weights)
        weight = rng.chance(0.2) ? 0.0 : rng.uniform(0.01, 1.0);
    weights.push_back(0.7);
    return weights;
}

ParzenPlaces places_of(const ParzenAxis& axis,
                       const std::vector<double>& coordinates,
                       const std::vector<double>& weights) {
    ParzenPlaces places(axis);
    for (std::size_t i = 0; i < coordinates.size(); ++i)
        places.add(axis.place(coordinates[i]), weights[i]);
    return places;
}

// One axis: kernels lie in the middle of their places and share their weight.
double direct_line(const ParzenAxis& axis,
                   const std::vector<double>& coordinates,
                   const std::vector<double>& weights,
                   const ParzenShape& shape,
                   double point) {
    const std::vector<double> width = widths(axis, coordinates, shape);
    double sum = shape.prior_weight * flat_kernel(axis, point);
    double total = shape.prior_weight;
    for (std::size_t i = 0; i < coordinates.size(); ++i) {
        double weight = 0.0;
        double sharers = 0.0;
        for (std::size_t j = 0; j < coordinates.size(); ++j)
            if (place(axis, coordinates[j]) == place(axis, coordinates[i])) {
                weight += weights[j];
                ++sharers;
            }
        total += weights[i];
        sum += weight / sharers * kernel(axis, place(axis, coordinates[i]), width[i], point);
    }
    return sum / total;
}

// At one point.
double density(const LineParzen& line, double point) {
    return line.density(Eigen::ArrayXd::Constant(1, point))[0];
}

// The share of draws in each of `parts` equal parts, or for each value.
std::vector<double> shares(const ParzenAxis& axis,
                           std::span<const double> draws,
                           std::size_t parts) {
    std::vector<double> result(parts, 0.0);
    for (const double draw : draws) {
        const double at =
            axis.kind() == Kind::interval ? (draw + 0.5) * static_cast<double>(parts) : draw;
        result[std::min(static_cast<std::size_t>(at), parts - 1)] +=
            1.0 / static_cast<double>(draws.size());
    }
    return result;
}

std::vector<double> expected_shares(const ParzenAxis& axis,
                                    const LineParzen& line,
                                    std::size_t parts) {
    std::vector<double> expected(parts, 0.0);
    constexpr int kSteps = 200;
    for (std::size_t part = 0; part < parts; ++part) {
        if (axis.kind() != Kind::interval) {
            expected[part] = density(line, static_cast<double>(part));
            continue;
        }
        for (int i = 0; i < kSteps; ++i) {
            const double at =
                (static_cast<double>(part) + (i + 0.5) / kSteps) / static_cast<double>(parts);
            expected[part] += density(line, at - 0.5) / (kSteps * static_cast<double>(parts));
        }
    }
    return expected;
}

}  // namespace

TEST_CASE("a coordinate names its value", "[search][parzen]") {
    Rng rng(1);
    for (const spaces::Domain& domain : domains()) {
        const ParzenAxis axis(domain);
        for (int i = 0; i < 50; ++i) {
            const Value value = spaces::sample(domain, rng);
            const Value back = axis.value(axis.coordinate(value));
            if (const auto* real = std::get_if<double>(&value))
                CHECK(std::get<double>(back) == Approx(*real).epsilon(1e-12));
            else
                CHECK(back == value);
        }
    }
}

TEST_CASE("what a kernel draws is a value of its axis", "[search][parzen]") {
    Rng rng(2);
    for (const spaces::Domain& domain : domains()) {
        const ParzenAxis axis(domain);
        for (int i = 0; i < 200; ++i) {
            const double drawn = random_coordinate(axis, rng);
            REQUIRE(spaces::contains(domain, axis.value(drawn)));
            CHECK(axis.coordinate(axis.value(drawn)) == Approx(drawn).margin(1e-12));
        }
    }
}

TEST_CASE("the mass of a normal density is exact far from its centre", "[search][parzen]") {
    CHECK(normal_mass(-1.0, 2.0, 0.5, 1.0) == Approx(0.8663855974622838).epsilon(1e-14));
    CHECK(normal_mass(0.8, 0.9, 0.0, 0.1) == Approx(6.219831985865832e-16).epsilon(1e-9));
    CHECK(normal_mass(-0.9, -0.8, 0.0, 0.1) == normal_mass(0.8, 0.9, 0.0, 0.1));
}

TEST_CASE("a joint density equals the direct sum of its kernels", "[search][parzen]") {
    const std::vector<ParzenAxis> all = all_axes();
    Rng rng(3);
    for (const Index count : {0, 1, 2, 30, 150, 600})
        for (const ParzenShape& shape : {ParzenShape{},
                                         ParzenShape{.prior_weight = 0.3, .endpoints = true},
                                         ParzenShape{.magic_clip = false}}) {
            INFO(count << " kernels");
            const ParzenPoints centres = random_points(all, count, rng);
            const std::vector<double> weights =
                random_weights(static_cast<std::size_t>(count), rng);
            std::vector<double> offsets;
            for (Index i = 0; i < count; ++i)
                offsets.push_back(JointParzen::settled_offset(all, centres.row(i), shape));
            const DirectJoint direct(all, centres, weights, shape);
            const ParzenPoints points = random_points(all, 24, rng);
            const Eigen::ArrayXd logs =
                joint(all, centres, weights, offsets, shape).log_density(points);
            // A distance of 512 bandwidths loses some digits when it is squared.
            const double tolerance = shape.magic_clip ? 1e-10 : 1e-9;
            for (Index i = 0; i < points.rows(); ++i)
                CHECK(std::exp(logs[i]) == Approx(direct(points.row(i))).epsilon(tolerance));
        }
}

TEST_CASE("the kernels of a joint density add up to it", "[search][parzen]") {
    const std::vector<ParzenAxis> all = all_axes();
    Rng rng(4);
    const ParzenPoints centres = random_points(all, 40, rng);
    const std::vector<double> weights(41, 1.0);
    const JointParzen density = joint(all, centres, weights, {}, {});
    const ParzenPoints points = random_points(all, 10, rng);
    const Eigen::ArrayXd logs = density.log_density(points);
    for (Index i = 0; i < points.rows(); ++i)
        CHECK(density.log_kernels(points.row(i)).exp().mean() ==
              Approx(std::exp(logs[i])).epsilon(1e-10));
}

TEST_CASE("a density over one parameter equals the direct sum of its kernels", "[search][parzen]") {
    Rng rng(5);
    for (const spaces::Domain& domain : domains()) {
        const ParzenAxis axis(domain);
        for (const std::size_t count : {0, 1, 2, 30, 150})
            for (const ParzenShape& shape :
                 {ParzenShape{}, ParzenShape{.prior_weight = 0.3, .endpoints = true}}) {
                std::vector<double> coordinates;
                std::vector<double> weights;
                for (std::size_t i = 0; i < count; ++i) {
                    coordinates.push_back(random_coordinate(axis, rng));
                    weights.push_back(rng.uniform(0.01, 1.0));
                }
                const LineParzen line(axis, places_of(axis, coordinates, weights), shape);
                Eigen::ArrayXd points(10);
                for (double& point : points)
                    point = random_coordinate(axis, rng);
                const Eigen::ArrayXd densities = line.density(points);
                for (Index i = 0; i < points.size(); ++i) {
                    const double point = points[i];
                    double expected = 0.0;
                    if (axis.kind() != Kind::choices) {
                        expected = direct_line(axis, coordinates, weights, shape, point);
                    } else {
                        const double floor = shape.prior_weight / static_cast<double>(count + 1);
                        double total = shape.prior_weight;
                        expected = shape.prior_weight * flat_kernel(axis, point);
                        for (std::size_t j = 0; j < count; ++j) {
                            total += weights[j];
                            expected +=
                                weights[j] * choice_kernel(axis, coordinates[j], point, floor);
                        }
                        expected /= total;
                    }
                    CHECK(densities[i] == Approx(expected).epsilon(1e-10));
                }
            }
    }
}

TEST_CASE("densities over one parameter integrate to one", "[search][parzen]") {
    Rng rng(6);
    for (const spaces::Domain& domain : domains()) {
        const ParzenAxis axis(domain);
        std::vector<double> coordinates;
        for (int i = 0; i < 200; ++i)
            coordinates.push_back(random_coordinate(axis, rng));
        const std::vector<double> weights(200, 1.0);
        const LineParzen line(axis, places_of(axis, coordinates, weights), {});
        const std::size_t parts = axis.kind() == Kind::interval ? 20 : axis.size();
        const std::vector<double> expected = expected_shares(axis, line, parts);
        CHECK(std::accumulate(expected.begin(), expected.end(), 0.0) == Approx(1.0).epsilon(1e-5));
    }
}

TEST_CASE("joint densities integrate to one", "[search][parzen]") {
    const std::vector<ParzenAxis> pair = {ParzenAxis(domains()[1]), ParzenAxis(domains()[5])};
    Rng rng(7);
    const ParzenPoints centres = random_points(pair, 150, rng);
    const JointParzen density = joint(pair, centres, std::vector<double>(151, 1.0), {}, {});
    constexpr Index kSteps = 2000;
    double sum = 0.0;
    for (std::size_t cell = 0; cell < pair[1].size(); ++cell) {
        ParzenPoints points(kSteps, 2);
        for (Index i = 0; i < kSteps; ++i)
            points.row(i) << (static_cast<double>(i) + 0.5) / kSteps - 0.5,
                static_cast<double>(cell);
        sum += density.log_density(points).exp().mean();
    }
    CHECK(sum == Approx(1.0).epsilon(1e-5));
}

// Each share of 20,000 draws has a standard deviation of at most 0.0036; for draws anew the
// chance that one of the 200 shares is 5 of its own away is 1e-4.
TEST_CASE("samples follow the density", "[search][parzen]") {
    Rng rng(8);
    constexpr std::size_t kDraws = 20'000;
    for (const spaces::Domain& domain : domains()) {
        const ParzenAxis axis(domain);
        std::vector<double> coordinates;
        std::vector<double> weights;
        for (int i = 0; i < 40; ++i) {
            coordinates.push_back(random_coordinate(axis, rng));
            weights.push_back(1.0);
        }
        const LineParzen line(axis, places_of(axis, coordinates, weights), {});
        const std::vector<ParzenAxis> single = {axis};
        const ParzenPoints centres = Eigen::Map<const Eigen::VectorXd>(coordinates.data(), 40);
        const JointParzen density = joint(single, centres, std::vector<double>(41, 1.0), {}, {});
        std::vector<double> draws;
        for (std::size_t i = 0; i < kDraws; ++i)
            draws.push_back(line.sample(rng));
        const ParzenPoints joint_draws = density.sample(kDraws, rng);
        const std::size_t parts = axis.kind() == Kind::interval ? 10 : axis.size();
        const std::vector<double> expected = expected_shares(axis, line, parts);
        const std::vector<double> seen = shares(axis, draws, parts);
        const std::vector<double> seen_jointly = shares(axis, {joint_draws.data(), kDraws}, parts);
        for (std::size_t i = 0; i < parts; ++i) {
            const double deviation =
                std::sqrt(expected[i] * (1.0 - expected[i]) / static_cast<double>(kDraws));
            CHECK(std::abs(seen[i] - expected[i]) < 5.0 * deviation + 3.0 / kDraws);
            // Its kernels lie where the trials do, not in the middle of their places.
            CHECK(std::abs(seen_jointly[i] - expected[i]) < 5.0 * deviation + 0.01);
        }
    }
}

}  // namespace parnas::search
