// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/pruner.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include <nlohmann/json.hpp>

#include "core/rng.h"
#include "tests/support/catch.h"

namespace parnas::tests {
namespace {

using search::Curve;
using search::CurvePoint;
using search::Pruner;

constexpr int kHistories = 200;

// A learning curve, sometimes with gaps, NaN or infinities.
Curve draw_curve(TrialNumber number, TrialState state, Rng& rng) {
    Curve curve{.number = number, .state = state, .points = {}};
    const double end = rng.uniform();
    const std::int64_t steps = rng.integer(0, 12);
    for (std::int64_t step = 0; step < steps; ++step) {
        if (rng.chance(0.1))
            continue;
        double value = end + 1.0 / static_cast<double>(step + 1) + 0.1 * rng.normal();
        if (rng.chance(0.05))
            value = rng.chance(0.5) ? std::nan("") : std::numeric_limits<double>::infinity();
        curve.points.push_back({.step = step, .value = value});
    }
    return curve;
}

struct History {
    Curve trial;
    std::vector<Curve> known;
};

History draw_history(Rng& rng) {
    static constexpr TrialState kStates[] = {
        TrialState::complete, TrialState::complete, TrialState::pruned, TrialState::fail};
    History history;
    const auto count = static_cast<TrialNumber>(rng.below(20));
    for (TrialNumber number = 0; number < count; ++number)
        history.known.push_back(draw_curve(number, kStates[rng.below(4)], rng));
    history.trial = draw_curve(count, TrialState::running, rng);
    return history;
}

Curve negated(Curve curve) {
    for (CurvePoint& point : curve.points)
        point.value = -point.value;
    return curve;
}

History negated(const History& history) {
    History result{.trial = negated(history.trial), .known = {}};
    for (const Curve& curve : history.known)
        result.known.push_back(negated(curve));
    return result;
}

bool stops(const Pruner& pruner, const History& history) {
    return pruner.judge(history.trial, history.known).has_value();
}

std::unique_ptr<Pruner> make(const search::PrunerFactory& factory,
                             const Json& options,
                             Direction direction) {
    Faults faults;
    ObjectReader reader(options, "/pruner", faults);
    auto pruner = factory(reader, {.metric = "score", .direction = direction});
    reader.finish();
    faults.throw_if_any();
    return pruner;
}

}  // namespace

void check_pruner(const search::PrunerFactory& factory, const Json& options) {
    const auto pruner = make(factory, options, Direction::minimize);
    const auto mirrored = make(factory, options, Direction::maximize);
    const auto again = make(factory, options, Direction::minimize);
    Rng rng(5);
    int stopped = 0;
    for (int i = 0; i < kHistories; ++i) {
        CAPTURE(i);
        const History history = draw_history(rng);
        const auto reason = pruner->judge(history.trial, history.known);
        stopped += reason.has_value();
        if (reason)
            CHECK_FALSE(reason->empty());
        CHECK(pruner->judge(history.trial, history.known) == reason);
        CHECK(again->judge(history.trial, history.known) == reason);
        CHECK(stops(*mirrored, negated(history)) == reason.has_value());

        History other_way{.trial = history.trial, .known = history.known};
        std::ranges::reverse(other_way.known);
        other_way.known.push_back(history.trial);
        CHECK(pruner->judge(other_way.trial, other_way.known) == reason);
    }
    CHECK(stopped > 0);
    CHECK(stopped < kHistories);

    Curve first{.number = 0, .points = {}};
    CHECK_FALSE(stops(*pruner, {.trial = first, .known = {}}));
    for (std::int64_t step = 0; step < 10; ++step) {
        first.points.push_back({.step = step, .value = 1.0 / static_cast<double>(step + 1)});
        CHECK_FALSE(stops(*pruner, {.trial = first, .known = {}}));
    }
}

}  // namespace parnas::tests
