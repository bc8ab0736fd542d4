// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/evolution/subproblems.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

namespace parnas::search {
namespace {

constexpr std::size_t kMostReplaced = 2;

double squared_distance(std::span<const double> a, std::span<const double> b) {
    return std::transform_reduce(
        a.begin(), a.end(), b.begin(), 0.0, std::plus(), [](double x, double y) {
            return (x - y) * (x - y);
        });
}

std::vector<std::vector<std::size_t>> neighbourhoods(const Directions& directions,
                                                     std::size_t count) {
    std::vector<std::vector<std::size_t>> result;
    for (const std::vector<double>& each : directions) {
        std::vector<std::size_t> order(directions.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::stable_sort(
            order, {}, [&](std::size_t i) { return squared_distance(each, directions[i]); });
        order.resize(std::min(count, order.size()));
        result.push_back(std::move(order));
    }
    return result;
}

}  // namespace

double scalar_value(Scalarisation scalar,
                    std::span<const double> point,
                    std::span<const double> direction) {
    if (scalar == Scalarisation::tchebycheff) {
        double largest = 0.0;
        for (std::size_t k = 0; k < point.size(); ++k)
            largest = std::max(largest, point[k] / std::max(direction[k], 1e-6));
        return largest;
    }
    constexpr double kPenalty = 5.0;
    const double length =
        std::sqrt(std::inner_product(direction.begin(), direction.end(), direction.begin(), 0.0));
    const double along =
        std::inner_product(point.begin(), point.end(), direction.begin(), 0.0) / length;
    double off = 0.0;
    for (std::size_t k = 0; k < point.size(); ++k) {
        const double each = point[k] - along * direction[k] / length;
        off += each * each;
    }
    return along + kPenalty * std::sqrt(off);
}

Subproblems::Subproblems(Directions directions, Scalarisation scalar, std::size_t neighbours)
    : directions_(std::move(directions)),
      scalar_(scalar),
      neighbours_(neighbourhoods(directions_, neighbours)),
      members_(directions_.size()) {}

void Subproblems::place(const Individual& individual) {
    if (individual.violation > 0.0)
        place_outside(individual);
    else
        place_within(individual);
}

void Subproblems::place_outside(const Individual& individual) {
    const auto badness = [](const std::optional<Individual>& member) {
        return member ? member->violation : std::numeric_limits<double>::infinity();
    };
    const auto worst = std::ranges::max_element(members_, {}, badness);
    if (badness(*worst) > individual.violation)
        *worst = individual;
}

void Subproblems::place_within(const Individual& individual) {
    widen_scale(individual);
    const std::vector<double> point = scaled(individual);
    const auto value = [&](std::size_t i) { return scalar_value(scalar_, point, directions_[i]); };
    std::size_t best = 0;
    for (std::size_t i = 1; i < size(); ++i)
        if (value(i) < value(best))
            best = i;
    std::size_t replaced = 0;
    for (const std::size_t i : neighbours_[best]) {
        std::optional<Individual>& member = members_[i];
        if (member && member->violation <= 0.0 &&
            scalar_value(scalar_, scaled(*member), directions_[i]) <= value(i))
            continue;
        member = individual;
        if (++replaced == kMostReplaced)
            return;
    }
}

void Subproblems::widen_scale(const Individual& individual) {
    if (ideal_.empty())
        ideal_ = individual.objectives;
    worst_ = individual.objectives;
    for (std::size_t k = 0; k < ideal_.size(); ++k) {
        ideal_[k] = std::min(ideal_[k], individual.objectives[k]);
        for (const std::optional<Individual>& member : members_)
            if (member && member->violation <= 0.0)
                worst_[k] = std::max(worst_[k], member->objectives[k]);
    }
}

std::vector<double> Subproblems::scaled(const Individual& individual) const {
    std::vector<double> point;
    for (std::size_t k = 0; k < ideal_.size(); ++k) {
        const double width = worst_[k] - ideal_[k];
        point.push_back((individual.objectives[k] - ideal_[k]) / (width > 0.0 ? width : 1.0));
    }
    return point;
}

}  // namespace parnas::search
