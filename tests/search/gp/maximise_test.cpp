// SPDX-License-Identifier: Apache-2.0
#include "search/gp/maximise.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/spaces.h"

namespace parnas::search {
namespace {

using tests::FakeSpace;

// How near a point is to another one, as a value to be maximised.
Acquisition near_to(const Eigen::RowVectorXd& wanted, std::size_t axes) {
    return {
        .values = [wanted](std::span<const Genotype>, const Points& points) -> Eigen::VectorXd {
            return -(points.rowwise() - wanted).rowwise().squaredNorm();
        },
        .sloped =
            [wanted](
                const Genotype&, const Eigen::RowVectorXd& point, Eigen::RowVectorXd& gradient) {
                gradient = -2.0 * (point - wanted);
                return -(point - wanted).squaredNorm();
            },
        .lengths = Eigen::VectorXd::Constant(static_cast<Eigen::Index>(axes), 0.5)};
}

constexpr MaximiseOptions kFew{.spread = 32, .near = 16, .climbs = 3};

}  // namespace

TEST_CASE("a maximum is found over numbers, choices and conditions alike", "[search][gp]") {
    const FakeSpace space = tests::mixed_space();
    const Features features(space.params());
    Rng rng(2);
    for (int i = 0; i < 10; ++i) {
        const Genotype wanted = spaces::sample_feasible(space, rng);
        const Acquisition acquisition = near_to(features.point(wanted), features.axes().size());
        const std::vector<Maximum> maxima = maximise(acquisition, features, space, {}, kFew, rng);
        REQUIRE_FALSE(maxima.empty());
        const Genotype& found = maxima.front().genotype;
        CHECK(maxima.front().value > -1e-4);
        CHECK(found.values[0] == wanted.values[0]);
        CHECK(found.values[3] == wanted.values[3]);
        CHECK(std::ranges::is_sorted(maxima, std::ranges::greater{}, &Maximum::value));
        for (const Maximum& each : maxima)
            CHECK(space.feasible(each.genotype));
    }
}

TEST_CASE("incumbents are where a search goes on from", "[search][gp]") {
    const FakeSpace space = tests::real_space(20);
    const Features features(space.params());
    const Eigen::RowVectorXd peak = Eigen::RowVectorXd::Constant(20, 0.7);
    // A narrow peak that no gradient leads to from afar.
    Acquisition acquisition = near_to(peak, 20);
    acquisition.values = [peak](std::span<const Genotype>,
                                const Points& points) -> Eigen::VectorXd {
        return (-20.0 * (points.rowwise() - peak).rowwise().squaredNorm().array()).exp();
    };
    acquisition.sloped =
        [peak](const Genotype&, const Eigen::RowVectorXd& point, Eigen::RowVectorXd& gradient) {
            const double value = std::exp(-20.0 * (point - peak).squaredNorm());
            gradient = -40.0 * value * (point - peak);
            return value;
        };
    Genotype incumbent;
    for (int i = 0; i < 20; ++i)
        incumbent.values.emplace_back(i % 2 == 0 ? 0.75 : 0.65);
    Rng rng(3);
    const std::vector<Genotype> incumbents = {incumbent};
    const auto found = maximise(acquisition, features, space, incumbents, kFew, rng);
    CHECK(found.front().value == Approx(1.0).margin(1e-3));
}

TEST_CASE("nothing is found where nothing is feasible", "[search][gp]") {
    FakeSpace::Parts parts{.params = {tests::categorical("a", 3)}};
    parts.feasible = [](const Genotype&) { return false; };
    const FakeSpace space(parts);
    const Features features(space.params());
    Rng rng(4);
    const Acquisition acquisition = near_to(Eigen::RowVectorXd::Zero(3), 1);
    CHECK(maximise(acquisition, features, space, {}, kFew, rng).empty());
}

}  // namespace parnas::search
