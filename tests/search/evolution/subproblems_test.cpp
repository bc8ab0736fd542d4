// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/evolution/subproblems.h"

#include <cmath>

#include "tests/support/catch.h"

namespace parnas::search {
namespace {

Individual individual(TrialNumber number, std::vector<double> objectives, double violation = 0.0) {
    return {.number = number, .objectives = std::move(objectives), .violation = violation};
}

std::vector<TrialNumber> numbers(const Subproblems& subproblems) {
    std::vector<TrialNumber> found;
    for (std::size_t i = 0; i < subproblems.size(); ++i)
        found.push_back(subproblems.member(i) ? subproblems.member(i)->number : -1);
    return found;
}

}  // namespace

TEST_CASE("scalar values are those of the closed forms", "[search][moead]") {
    const std::vector<double> point = {0.3, 0.4};
    const std::vector<double> even = {0.5, 0.5};
    const std::vector<double> end = {0.0, 1.0};
    CHECK(scalar_value(Scalarisation::tchebycheff, point, even) == Approx(0.8));
    CHECK(scalar_value(Scalarisation::tchebycheff, point, end) == Approx(0.3e6));
    CHECK(scalar_value(Scalarisation::pbi, point, even) ==
          Approx(0.7 / std::sqrt(2.0) + 5.0 * 0.1 / std::sqrt(2.0)));
    CHECK(scalar_value(Scalarisation::pbi, point, end) == Approx(0.4 + 5.0 * 0.3));
}

TEST_CASE("a subproblem's neighbours have the nearest directions, itself first",
          "[search][moead]") {
    const Subproblems subproblems(even_directions(2, 4), Scalarisation::tchebycheff, 3);
    const auto at = [&](std::size_t i) {
        const auto found = subproblems.neighbours(i);
        return std::vector<std::size_t>(found.begin(), found.end());
    };
    CHECK(at(0) == std::vector<std::size_t>{0, 1, 2});
    CHECK(at(2) == std::vector<std::size_t>{2, 1, 3});
    CHECK(Subproblems(even_directions(2, 1), Scalarisation::pbi, 9).neighbours(1).size() == 2);
}

TEST_CASE("a trial replaces at most two members that it beats", "[search][moead]") {
    for (const Scalarisation scalar : {Scalarisation::tchebycheff, Scalarisation::pbi}) {
        Subproblems subproblems(even_directions(2, 4), scalar, 3);
        subproblems.place(individual(0, {0.0, 1.0}));
        subproblems.place(individual(1, {1.0, 0.0}));
        CHECK(numbers(subproblems) == std::vector<TrialNumber>{0, 0, -1, 1, 1});
        // In the middle: its own place, which is free, and the better of its neighbours'.
        subproblems.place(individual(2, {0.4, 0.4}));
        CHECK(subproblems.member(2)->number == 2);
        CHECK(subproblems.member(0)->number == 0);
        CHECK(subproblems.member(4)->number == 1);
        // Worse than all in its place.
        const std::vector<TrialNumber> before = numbers(subproblems);
        subproblems.place(individual(3, {0.9, 0.9}));
        CHECK(numbers(subproblems) == before);
    }
}

TEST_CASE("trials within the limits drive out those that break them", "[search][moead]") {
    Subproblems subproblems(even_directions(2, 1), Scalarisation::tchebycheff, 2);
    subproblems.place(individual(0, {}, 3.0));
    subproblems.place(individual(1, {}, 2.0));
    subproblems.place(individual(2, {}, 4.0));
    CHECK(numbers(subproblems) == std::vector<TrialNumber>{0, 1});
    subproblems.place(individual(3, {}, 1.0));
    CHECK(numbers(subproblems) == std::vector<TrialNumber>{3, 1});
    subproblems.place(individual(4, {5.0, 5.0}));
    CHECK(numbers(subproblems) == std::vector<TrialNumber>{4, 4});
    subproblems.place(individual(5, {0.0, 0.0}, 0.1));
    CHECK(numbers(subproblems) == std::vector<TrialNumber>{4, 4});
}

}  // namespace parnas::search
