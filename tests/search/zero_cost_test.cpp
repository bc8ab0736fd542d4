// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "search/builtins.h"
#include "search/strategy_factory.h"
#include "search/zero_cost/vote.h"
#include "spaces/distribution.h"
#include "tests/search/fake_scores.h"
#include "tests/support/catch.h"
#include "tests/support/spaces.h"

using namespace parnas;
using namespace parnas::search;

namespace {

Registry<StrategyFactory> builtin_strategies() {
    Registries registries;
    register_strategies(registries);
    return registries.strategies;
}

// Asks and tells without workers. Objective: the sum of the values, to be minimised.
class Search {
  public:
    Search(const std::string& options, const spaces::SearchSpace& space, std::uint64_t seed = 3)
        : space_(space), seed_(seed) {
        const Json json = parse_json(options, "options");
        Faults faults;
        ObjectReader reader(json, "/strategy", faults);
        strategy_ = make_strategy(builtin_strategies(), reader, {.space = space, .seed = seed});
        reader.finish();
        faults.throw_if_any();
    }

    Step next() {
        Rng rng = Rng(seed_).fork(static_cast<std::uint64_t>(number_));
        const Known known = [](const Genotype& genotype) {
            return KnownFacts{.identity = spaces::hash(genotype)};
        };
        return strategy_->next(
            {.space = space_, .number = number_, .pending = {}, .rng = rng, .known = known});
    }

    // The next proposal; scoring phases on the way are run and counted.
    Proposal propose() {
        Step step = next();
        while (const auto* phase = std::get_if<Phase>(&step)) {
            ++phases;
            scored += static_cast<std::size_t>(
                parse_json(phase->settings, "settings").at("genotypes").size());
            const Finished finished =
                FinishedPhase{.phase = *phase, .result = tests::first_value_scores(*phase)};
            strategy_->tell({&finished, 1});
            step = next();
        }
        REQUIRE(std::holds_alternative<Proposal>(step));
        return std::get<Proposal>(step);
    }

    Proposal propose_and_tell() {
        Proposal proposal = propose();
        Trial trial{.number = number_++, .genotype = proposal.genotype, .objectives = {0.0}};
        for (const Value& value : proposal.genotype.values)
            trial.objectives[0] += spaces::to_internal(value);
        const Finished finished = std::move(trial);
        strategy_->tell({&finished, 1});
        return proposal;
    }

    std::size_t phases = 0;
    std::size_t scored = 0;

  private:
    const spaces::SearchSpace& space_;
    std::uint64_t seed_;
    std::unique_ptr<Strategy> strategy_;
    TrialNumber number_ = 0;
};

std::string faults_of(const std::string& options) {
    const tests::FakeSpace space = tests::cell_space();
    try {
        const Search search(options, space);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("a vote is the mean of ranks, which equal values share", "[search][zero_cost]") {
    const std::vector<std::string> voters{"synflow", "parameters"};
    const std::vector<Metrics> candidates{{{"synflow", 3.0}, {"parameters", 10.0}},
                                          {{"synflow", 5.0}, {"parameters", 10.0}},
                                          {{"synflow", 1.0}, {"parameters", 90.0}}};
    CHECK(mean_ranks(candidates, voters) == std::vector<double>{2.25, 1.75, 2.0});
}

TEST_CASE("a candidate without a value or with NaN ranks behind all others",
          "[search][zero_cost]") {
    const std::vector<std::string> voters{"snip"};
    const std::vector<Metrics> candidates{
        {{"snip", std::nan("")}}, {{"snip", -1e300}}, {}, {{"snip", 2.0}}};
    CHECK(mean_ranks(candidates, voters) == std::vector<double>{3.5, 2.0, 3.5, 1.0});
}

TEST_CASE("zero_cost proposes the best of its pool, best first, and then asks the other strategy",
          "[search][zero_cost]") {
    const tests::FakeSpace space = tests::cell_space();
    Search search(R"({"type": "zero_cost", "pool": 100, "keep": 10, "then": {"type": "random"}})",
                  space);
    std::vector<std::int64_t> firsts;
    std::set<std::vector<Value>> points;
    for (int i = 0; i < 10; ++i) {
        const Proposal proposal = search.propose_and_tell();
        firsts.push_back(tests::choice(proposal.genotype, 0));
        points.insert(proposal.genotype.values);
        CHECK(proposal.attributes.at("reason").find("of 100 by zero-cost") != std::string::npos);
    }
    CHECK(std::ranges::is_sorted(firsts, std::ranges::greater()));
    CHECK(firsts.back() >= 3);
    CHECK(points.size() == 10);
    CHECK(search.scored == 100);
    CHECK(search.phases > 1);
    const std::size_t phases = search.phases;
    CHECK(search.propose_and_tell().attributes.at("reason") == "\"random\"");
    CHECK(search.phases == phases);
}

TEST_CASE("zero_cost scores a small space once and whole", "[search][zero_cost]") {
    const tests::FakeSpace space = tests::small_space();
    Search search(R"({"type": "zero_cost", "pool": 50, "keep": 50})", space);
    std::set<std::vector<Value>> points;
    for (int i = 0; i < 12; ++i)
        points.insert(search.propose_and_tell().genotype.values);
    CHECK(points.size() == 12);
    CHECK(search.scored == 12);
    CHECK(std::holds_alternative<Done>(search.next()));
}

TEST_CASE("a prefiltered strategy's proposals are better than those it would make alone",
          "[search][zero_cost]") {
    const tests::FakeSpace space = tests::cell_space();
    const auto mean_of_first = [&](const std::string& options) {
        Search search(options, space);
        double sum = 0.0;
        for (int i = 0; i < 30; ++i)
            sum += static_cast<double>(tests::choice(search.propose_and_tell().genotype, 0));
        return sum / 30.0;
    };
    for (const char* type : {"random", "nsga2", "regularized_evolution", "local_search", "qmc"}) {
        INFO(type);
        const std::string head = std::string(R"({"type": ")") + type + '"';
        CHECK(mean_of_first(head + R"(, "prefilter": {"pool": 6}})") > mean_of_first(head + "}"));
    }
}

TEST_CASE("a pre-filter scores no candidate twice and says what it chose from",
          "[search][zero_cost]") {
    const tests::FakeSpace space = tests::small_space();
    Search search(R"({"type": "grid", "prefilter": {"pool": 4}})", space);
    std::set<std::vector<Value>> points;
    for (int i = 0; i < 12; ++i) {
        const Proposal proposal = search.propose_and_tell();
        points.insert(proposal.genotype.values);
        const Json said = parse_json(proposal.attributes.at("prefilter"), "prefilter");
        CHECK(said.at("of") == std::min(4, 12 - i));
        CHECK(proposal.attributes.contains("reason"));
    }
    CHECK(points.size() == 12);
    CHECK(search.scored == 12);
    CHECK(std::holds_alternative<Done>(search.next()));
}

TEST_CASE("scores and settings of a phase come back from their texts", "[search][zero_cost]") {
    const tests::FakeSpace space = tests::mixed_space();
    const TrialCodec codec(space.params());
    Rng rng(5);
    const ScoringSettings settings{
        .scoring = {.proxies = {Proxy::zico, Proxy::snip}, .batch = 8, .repeats = 2, .seed = 9},
        .genotypes = {spaces::sample_feasible(space, rng), spaces::sample_feasible(space, rng)}};
    const ScoringSettings back = scoring_settings(to_text(settings, codec), codec);
    CHECK(back.genotypes == settings.genotypes);
    CHECK(to_json(back.scoring) == to_json(settings.scoring));
    CHECK_THROWS_AS(scoring_settings(R"({"type": "epoch"})", codec), Error);

    const std::vector<Scores> scores{Metrics{{"snip", 0.1}},
                                     Failure{FailureKind::infeasible, "not connected"}};
    const std::vector<Scores> read = scores_from_text(to_text(scores));
    REQUIRE(read.size() == 2);
    CHECK(std::get<Metrics>(read[0]) == std::get<Metrics>(scores[0]));
    CHECK(std::get<Failure>(read[1]).reason == "not connected");
    CHECK_THROWS_AS(scores_from_text("{}"), Error);
}

TEST_CASE("zero-cost strategies name what is wrong with their options", "[search][zero_cost]") {
    CHECK(faults_of(R"({"type": "zero_cost", "keep": 300})").find("/strategy/keep") !=
          std::string::npos);
    CHECK(faults_of(R"({"type": "zero_cost", "then": {"type": "nsga9"}})").find("nsga9") !=
          std::string::npos);
    CHECK(faults_of(R"({"type": "zero_cost", "then": {"type": "random", "x": 1}})")
              .find("/strategy/then/x") != std::string::npos);
    CHECK(faults_of(R"({"type": "random", "prefilter": {"proxies": ["sinflow"]}})")
              .find("did you mean 'synflow'?") != std::string::npos);
    CHECK(faults_of(R"({"type": "random", "prefilter": {"proxies": ["parameters"]}})")
              .find("at least one that is more than a count") != std::string::npos);
    CHECK(faults_of(R"({"type": "random", "prefilter": {"pol": 3}})")
              .find("/strategy/prefilter/pol") != std::string::npos);
}
