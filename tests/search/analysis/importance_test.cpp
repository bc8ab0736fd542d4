// SPDX-License-Identifier: Apache-2.0
#include "search/analysis/importance.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "core/error.h"
#include "core/rng.h"
#include "spaces/distribution.h"
#include "spaces/unit_interval.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

using spaces::Categorical;
using spaces::Domain;
using spaces::Integer;
using spaces::Real;
using Row = std::vector<double>;  // numbers and indices of choices

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

// Random trials of parameters a, b, c, ... `function` may take a value away.
Observations tried(const std::vector<Domain>& domains,
                   std::size_t count,
                   const std::function<double(Row&)>& function) {
    Rng rng(11);
    Observations seen;
    for (std::size_t axis = 0; axis < domains.size(); ++axis)
        seen.axes.push_back(
            {.name = std::string(1, static_cast<char>('a' + axis)), .domain = domains[axis]});
    for (std::size_t i = 0; i < count; ++i) {
        Row row;
        for (const Domain& domain : domains)
            row.push_back(spaces::to_internal(spaces::sample(domain, rng)));
        seen.values.push_back(function(row));
        for (std::size_t axis = 0; axis < domains.size(); ++axis)
            seen.positions.push_back(
                std::isnan(row[axis])
                    ? kNone
                    : spaces::to_unit(domains[axis],
                                      spaces::from_internal(domains[axis], row[axis])));
    }
    return seen;
}

double share(const Importance& importance, const std::string& name) {
    return std::ranges::find(importance.params, name, &ParamImportance::name)->share;
}

double share(const Importance& importance, const std::string& one, const std::string& other) {
    for (const PairImportance& pair : importance.pairs)
        if ((pair.first == one && pair.second == other) ||
            (pair.first == other && pair.second == one))
            return pair.share;
    return kNone;
}

const Domain kUnit = Real{.low = 0.0, .high = 1.0};

}  // namespace

TEST_CASE("fANOVA finds the shares of a sum", "[search][analysis]") {
    const Observations seen =
        tried({kUnit, kUnit, kUnit}, 1'000, [](const Row& x) { return 3.0 * x[0] + x[1]; });
    const Importance found = fanova(seen, {.trees = 16});
    // 9/12 and 1/12 of the variance, and nothing.
    CHECK(share(found, "a") == Approx(0.9).margin(0.02));
    CHECK(share(found, "b") == Approx(0.1).margin(0.02));
    CHECK(share(found, "c") < 0.005);
    CHECK(share(found, "a", "b") < 0.01);
    CHECK(found.params[0].name == "a");
    CHECK(found.params[0].trials == 1'000);
}

TEST_CASE("fANOVA finds what two parameters do together", "[search][analysis]") {
    // x + 2 (x - 1/2) (y - 1/2): x has (1/12) of the variance, and both together 4/144.
    const Observations seen = tried({kUnit, kUnit}, 2'000, [](const Row& x) {
        return x[0] + 2.0 * (x[0] - 0.5) * (x[1] - 0.5);
    });
    const Importance found = fanova(seen, {.trees = 16});
    CHECK(share(found, "a") == Approx(0.75).margin(0.03));
    CHECK(share(found, "b") < 0.02);
    CHECK(share(found, "a", "b") == Approx(0.25).margin(0.03));
}

TEST_CASE("fANOVA takes choices in any order and scales as the space has them",
          "[search][analysis]") {
    const Domain choice = Categorical{.choices = {"p", "q", "r", "s"}};
    const Domain rate = Real{.low = 1e-5, .high = 1.0, .log = true};
    const Domain layers = Integer{.low = 1, .high = 3};
    // Variances: 1/2 of {0, 2, 0, 2} is 1; of log10 over five decades 25/12; of {0, 3, 0} 2.
    const Observations seen = tried({choice, rate, layers}, 2'000, [](const Row& x) {
        return 2.0 * std::fmod(x[0], 2.0) + std::log10(x[1]) + (x[2] == 2.0 ? 3.0 : 0.0);
    });
    const double all = 1.0 + 25.0 / 12.0 + 2.0;
    const Importance found = fanova(seen, {.trees = 16});
    CHECK(share(found, "a") == Approx(1.0 / all).margin(0.03));
    CHECK(share(found, "b") == Approx(25.0 / 12.0 / all).margin(0.03));
    CHECK(share(found, "c") == Approx(2.0 / all).margin(0.03));
}

TEST_CASE("fANOVA lets a parameter that is not active have no effect", "[search][analysis]") {
    const Domain kind = Categorical{.choices = {"on", "off"}};
    // b where a is "on", else 2. Over both kinds: Var a = 9/16, Var b = 1/48 and as much together.
    const Observations seen = tried({kind, kUnit}, 2'000, [](Row& x) {
        if (x[0] == 0.0)
            return x[1];
        x[1] = kNone;
        return 2.0;
    });
    const double all = 9.0 / 16.0 + 2.0 / 48.0;
    const Importance found = fanova(seen, {.trees = 16});
    CHECK(share(found, "a") == Approx(9.0 / 16.0 / all).margin(0.02));
    CHECK(share(found, "b") == Approx(1.0 / 48.0 / all).margin(0.01));
    CHECK(share(found, "a", "b") == Approx(1.0 / 48.0 / all).margin(0.01));
    CHECK(found.params[1].trials < 1'100);
}

TEST_CASE("fANOVA gives equal shares for equal seeds, and for values on any scale",
          "[search][analysis]") {
    Observations seen = tried({kUnit, kUnit}, 50, [](const Row& x) { return x[0] * x[1]; });
    const Importance found = fanova(seen, {.seed = 5});
    CHECK(share(fanova(seen, {.seed = 5}), "a") == share(found, "a"));
    CHECK(share(fanova(seen, {.seed = 6}), "a") != share(found, "a"));
    for (double& value : seen.values)
        value *= 0x1p-1000;
    CHECK(share(fanova(seen, {.seed = 5}), "a") == share(found, "a"));
    for (double& value : seen.values)
        value = (value * 0x1p1000 - 0.5) * 2.0 * 1.7e308;
    CHECK(share(fanova(seen, {.seed = 5}), "a") == Approx(share(found, "a")).margin(0.02));
}

TEST_CASE("importance says what is missing", "[search][analysis]") {
    const auto refused = [](const Observations& seen) {
        std::string message;
        try {
            static_cast<void>(fanova(seen, {}));
        } catch (const Error& error) {
            CHECK(error.kind() == ErrorKind::invalid_input);
            message = error.what();
        }
        CHECK_THROWS_WITH(ped_anova(seen, Direction::minimize, {}), message);
        return message;
    };
    Observations none = tried({kUnit}, 1, [](const Row& x) { return x[0]; });
    none.left_out = 3;
    CHECK(
        refused(none) ==
        "importance needs at least 2 complete trials with a value: got 1; 3 without a finite one");
    CHECK(refused(tried({kUnit}, 5, [](const Row&) { return 1.5; })) ==
          "all 5 trials have the value 1.5: there is nothing to explain");
    CHECK(refused(tried({}, 5, [i = 0.0](const Row&) mutable { return ++i; })) ==
          "the trials have no parameter that could have had another value");
    const Observations fine = tried({kUnit}, 20, [](const Row& x) { return x[0]; });
    CHECK_THROWS_WITH(ped_anova(fine, Direction::minimize, {.quantile = 0.5, .region = 0.4}),
                      "expected 0 < quantile < region <= 1, got 0.5 and 0.4");
}

TEST_CASE("PED-ANOVA compares the best with all, choice by choice", "[search][analysis]") {
    const Domain choice = Categorical{.choices = {"p", "q"}};
    // The best fifth has the first choice only; of all trials half have it.
    Observations seen{.axes = {{.name = "a", .domain = choice}, {.name = "b", .domain = choice}},
                      .positions = {},
                      .values = {}};
    for (int i = 0; i < 20; ++i) {
        seen.positions.push_back(i < 10 ? 0.25 : 0.75);
        seen.positions.push_back(i % 2 == 0 ? 0.25 : 0.75);
        seen.values.push_back(i);
    }
    const Importance found = ped_anova(seen, Direction::minimize, {.quantile = 0.2});
    CHECK(share(found, "a") == Approx(1.0));
    CHECK(share(found, "b") == Approx(0.0).margin(1e-12));
    // The worst is one trial, which has the second of both choices.
    const Importance worst = ped_anova(seen, Direction::maximize, {.quantile = 0.05});
    CHECK(share(worst, "a") == Approx(0.5));
    CHECK(share(worst, "b") == Approx(0.5));
}

TEST_CASE("PED-ANOVA of numbers equals direct sums over kernels", "[search][analysis]") {
    const Domain five = Integer{.low = 0, .high = 4};
    const std::vector<double> cells_a{0, 1, 1, 0, 2, 3, 4, 4, 2, 3};
    const std::vector<double> cells_b{4, 0, 2, 3, 1, 1, 3, 0, 2, 4};
    Observations seen{.axes = {{.name = "a", .domain = five}, {.name = "b", .domain = five}},
                      .positions = {},
                      .values = {}};
    for (std::size_t i = 0; i < cells_a.size(); ++i) {
        seen.positions.push_back((cells_a[i] + 0.5) / 5.0);
        seen.positions.push_back((cells_b[i] + 0.5) / 5.0);
        seen.values.push_back(static_cast<double>(i));
    }
    const auto masses = [](std::vector<double> cells) {
        const double n = static_cast<double>(cells.size());
        std::ranges::sort(cells);
        double mean = 0.0;
        double squares = 0.0;
        for (const double cell : cells)
            mean += cell / n;
        for (const double cell : cells)
            squares += (cell - mean) * (cell - mean);
        const double quartiles = cells[cells.size() * 3 / 4] - cells[cells.size() / 4];
        const double width = std::max(
            1.059 * std::min(std::sqrt(squares / (n - 1.0)), quartiles / 1.34) * std::pow(n, -0.2),
            0.5 / 1.64);
        const auto below = [width](double x, double centre) {
            return 0.5 * std::erfc((centre - x) / width / std::sqrt(2.0));
        };
        std::vector<double> result(5, 0.2 / (n + 1.0));
        for (const double cell : cells)
            for (std::size_t to = 0; to < 5; ++to)
                result[to] += (below(static_cast<double>(to) + 0.5, cell) -
                               below(static_cast<double>(to) - 0.5, cell)) /
                              (below(4.5, cell) - below(-0.5, cell)) / (n + 1.0);
        return result;
    };
    const auto divergence = [&](const std::vector<double>& cells) {
        const std::vector<double> good = masses({cells[0], cells[1], cells[2]});
        const std::vector<double> region = masses({cells.begin(), cells.begin() + 8});
        double sum = 0.0;
        for (std::size_t cell = 0; cell < 5; ++cell)
            sum += region[cell] * std::pow(good[cell] / region[cell] - 1.0, 2.0);
        return sum;
    };
    const double a = divergence(cells_a);
    const double b = divergence(cells_b);
    const Importance found = ped_anova(seen, Direction::minimize, {.quantile = 0.3, .region = 0.8});
    CHECK(share(found, "a") == Approx(a / (a + b)));
    CHECK(share(found, "b") == Approx(b / (a + b)));
}

TEST_CASE("PED-ANOVA tells what matters for the best from what matters elsewhere",
          "[search][analysis]") {
    // a decides between good and bad; b decides among the good alone.
    const Observations seen = tried(
        {kUnit, kUnit, kUnit}, 3'000, [](const Row& x) { return x[0] > 0.3 ? 10.0 + x[2] : x[1]; });
    const Importance overall = ped_anova(seen, Direction::minimize, {.quantile = 0.25});
    CHECK(overall.params[0].name == "a");
    const Importance local =
        ped_anova(seen, Direction::minimize, {.quantile = 0.05, .region = 0.25});
    CHECK(local.params[0].name == "b");
    CHECK(local.params[0].share > 0.9);
}

}  // namespace parnas::search
