// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/branches/branches.h"

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "search/samplers/branches/branch_space.h"
#include "search/samplers/branches/policy.h"
#include "search/samplers/random.h"
#include "search/samplers/tpe/tpe.h"
#include "tests/search/ask_and_tell.h"
#include "tests/search/test_functions.h"
#include "tests/support/catch.h"
#include "tests/support/spaces.h"

namespace parnas::search {
namespace {

using tests::ask;
using tests::ask_and_tell;
using tests::FakeSpace;
using tests::forked_space;

MakeSampler tpe() {
    return [](const SamplerSetup& setup) { return make_tpe_sampler({}, setup); };
}

Branch branch_of(const std::vector<double>& values) {
    Branch branch{.trials = values.size()};
    for (const double value : values)
        branch.add_value(value);
    return branch;
}

spaces::Param woken(spaces::Param param, spaces::ParamIndex parent, std::int64_t choice) {
    param.condition =
        spaces::Condition{.parent = parent, .active = spaces::ChoiceSet{.indices = {choice}}};
    return param;
}

// Choice 0 of "kind" has two parameters, of which "more" hangs on "op"; 1 has one, 2 has none.
FakeSpace nested_space() {
    return FakeSpace({.name = "nested@1",
                      .params = {tests::categorical("shared", 2),
                                 tests::categorical("kind", 3),
                                 woken(tests::categorical("op", 3), 1, 0),
                                 woken(tests::categorical("size", 4), 1, 1),
                                 woken(tests::categorical("more", 2), 2, 1)}});
}

std::vector<std::string> names(std::span<const spaces::Param> params) {
    std::vector<std::string> result;
    for (const spaces::Param& param : params)
        result.push_back(param.name);
    return result;
}

// As in mixed_cond (docs/benchmarks.md): two quick parameters end at 0.15, eight slow ones at 0.
FakeSpace slow_and_quick_space() {
    FakeSpace::Parts parts{.name = "slow_and_quick@1", .params = {tests::categorical("kind", 2)}};
    const auto add = [&](const std::string& name, std::int64_t choice) {
        parts.params.push_back(woken(tests::real(name, 0.0, 1.0), 0, choice));
    };
    for (int i = 0; i < 8; ++i)
        add("slow" + std::to_string(i), 0);
    for (int i = 0; i < 2; ++i)
        add("quick" + std::to_string(i), 1);
    return FakeSpace(std::move(parts));
}

std::vector<double> slow_and_quick_loss(const Genotype& genotype) {
    const bool slow = tests::choice(genotype, 0) == 0;
    double loss = slow ? 0.0 : 0.15;
    for (std::size_t i = slow ? 1 : 9; i < (slow ? 9 : 11); ++i)
        loss += std::pow(tests::at(genotype, i) - 0.4, 2);
    return {loss};
}

double median_of_best(const MakeSampler& make, std::uint64_t first_seed) {
    return tests::median_best(
        make, slow_and_quick_space(), slow_and_quick_loss, {.first_seed = first_seed, .seeds = 10});
}

}  // namespace

TEST_CASE("a fork is the one categorical on which most parameters hang", "[search][branches]") {
    CHECK(find_fork(forked_space().params()) == spaces::ParamIndex{0});
    CHECK(find_fork(nested_space().params()) == spaces::ParamIndex{1});
    CHECK_FALSE(find_fork(tests::mixed_space().params()));
    CHECK_FALSE(find_fork(tests::cell_space().params()));
}

TEST_CASE("a branch has what its choice leaves, and its genotypes are the whole's",
          "[search][branches]") {
    const FakeSpace space = nested_space();
    const BranchSpace first(space, 1, 0);
    CHECK(names(first.params()) == std::vector<std::string>{"shared", "op", "more"});
    CHECK_FALSE(first.params()[1].condition);
    REQUIRE(first.params()[2].condition);
    CHECK(first.params()[2].condition->parent == 1);
    CHECK(names(BranchSpace(space, 1, 1).params()) == std::vector<std::string>{"shared", "size"});
    CHECK(names(BranchSpace(space, 1, 2).params()) == std::vector<std::string>{"shared"});
    const Genotype part{{std::int64_t{1}, std::int64_t{1}, std::int64_t{1}}};
    const Genotype whole = first.whole(part);
    CHECK(whole.values ==
          std::vector<Value>{
              std::int64_t{1}, std::int64_t{0}, std::int64_t{1}, std::int64_t{0}, std::int64_t{1}});
    CHECK(first.part(whole) == part);
    CHECK_NOTHROW(first.decode(part));
}

TEST_CASE("a branch that is behind but falls gains more than one at its end",
          "[search][branches]") {
    const Branch settled = branch_of({0.5, 0.2, 0.16, 0.151, 0.15, 0.15, 0.15, 0.15});
    const Branch falling = branch_of({0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.35, 0.3});
    const std::vector<double> gains = expected_gains(std::vector{settled, falling});
    CHECK(gains[1] > gains[0]);
    // Of values 0.1 apart, the best of a half is 0.1 (1/4 + 2/8 + 3/16) higher.
    const Branch even = branch_of({0.0, 0.1, 0.2, 0.3});
    CHECK(expected_gains(std::vector{even})[0] == Approx(0.1 * (0.25 + 0.25 + 0.1875)));
    const double mean = 0.1 * (0.25 + 0.25 + 0.1875) * std::log2(3.0);
    const Branch ahead = branch_of({-0.5, -0.5, -0.5, -0.5});
    const std::vector<double> apart = expected_gains(std::vector{even, ahead});
    CHECK(apart[0] == Approx(mean * std::exp(-0.5 / mean)));
    CHECK(apart[1] == 0.0);
}

TEST_CASE("a branch with few trials comes first, and one that fails last", "[search][branches]") {
    const Branch good = branch_of({0.3, 0.2, 0.1, 0.05});
    const Branch few = branch_of({9.0, 9.0, 9.0});
    const Branch failed{.trials = 8};
    const std::vector<double> gains = expected_gains(std::vector{good, few, failed});
    CHECK(std::isinf(gains[1]));
    CHECK(std::isfinite(gains[0]));
    CHECK(gains[2] == 0.0);
    CHECK(gains[0] > 0.0);
}

TEST_CASE("the lowest values of a branch are kept", "[search][branches]") {
    Branch branch;
    for (int i = 100; i > 0; --i)
        branch.add_value(i);
    REQUIRE(branch.lowest.size() == Branch::kLowest);
    CHECK(branch.lowest.front() == 1.0);
    CHECK(branch.lowest.back() == static_cast<double>(Branch::kLowest));
}

TEST_CASE("branches searched apart are told at once and one by one alike", "[search][branches]") {
    const FakeSpace space = forked_space();
    const SamplerSetup setup{.space = space};
    const auto one_by_one = make_branching_sampler(setup, tpe());
    const auto loss = [](const Genotype& genotype) {
        return std::vector<double>{static_cast<double>(spaces::hash(genotype).low % 1000)};
    };
    const std::vector<Trial> trials = ask_and_tell(*one_by_one, space, loss, 100, 3);
    const auto at_once = make_branching_sampler(setup, tpe());
    at_once->tell(trials);
    const std::vector<Candidate> pending = {{.genotype = trials[20].genotype},
                                            {.genotype = trials[30].genotype}};
    for (int i = 0; i < 2; ++i) {
        const auto expected = ask(*one_by_one, space, 100, pending, 3, 4);
        const auto proposals = ask(*at_once, space, 100, pending, 3, 4);
        REQUIRE(proposals.size() == 4);
        REQUIRE(expected.size() == 4);
        for (std::size_t j = 0; j < proposals.size(); ++j) {
            CHECK(proposals[j].genotype == expected[j].genotype);
            CHECK(proposals[j].attributes == expected[j].attributes);
        }
    }
}

TEST_CASE("a proposal says which branch it is from and why", "[search][branches]") {
    const FakeSpace space = forked_space();
    const auto sampler = make_branching_sampler({.space = space}, tpe());
    const auto loss = [](const Genotype& genotype) {
        return std::vector<double>{std::get<double>(genotype.values[5]) +
                                   static_cast<double>(tests::choice(genotype, 0))};
    };
    CHECK(ask(*sampler, space, 0, {}, 5).at(0).attributes.at("reason") ==
          R"("a = 0, which has fewer than 4 trials: random")");
    ask_and_tell(*sampler, space, loss, 40, 5);
    const std::string reason = ask(*sampler, space, 40, {}, 5).at(0).attributes.at("reason");
    CHECK_THAT(reason,
               Catch::StartsWith("\"a = 0, expected gain 0.") && Catch::Contains(" (1 ") &&
                   Catch::Contains("): log l - log g is "));
}

TEST_CASE("branches that are used up leave the trials to others", "[search][branches]") {
    const FakeSpace space({.name = "uneven@1",
                           .params = {tests::categorical("kind", 3),
                                      woken(tests::categorical("op", 3), 0, 0),
                                      woken(tests::categorical("size", 4), 0, 1)}});
    const auto sampler = make_branching_sampler({.space = space}, tpe());
    const auto loss = [](const Genotype&) { return std::vector{1.0}; };
    std::set<Digest> seen;
    for (const Trial& trial : ask_and_tell(*sampler, space, loss, 50, 1))
        seen.insert(spaces::hash(trial.genotype));
    CHECK(seen.size() == 8);
    const auto failing = make_branching_sampler({.space = space}, tpe());
    CHECK(ask_and_tell(
              *failing, space, [](const Genotype&) { return std::vector<double>{}; }, 50, 1)
              .size() == 8);
}

TEST_CASE("spaces without a fork and several objectives have one search", "[search][branches]") {
    int made = 0;
    const MakeSampler make = [&](const SamplerSetup& setup) {
        ++made;
        return make_random_sampler({}, setup);
    };
    const FakeSpace mixed = tests::mixed_space();
    make_branching_sampler({.space = mixed}, make);
    CHECK(made == 1);
    const FakeSpace forked = forked_space();
    make_branching_sampler({.space = forked, .objectives = 2}, make);
    CHECK(made == 2);
    make_branching_sampler({.space = forked}, make);
    CHECK(made == 4);
}

// TPE alone keeps to the branch that is good soon, and ends at its 0.15.
TEST_CASE("the best branch is found also where it is the slow one", "[search][branches][slow]") {
    const double apart = median_of_best(
        [](const SamplerSetup& setup) { return make_branching_sampler(setup, tpe()); }, 100);
    CHECK(apart < 0.1);
    CHECK(median_of_best(tpe(), 100) > 0.13);
}

}  // namespace parnas::search
