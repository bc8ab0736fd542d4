// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/strategy.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/object_reader.h"
#include "search/points/enumeration.h"
#include "spaces/overloaded.h"
#include "tests/search/elastic_space.h"
#include "tests/support/catch.h"
#include "tests/support/infeasible_space.h"
#include "tests/support/spaces.h"

namespace parnas::tests {
namespace {

using namespace search;

constexpr TrialNumber kTrials = 60;

Step next(Strategy& strategy,
          const SamplerSetup& setup,
          TrialNumber number,
          std::span<const Candidate> pending) {
    Rng rng = Rng(setup.seed).fork(static_cast<std::uint64_t>(number));
    const Known known = [](const Genotype& genotype) {
        return KnownFacts{.identity = spaces::hash(genotype)};
    };
    return strategy.next(
        {.space = setup.space, .number = number, .pending = pending, .rng = rng, .known = known});
}

std::string spell(const Proposal& proposal) {
    std::string text = std::string(to_string(proposal.stage)) + ' ' +
                       to_string(spaces::hash(proposal.genotype)) + ' ' +
                       std::to_string(proposal.fidelity);
    if (proposal.warm_start)
        text += " from " + to_string(*proposal.warm_start);
    for (const auto& [key, value] : proposal.attributes)
        text += ' ' + key + '=' + value;
    return text;
}

std::string spell(const Step& step) {
    return std::visit(
        spaces::Overloaded{
            [](const Proposal& proposal) { return "propose " + spell(proposal); },
            [](const Phase& phase) { return "phase " + phase.name + ' ' + phase.settings; },
            [](const Wait&) { return std::string("wait"); },
            [](const Done& done) { return "done: " + done.reason; }},
        step);
}

// What comes of the trial with a genotype, its objectives apart.
using Fate = std::function<void(std::uint64_t hash, Trial& trial)>;

// Completes, fails, is pruned or breaks a limit.
void mixed_fate(std::uint64_t hash, Trial& trial) {
    if (hash % 8 == 1)
        trial.state = TrialState::pruned;
    else if (hash % 8 == 0 || hash % 8 == 2)
        trial.state = TrialState::fail;
    if (hash % 8 == 2 || hash % 8 == 3)
        trial.violation = 0.5;
}

void always_fails(std::uint64_t, Trial& trial) {
    trial.state = TrialState::fail;
}

void breaks_limits(std::uint64_t hash, Trial& trial) {
    trial.state = TrialState::fail;
    trial.violation = static_cast<double>(1 + hash % 7);
}

Trial finished(TrialNumber number,
               const Proposal& proposal,
               std::size_t objectives,
               const Fate& fate) {
    Trial trial{.number = number,
                .genotype = proposal.genotype,
                .stage = proposal.stage,
                .fidelity = proposal.fidelity};
    const Digest digest = spaces::hash(proposal.genotype);
    fate(digest.low, trial);
    for (std::uint64_t i = 0; i < objectives && trial.state == TrialState::complete; ++i) {
        const std::uint64_t words[] = {digest.high, i};
        trial.objectives.push_back(static_cast<double>(hash_words(words).low % 1000));
    }
    if (trial.state == TrialState::complete && proposal.fidelity < 1.0) {
        trial.state = TrialState::pruned;
        trial.weights = hash_bytes("weights of " + std::to_string(number));
    }
    return trial;
}

void check_proposal(const spaces::SearchSpace& space, const Proposal& proposal) {
    REQUIRE_NOTHROW(spaces::validate(space.params(), proposal.genotype));
    REQUIRE(spaces::normalised(space.params(), proposal.genotype) == proposal.genotype);
    REQUIRE(space.feasible(proposal.genotype));
    CHECK(proposal.stage == Stage::search);
    CHECK(proposal.fidelity > 0.0);
    CHECK(proposal.fidelity <= 1.0);
    REQUIRE(proposal.attributes.contains("reason"));
    CHECK_FALSE(parse_json(proposal.attributes.at("reason"), "reason").empty());
    for (const auto& [key, text] : proposal.attributes)
        CHECK_NOTHROW(parse_json(text, key));
}

struct Search {
    std::vector<Finished> told;
    TrialNumber trials = 0;
    std::set<std::vector<Value>> points;                           // all different ones
    std::set<std::pair<std::vector<Value>, double>> measurements;  // with their fidelities
    std::optional<std::string> done;                               // why the strategy ended it
};

// Asks twice each time, keeps up to `in_flight` trials open and tells them in order.
class Drive {
  public:
    Drive(Strategy& strategy,
          const StrategyCase& tested,
          const SamplerSetup& setup,
          std::size_t in_flight,
          Fate fate = mixed_fate)
        : strategy_(strategy),
          run_phase_(tested.run_phase),
          setup_(setup),
          in_flight_(in_flight),
          fate_(std::move(fate)) {}

    Search run(TrialNumber trials) {
        while (!search_.done && (search_.trials < trials || !open_.empty())) {
            if (search_.trials == trials || open_.size() == in_flight_)
                tell_first();
            else
                take_step();
        }
        return std::move(search_);
    }

  private:
    void take_step() {
        std::vector<Candidate> pending;
        for (const auto& [number, proposal] : open_)
            pending.push_back({.number = number,
                               .genotype = proposal.genotype,
                               .fidelity = proposal.fidelity,
                               .warm_start = proposal.warm_start});
        const Step step = next(strategy_, setup_, search_.trials, pending);
        REQUIRE(spell(next(strategy_, setup_, search_.trials, pending)) == spell(step));
        std::visit(spaces::Overloaded{[&](const Proposal& proposal) { open(proposal); },
                                      [&](const Phase& phase) { run_phase(phase); },
                                      [&](const Wait&) {
                                          REQUIRE_FALSE(open_.empty());
                                          tell_first();
                                      },
                                      [&](const Done& done) { end(done); }},
                   step);
    }

    void open(const Proposal& proposal) {
        check_proposal(setup_.space, proposal);
        search_.points.insert(proposal.genotype.values);
        search_.measurements.emplace(proposal.genotype.values, proposal.fidelity);
        open_.emplace_back(search_.trials++, proposal);
    }

    void run_phase(const Phase& phase) {
        CHECK_FALSE(phase.name.empty());
        CHECK_NOTHROW(parse_json(phase.settings, phase.name));
        tell(FinishedPhase{.index = phases_,
                           .phase = phase,
                           .result = run_phase_(phase),
                           .checkpoint = hash_bytes(phase.name + std::to_string(phases_))});
        ++phases_;
    }

    void end(const Done& done) {
        CHECK_FALSE(done.reason.empty());
        while (!open_.empty())
            tell_first();
        search_.done = done.reason;
    }

    void tell_first() {
        const auto [number, proposal] = open_.front();
        open_.pop_front();
        tell(finished(number, proposal, setup_.objectives, fate_));
    }

    void tell(Finished each) {
        search_.told.push_back(std::move(each));
        strategy_.tell({&search_.told.back(), 1});
    }

    Strategy& strategy_;
    std::function<evaluators::PhaseResult(const Phase&)> run_phase_;
    std::int64_t phases_ = 0;
    SamplerSetup setup_;
    std::size_t in_flight_;
    Fate fate_;
    std::deque<std::pair<TrialNumber, Proposal>> open_;
    Search search_;
};

Search drive(const StrategyCase& tested,
             const SamplerSetup& setup,
             std::size_t in_flight,
             const Fate& fate = mixed_fate) {
    const auto strategy = tested.make(setup);
    return Drive(*strategy, tested, setup, in_flight, fate).run(kTrials);
}

void check_goes_on_or_ends(const StrategyCase& tested,
                           const SamplerSetup& setup,
                           const Fate& fate = mixed_fate) {
    for (const std::size_t in_flight : {1, 4}) {
        const Search search = drive(tested, setup, in_flight, fate);
        CHECK((search.trials == kTrials || search.done));
    }
}

void check_told_the_same_decides_the_same(const StrategyCase& tested, const SamplerSetup& setup) {
    const auto first = tested.make(setup);
    const Search search = Drive(*first, tested, setup, 2).run(kTrials);
    const auto at_once = tested.make(setup);
    at_once->tell(search.told);
    const std::string expected = spell(next(*first, setup, search.trials, {}));
    CHECK(spell(next(*at_once, setup, search.trials, {})) == expected);
}

// Every point comes once, also while all of them are pending.
void check_is_exhausted(const StrategyCase& tested,
                        const spaces::SearchSpace& space,
                        std::size_t points) {
    for (const std::size_t in_flight : {1, 20})
        for (const Fate& fate : {Fate(mixed_fate), Fate(always_fails)}) {
            const Search search = drive(tested, {.space = space, .seed = 6}, in_flight, fate);
            REQUIRE(search.done.has_value());
            CHECK(search.points.size() == points);
            const auto trials = static_cast<std::size_t>(search.trials);
            CHECK(trials == (tested.promotes ? search.measurements.size() : points));
        }
}

void check_finite_spaces_end(const StrategyCase& tested) {
    check_is_exhausted(tested, small_space(), 12);
    check_is_exhausted(tested, FakeSpace({.name = "one@1", .params = {categorical("a", 1)}}), 1);
    const FakeSpace cube(
        {.name = "cube@1",
         .params = {categorical("a", 10), categorical("b", 10), categorical("c", 10)}});
    const InfeasibleSpace sparse(cube, 0.02);
    const Enumeration all(sparse.params());
    std::size_t feasible = 0;
    for (std::uint64_t i = 0; i < all.size(); ++i)
        feasible += sparse.feasible(all.at(i));
    check_is_exhausted(tested, sparse, feasible);
}

void check_seed_decides(const StrategyCase& tested) {
    const FakeSpace space = cell_space();
    const auto points = [&](std::uint64_t seed) {
        return drive(tested, {.space = space, .seed = seed}, 1).points;
    };
    CHECK(points(8) == points(8));
    CHECK(points(8) != points(9));
}

void check_on(const StrategyCase& tested, const spaces::SearchSpace& space) {
    INFO(space.name());
    const SamplerSetup setup{
        .space = space, .objectives = std::min<std::size_t>(2, tested.most_objectives), .seed = 5};
    check_goes_on_or_ends(tested, setup);
    check_told_the_same_decides_the_same(tested, setup);
}

// With one objective and three, and whatever comes of the trials.
void check_with_any_goal(const StrategyCase& tested, const spaces::SearchSpace& space) {
    for (const std::size_t objectives : {1, 3}) {
        if (objectives > tested.most_objectives)
            continue;
        const SamplerSetup setup{.space = space, .objectives = objectives, .seed = 5};
        check_goes_on_or_ends(tested, setup);
        check_told_the_same_decides_the_same(tested, setup);
        check_goes_on_or_ends(tested, setup, always_fails);
        check_goes_on_or_ends(tested, setup, breaks_limits);
    }
}

void check_on_parameters(const StrategyCase& tested) {
    const FakeSpace cell = cell_space();
    const FakeSpace mixed = mixed_space();
    const FakeSpace real = real_space(20);
    const FakeSpace forked = forked_space();
    const InfeasibleSpace sparse(cell, 0.02);
    const InfeasibleSpace holes(mixed, 0.1);
    const spaces::SearchSpace* const all[] = {&cell, &mixed, &forked, &real, &sparse, &holes};
    for (const spaces::SearchSpace* space : all)
        check_on(tested, *space);
    check_with_any_goal(tested, mixed);
    check_finite_spaces_end(tested);
    check_seed_decides(tested);
}

void check_on_blocks(const StrategyCase& tested) {
    if (tested.spaces == TestedOn::blocks)
        check_on(tested, *elastic_space());
    check_on(tested, *chain_space());
    check_with_any_goal(tested, *chain_space());
}

}  // namespace

std::unique_ptr<Strategy> StrategyCase::make(const SamplerSetup& setup) const {
    const Json json = parse_json(options, "options");
    Faults faults;
    ObjectReader reader(json, "/strategy", faults);
    auto strategy = factory(reader, setup);
    reader.finish();
    faults.throw_if_any();
    return strategy;
}

void check_strategy(const StrategyCase& tested) {
    if (tested.spaces == TestedOn::parameters)
        check_on_parameters(tested);
    else
        check_on_blocks(tested);
}

}  // namespace parnas::tests
