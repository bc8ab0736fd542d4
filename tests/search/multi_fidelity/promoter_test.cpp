// SPDX-License-Identifier: Apache-2.0
#include "search/multi_fidelity/promoter.h"

#include <map>

#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::search;

namespace {

Genotype configuration(std::int64_t index) {
    return {.values = {index}};
}

// What becomes of a trial of a configuration at a level.
Trial measured(TrialNumber number, std::int64_t index, double fidelity, double error) {
    return {.number = number,
            .genotype = configuration(index),
            .state = fidelity < 1.0 ? TrialState::pruned : TrialState::complete,
            .objectives = {error},
            .fidelity = fidelity,
            .weights = hash_bytes("weights of " + std::to_string(number))};
}

std::int64_t index_of(const Genotype& genotype) {
    return std::get<std::int64_t>(genotype.values[0]);
}

// Runs a promoter with so many trials at a time; the k-th new configuration has k as its index,
// and as its error at every level.
class Runs {
  public:
    Runs(std::unique_ptr<Promoter> promoter, const Levels& levels, std::size_t workers)
        : promoter_(std::move(promoter)), levels_(levels), workers_(workers) {}

    void run(std::size_t trials) {
        for (std::size_t i = 0; i < trials; ++i) {
            if (pending_.size() == workers_)
                end_first();
            start();
        }
        while (!pending_.empty())
            end_first();
    }

    // By configuration and level, how often each was measured.
    std::map<std::pair<std::int64_t, std::size_t>, int> counts;
    std::vector<std::pair<std::int64_t, std::size_t>> started;  // in order

  private:
    void start() {
        const Promoter::Turn turn = promoter_->next(pending_, false);
        const std::size_t level = turn.promotion ? turn.promotion->to : turn.entry;
        const std::int64_t index =
            turn.promotion ? index_of(turn.promotion->from.individual.genotype) : fresh_++;
        ++counts[{index, level}];
        started.emplace_back(index, level);
        pending_.push_back({.number = next_++,
                            .genotype = configuration(index),
                            .fidelity = levels_.fidelity(level)});
    }

    void end_first() {
        const Candidate candidate = pending_.front();
        pending_.erase(pending_.begin());
        const std::int64_t index = index_of(candidate.genotype);
        promoter_->tell(
            measured(candidate.number, index, candidate.fidelity, static_cast<double>(index)));
    }

    std::unique_ptr<Promoter> promoter_;
    Levels levels_;
    std::size_t workers_;
    std::vector<Candidate> pending_;
    std::int64_t fresh_ = 0;
    TrialNumber next_ = 0;
};

std::map<std::size_t, int> by_level(const Runs& runs) {
    std::map<std::size_t, int> counts;
    for (const auto& [index, level] : runs.started)
        ++counts[level];
    return counts;
}

}  // namespace

TEST_CASE("levels are the powers of eta down to the lowest fidelity", "[search][multi_fidelity]") {
    const Levels levels(3, 1.0 / 27.0);
    REQUIRE(levels.count() == 4);
    CHECK(levels.fidelity(0) == Approx(1.0 / 27.0));
    CHECK(levels.fidelity(3) == 1.0);
    CHECK(levels.of(1.0 / 9.0) == 1U);
    CHECK_FALSE(levels.of(0.2));
    CHECK(Levels(3, 0.04).count() == 3);  // 1/27 is below
    CHECK(Levels(4, 1.0).count() == 1);
    CHECK(Levels(3, 0.037037037037).count() == 4);  // 1/27 as a decimal
}

// Li et al., MLSys 2020, figure 1: eta 3, nine configurations at the lowest rung.
TEST_CASE("asynchronous halving promotes the best third of a rung as soon as there is one",
          "[search][multi_fidelity]") {
    const Levels levels(3, 1.0 / 9.0);
    const auto promoter = make_asha_promoter(levels);
    const double low = levels.fidelity(0);
    const double middle = levels.fidelity(1);
    const auto next = [&](std::span<const Candidate> pending = {}) {
        return promoter->next(pending, false);
    };
    promoter->tell(measured(0, 0, low, 0.5));
    promoter->tell(measured(1, 1, low, 0.3));
    CHECK_FALSE(next().promotion);
    CHECK(next().entry == 0);
    promoter->tell(measured(2, 2, low, 0.4));
    REQUIRE(next().promotion);
    CHECK(next().promotion->from.individual.genotype == configuration(1));
    CHECK(next().promotion->from.individual.number == 1);
    CHECK(next().promotion->from.weights == hash_bytes("weights of 1"));
    CHECK(next().promotion->to == 1);
    CHECK(next().promotion->place == 1);
    CHECK(next().promotion->of == 3);

    SECTION("once: it is under way") {
        const Candidate pending[] = {
            {.number = 3, .genotype = configuration(1), .fidelity = middle}};
        CHECK_FALSE(next(pending).promotion);
    }
    SECTION("once: it was measured there") {
        promoter->tell(measured(3, 1, middle, 0.2));
        CHECK_FALSE(next().promotion);
    }
    SECTION("once: it failed there") {
        promoter->tell({.number = 3,
                        .genotype = configuration(1),
                        .state = TrialState::fail,
                        .fidelity = middle});
        CHECK_FALSE(next().promotion);
    }
    SECTION("of six the best two, also one that arrived before it was among them") {
        promoter->tell(measured(3, 1, middle, 0.2));
        for (const std::int64_t index : {3, 4, 5})
            promoter->tell(measured(index + 1, index, low, 0.9));
        REQUIRE(next().promotion);
        CHECK(next().promotion->from.individual.genotype == configuration(2));
        CHECK(next().promotion->place == 2);
        CHECK(next().promotion->of == 6);
    }
    SECTION("higher rungs first") {
        promoter->tell(measured(3, 1, middle, 0.2));
        promoter->tell(measured(4, 7, middle, 0.1));
        promoter->tell(measured(5, 8, middle, 0.3));
        for (const std::int64_t index : {3, 4, 5})
            promoter->tell(measured(index + 3, index, low, 0.9));
        REQUIRE(next().promotion);
        CHECK(next().promotion->from.individual.genotype == configuration(7));
        CHECK(next().promotion->to == 2);
    }
}

TEST_CASE("trials that failed or were stopped count for no rung", "[search][multi_fidelity]") {
    const Levels levels(2, 0.5);
    const auto promoter = make_asha_promoter(levels);
    promoter->tell(measured(0, 0, 0.5, 1.0));
    promoter->tell(
        {.number = 1, .genotype = configuration(1), .state = TrialState::fail, .fidelity = 0.5});
    CHECK_FALSE(promoter->next({}, false).promotion);
    promoter->tell(measured(2, 2, 0.5, 2.0));
    CHECK(promoter->next({}, false).promotion);
}

TEST_CASE("who breaks a limit goes on after all who do not", "[search][multi_fidelity]") {
    std::vector<Entrant> entrants;
    for (const auto& [error, violation] :
         {std::pair{0.1, 0.5}, {0.9, 0.0}, {0.2, 0.1}, {0.5, 0.0}, {0.5, 0.0}})
        entrants.push_back({.individual = {.number = static_cast<TrialNumber>(entrants.size()),
                                           .objectives = {error},
                                           .violation = violation}});
    CHECK(best_first(entrants) == std::vector<std::size_t>{3, 4, 1, 2, 0});
}

TEST_CASE("of several objectives those on the front go on first", "[search][multi_fidelity]") {
    std::vector<Entrant> entrants;
    for (const std::vector<double>& point :
         std::vector<std::vector<double>>{{2, 2}, {0, 1}, {1, 0}, {3, 3}})
        entrants.push_back({.individual = {.number = static_cast<TrialNumber>(entrants.size()),
                                           .objectives = point}});
    CHECK(best_first(entrants) == std::vector<std::size_t>{1, 2, 0, 3});
}

// Algorithm 1 of Li et al., JMLR 18(185), 2018, for R = 81 and eta = 3: n = ceil(5 / (s + 1) 3^s)
// configurations begin a bracket, and floor(n / 3^i) of them reach its i-th level.
TEST_CASE("one round of Hyperband has the trials of its brackets", "[search][multi_fidelity]") {
    const Levels levels(3, 1.0 / 81.0);
    constexpr std::size_t kTrials =
        (81 + 27 + 9 + 3 + 1) + (34 + 11 + 3 + 1) + (15 + 5 + 1) + (8 + 2) + 5;
    Runs runs(make_hyperband_promoter(levels), levels, 1);
    runs.run(kTrials);
    CHECK(by_level(runs) ==
          std::map<std::size_t, int>{
              {0, 81}, {1, 27 + 34}, {2, 9 + 11 + 15}, {3, 3 + 3 + 5 + 8}, {4, 1 + 1 + 1 + 2 + 5}});
    for (const auto& [run, count] : runs.counts)
        CHECK(count == 1);
    // The first bracket ends with its best configuration, and is not mixed with the second.
    CHECK(runs.started[120] == std::pair<std::int64_t, std::size_t>{0, 4});
    CHECK(runs.started[121].second == 1);
}

TEST_CASE("workers that Hyperband has nothing to promote for begin the next bracket",
          "[search][multi_fidelity]") {
    const Levels levels(3, 1.0 / 9.0);
    Runs alone(make_hyperband_promoter(levels), levels, 1);
    Runs together(make_hyperband_promoter(levels), levels, 4);
    constexpr std::size_t kTrials = 4 * ((9 + 3 + 1) + (5 + 1) + 3);
    alone.run(kTrials);
    together.run(kTrials);
    CHECK(together.started != alone.started);
    for (const auto& [run, count] : together.counts)
        CHECK(count == 1);
    // Of the first bracket the same three go on, and of them the same one.
    for (const std::int64_t index : {0, 1, 2})
        CHECK(together.counts.contains({index, 1}));
    CHECK_FALSE(together.counts.contains({3, 1}));
    CHECK(together.counts.contains({0, 2}));
    CHECK_FALSE(together.counts.contains({1, 2}));
}

TEST_CASE("a bracket whose trials fail goes on with those that are left",
          "[search][multi_fidelity]") {
    const Levels levels(2, 0.5);  // a bracket of two, then one of two at fidelity 1
    const auto promoter = make_hyperband_promoter(levels);
    promoter->tell(
        {.number = 0, .genotype = configuration(0), .state = TrialState::fail, .fidelity = 0.5});
    promoter->tell(measured(1, 1, 0.5, 0.7));
    const Promoter::Turn turn = promoter->next({}, false);
    REQUIRE(turn.promotion);
    CHECK(turn.promotion->from.individual.genotype == configuration(1));
    promoter->tell(measured(2, 1, 1.0, 0.6));
    CHECK_FALSE(promoter->next({}, false).promotion);
    CHECK(promoter->next({}, false).entry == 1);
}

TEST_CASE("a bracket that gets no more configurations promotes among those it has",
          "[search][multi_fidelity]") {
    const Levels levels(2, 0.25);  // the first bracket begins with four
    const auto promoter = make_hyperband_promoter(levels);
    promoter->tell(measured(0, 0, 0.25, 0.7));
    promoter->tell(measured(1, 1, 0.25, 0.6));
    CHECK_FALSE(promoter->next({}, false).promotion);
    REQUIRE(promoter->next({}, true).promotion);
    CHECK(promoter->next({}, true).promotion->from.individual.genotype == configuration(1));
    promoter->tell(measured(2, 1, 0.5, 0.5));
    CHECK_FALSE(promoter->next({}, true).promotion);
}

TEST_CASE("trials that nobody promoted or began are left alone", "[search][multi_fidelity]") {
    const Levels levels(2, 0.5);
    for (const auto make : {make_asha_promoter, make_hyperband_promoter}) {
        const auto promoter = make(levels);
        promoter->tell(measured(0, 0, 1.0, 0.1));   // an initial point
        promoter->tell(measured(1, 1, 0.77, 0.1));  // at no level
        CHECK_FALSE(promoter->next({}, false).promotion);
        CHECK(promoter->next({}, false).entry == 0);
        promoter->tell(measured(2, 2, 0.5, 0.3));
        promoter->tell(measured(3, 3, 0.5, 0.2));
        REQUIRE(promoter->next({}, false).promotion);
        CHECK(promoter->next({}, false).promotion->from.individual.number == 3);
    }
}
