// SPDX-License-Identifier: Apache-2.0
#include "tests/search/sampler_conformance.h"

#include <set>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "tests/search/ask_and_tell.h"
#include "tests/support/catch.h"
#include "tests/support/spaces.h"

namespace parnas::tests {
namespace {

using search::Proposal;
using search::SamplerSetup;
using search::Trial;

constexpr TrialNumber kTrials = 60;

// Two objectives of any space; every fifth point fails.
std::vector<double> some_objectives(const Genotype& genotype) {
    const Digest digest = spaces::hash(genotype);
    if (digest.low % 5 == 0)
        return {};
    return {static_cast<double>(digest.low % 1000), static_cast<double>(digest.high % 1000)};
}

std::vector<Genotype> genotypes(const std::vector<Proposal>& proposals) {
    std::vector<Genotype> result;
    for (const Proposal& proposal : proposals)
        result.push_back(proposal.genotype);
    return result;
}

void check_proposals_are_valid(const MakeSampler& make, const spaces::SearchSpace& space) {
    const auto sampler = make({.space = space, .objectives = 2});
    for (const Trial& trial : ask_and_tell(*sampler, space, some_objectives, kTrials, 1)) {
        spaces::validate(space.params(), trial.genotype);
        REQUIRE(space.feasible(trial.genotype));
        REQUIRE(spaces::normalised(space.params(), trial.genotype) == trial.genotype);
    }
}

void check_attributes(const MakeSampler& make) {
    const FakeSpace space = mixed_space();
    const auto sampler = make({.space = space, .objectives = 2});
    ask_and_tell(*sampler, space, some_objectives, kTrials, 2);
    const auto proposals = ask(*sampler, space, kTrials, {}, 2);
    REQUIRE(proposals.size() == 1);
    CHECK(proposals[0].attributes.contains("reason"));
    for (const auto& [key, text] : proposals[0].attributes)
        CHECK_NOTHROW(parse_json(text, key));
}

// Told the same trials, in one piece or one at a time, whatever was asked in between.
void check_state_is_what_was_told(const MakeSampler& make, const spaces::SearchSpace& space) {
    const SamplerSetup setup{.space = space, .objectives = 2};
    const auto first = make(setup);
    const auto trials = ask_and_tell(*first, space, some_objectives, kTrials, 3);
    const auto second = make(setup);
    second->tell(trials);
    const auto count = static_cast<TrialNumber>(trials.size());
    const auto expected = genotypes(ask(*first, space, count, {}, 3, 3));
    CHECK(genotypes(ask(*first, space, count, {}, 3, 3)) == expected);
    CHECK(genotypes(ask(*second, space, count, {}, 3, 3)) == expected);
}

void check_pending_is_not_proposed_again(const MakeSampler& make) {
    const FakeSpace space = small_space();
    const auto sampler = make({.space = space});
    std::vector<Candidate> pending;
    std::set<std::vector<Value>> seen;
    for (TrialNumber number = 0; number < 12; ++number) {
        const auto proposals = ask(*sampler, space, number, pending, 4);
        REQUIRE(proposals.size() == 1);
        CHECK(seen.insert(proposals[0].genotype.values).second);
        pending.push_back({.number = number, .genotype = proposals[0].genotype});
    }
    CHECK(ask(*sampler, space, 12, pending, 4).empty());
}

void check_small_space_is_exhausted(const MakeSampler& make) {
    const FakeSpace space = small_space();
    const auto all_fail = [](const Genotype&) { return std::vector<double>{}; };
    const auto one = [](const Genotype& genotype) {
        return std::vector<double>{static_cast<double>(choice(genotype, 0))};
    };
    for (const Objectives& objectives : {Objectives(all_fail), Objectives(one)}) {
        const auto sampler = make({.space = space});
        const auto trials = ask_and_tell(*sampler, space, objectives, 100, 5);
        CHECK(trials.size() == 12);
        CHECK(ask(*sampler, space, 12, {}, 5, 4).empty());
    }
}

void check_infeasible_trials_are_survived(const MakeSampler& make) {
    const FakeSpace space = cell_space();
    const auto sampler = make({.space = space, .objectives = 2});
    for (TrialNumber number = 0; number < kTrials; ++number) {
        const auto proposals = ask(*sampler, space, number, {}, 6);
        REQUIRE(proposals.size() == 1);
        const Trial trial{.number = number,
                          .genotype = proposals[0].genotype,
                          .state = TrialState::fail,
                          .violation = static_cast<double>(number % 7)};
        sampler->tell({&trial, 1});
    }
}

void check_several_at_once_are_different(const MakeSampler& make) {
    const FakeSpace space = cell_space();
    const auto sampler = make({.space = space, .objectives = 2});
    ask_and_tell(*sampler, space, some_objectives, kTrials, 7);
    std::set<std::vector<Value>> seen;
    for (const Genotype& genotype : genotypes(ask(*sampler, space, kTrials, {}, 7, 8)))
        seen.insert(genotype.values);
    CHECK(seen.size() == 8);
}

void check_seeds_differ(const MakeSampler& make) {
    const FakeSpace space = cell_space();
    const auto a = make({.space = space, .seed = 8});
    const auto b = make({.space = space, .seed = 9});
    CHECK(genotypes(ask(*a, space, 0, {}, 8, 4)) != genotypes(ask(*b, space, 0, {}, 9, 4)));
}

}  // namespace

void check_sampler(const MakeSampler& make) {
    for (const FakeSpace& space : {small_space(), cell_space(), mixed_space(), real_space(5)}) {
        INFO(space.name());
        check_proposals_are_valid(make, space);
        check_state_is_what_was_told(make, space);
    }
    check_attributes(make);
    check_pending_is_not_proposed_again(make);
    check_small_space_is_exhausted(make);
    check_infeasible_trials_are_survived(make);
    check_several_at_once_are_different(make);
    check_seeds_differ(make);
}

}  // namespace parnas::tests
