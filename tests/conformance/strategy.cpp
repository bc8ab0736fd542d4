// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/strategy.h"

#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/object_reader.h"
#include "spaces/overloaded.h"
#include "tests/support/catch.h"
#include "tests/support/infeasible_space.h"
#include "tests/support/spaces.h"

namespace parnas::tests {
namespace {

using namespace search;

constexpr TrialNumber kTrials = 60;
constexpr std::size_t kObjectives = 2;

std::unique_ptr<Strategy> make(const StrategyCase& tested, const spaces::SearchSpace& space) {
    const Json options = parse_json(tested.options, "options");
    Faults faults;
    ObjectReader reader(options, "/strategy", faults);
    auto strategy = tested.factory(reader, {.space = space, .objectives = kObjectives});
    reader.finish();
    faults.throw_if_any();
    return strategy;
}

Step next(Strategy& strategy,
          const spaces::SearchSpace& space,
          TrialNumber number,
          std::span<const Candidate> pending) {
    Rng rng = Rng(5).fork(static_cast<std::uint64_t>(number));
    const Known known = [](const Genotype& genotype) {
        return KnownFacts{.identity = spaces::hash(genotype)};
    };
    return strategy.next(
        {.space = space, .number = number, .pending = pending, .rng = rng, .known = known});
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

// Completes, fails, is pruned or breaks a limit, as the genotype's hash will have it.
Trial finished(TrialNumber number, const Proposal& proposal) {
    Trial trial{.number = number, .genotype = proposal.genotype, .stage = proposal.stage};
    const Digest digest = spaces::hash(proposal.genotype);
    switch (digest.low % 8) {
        case 0:
            trial.state = TrialState::fail;
            break;
        case 1:
            trial.state = TrialState::pruned;
            break;
        case 2:
            trial.state = TrialState::fail;
            trial.violation = 0.5;
            break;
        default:
            trial.objectives = {static_cast<double>(digest.low % 1000),
                                static_cast<double>(digest.high % 1000)};
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
    std::optional<std::string> done;  // why the strategy ended it
};

// Asks twice each time, keeps up to `in_flight` trials open and tells them in order.
class Drive {
  public:
    Drive(Strategy& strategy, const spaces::SearchSpace& space, std::size_t in_flight)
        : strategy_(strategy), space_(space), in_flight_(in_flight) {}

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
            pending.push_back({.number = number, .genotype = proposal.genotype});
        const Step step = next(strategy_, space_, search_.trials, pending);
        REQUIRE(spell(next(strategy_, space_, search_.trials, pending)) == spell(step));
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
        check_proposal(space_, proposal);
        open_.emplace_back(search_.trials++, proposal);
    }

    void run_phase(const Phase& phase) {
        CHECK_FALSE(phase.name.empty());
        CHECK_NOTHROW(parse_json(phase.settings, phase.name));
        tell(FinishedPhase{.name = phase.name, .checkpoint = hash_bytes(phase.name)});
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
        tell(finished(number, proposal));
    }

    void tell(Finished each) {
        search_.told.push_back(std::move(each));
        strategy_.tell({&search_.told.back(), 1});
    }

    Strategy& strategy_;
    const spaces::SearchSpace& space_;
    std::size_t in_flight_;
    std::deque<std::pair<TrialNumber, Proposal>> open_;
    Search search_;
};

Search drive(const StrategyCase& tested, const spaces::SearchSpace& space, std::size_t in_flight) {
    const auto strategy = make(tested, space);
    return Drive(*strategy, space, in_flight).run(kTrials);
}

void check_told_the_same_decides_the_same(const StrategyCase& tested,
                                          const spaces::SearchSpace& space) {
    const auto first = make(tested, space);
    const Search search = Drive(*first, space, 2).run(kTrials);
    const auto at_once = make(tested, space);
    at_once->tell(search.told);
    const std::string expected = spell(next(*first, space, search.trials, {}));
    CHECK(spell(next(*at_once, space, search.trials, {})) == expected);
}

// 12 points, some of which fail: the search ends, and asks for none of them twice.
void check_small_space_is_done(const StrategyCase& tested) {
    const FakeSpace space = small_space();
    for (const std::size_t in_flight : {1, 4}) {
        const Search search = drive(tested, space, in_flight);
        REQUIRE(search.done.has_value());
        CHECK(search.trials <= 12);
    }
}

}  // namespace

void check_strategy(const StrategyCase& tested) {
    const FakeSpace cell = cell_space();
    const FakeSpace mixed = mixed_space();
    const FakeSpace real = real_space(5);
    const InfeasibleSpace sparse(cell, 0.02);
    const spaces::SearchSpace* const all[] = {&cell, &mixed, &real, &sparse};
    for (const spaces::SearchSpace* space : all) {
        INFO(space->name());
        for (const std::size_t in_flight : {1, 4}) {
            const Search search = drive(tested, *space, in_flight);
            CHECK((search.trials == kTrials || search.done));
        }
        check_told_the_same_decides_the_same(tested, *space);
    }
    check_small_space_is_done(tested);
}

}  // namespace parnas::tests
