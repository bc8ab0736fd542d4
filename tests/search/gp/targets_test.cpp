// SPDX-License-Identifier: Apache-2.0
#include "search/gp/targets.h"

#include <cmath>
#include <limits>
#include <vector>

#include "tests/support/catch.h"

namespace parnas::search {
namespace {

std::vector<Output> measured(const std::vector<double>& values) {
    std::vector<Output> outputs;
    for (const double each : values)
        outputs.push_back({.value = each});
    return outputs;
}

}  // namespace

TEST_CASE("targets are linear but for outliers on the bad side", "[search][gp]") {
    const Targets targets(measured({1.0, 2.0, 3.0, 4.0, 1e6}));
    const Eigen::VectorXd& values = targets.values();
    CHECK(values.mean() == Approx(0.0).margin(1e-12));
    CHECK(values.squaredNorm() == Approx(5.0));
    CHECK(values[1] - values[0] == Approx(values[2] - values[1]));
    CHECK(values[3] - values[2] == Approx(values[2] - values[1]));
    CHECK(values[4] > values[3]);
    CHECK(values[4] - values[2] < 25.0 * (values[2] - values[1]));
    for (const double value : {-5.0, 1.5, 3.0, 700.0})
        CHECK(targets.value(targets.target(value)) == Approx(value));
}

TEST_CASE("failed trials count as the worst and pruned ones as worse than most", "[search][gp]") {
    std::vector<Output> outputs = measured({1.0, 2.0, 3.0, 4.0, 5.0});
    outputs.push_back({.kind = Output::Kind::failed});
    outputs.push_back({.kind = Output::Kind::pruned});
    const Eigen::VectorXd values = Targets(outputs).values();
    CHECK(values[5] == values[4]);
    CHECK(values[6] == values[3]);
}

TEST_CASE("targets of equal values, of failures alone and of nothing are finite", "[search][gp]") {
    CHECK(Targets(measured({2.0, 2.0})).values() == Eigen::VectorXd::Zero(2));
    const std::vector<Output> failed(3, Output{.kind = Output::Kind::failed});
    CHECK(Targets(failed).values() == Eigen::VectorXd::Zero(3));
    CHECK(Targets({}).values().size() == 0);
}

TEST_CASE("excesses keep their sign and order, and infinite ones are the worst", "[search][gp]") {
    const double infinity = std::numeric_limits<double>::infinity();
    const std::vector<double> excesses = {-0.5, 0.0, 0.1, 3.0, infinity};
    const Eigen::VectorXd targets = excess_targets(excesses);
    CHECK(targets[0] < 0.0);
    CHECK(targets[1] == 0.0);
    CHECK(targets[2] > 0.0);
    CHECK(targets[3] > targets[2]);
    CHECK(targets[4] == targets[3]);
    CHECK(targets.squaredNorm() == Approx(5.0));
    CHECK(excess_targets(std::vector<double>{0.0}) == Eigen::VectorXd::Zero(1));
}

}  // namespace parnas::search
