// SPDX-License-Identifier: Apache-2.0
#include "spaces/unit_interval.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "spaces/distribution.h"

namespace parnas::spaces {
namespace {

struct Scale {
    double low;
    double high;
    bool log;

    double to_unit(double value) const {
        if (low == high)
            return 0.5;
        return log ? (std::log(value) - std::log(low)) / (std::log(high) - std::log(low))
                   : (value - low) / (high - low);
    }
    double from_unit(double position) const {
        return log ? std::exp(std::lerp(std::log(low), std::log(high), position))
                   : std::lerp(low, high, position);
    }
};

// Of the domains that are no row of equal cells.
std::optional<Scale> scale(const Domain& domain) {
    if (const auto* real = std::get_if<Real>(&domain); real != nullptr && !real->step)
        return Scale{.low = real->low, .high = real->high, .log = real->log};
    if (const auto* integer = std::get_if<Integer>(&domain); integer != nullptr && integer->log)
        return Scale{.low = static_cast<double>(integer->low) - 0.5,
                     .high = static_cast<double>(integer->high) + 0.5,
                     .log = true};
    return std::nullopt;
}

// The index of a value among equal cells.
double cell_of(const Domain& domain, const Value& value) {
    if (const auto* integer = std::get_if<Integer>(&domain))
        return (to_internal(value) - static_cast<double>(integer->low)) /
               static_cast<double>(integer->step);
    if (const auto* real = std::get_if<Real>(&domain))
        return std::round((to_internal(value) - real->low) / *real->step);
    return to_internal(value);
}

}  // namespace

double to_unit(const Domain& domain, const Value& value) {
    if (const std::optional<Scale> continuous = scale(domain))
        return std::clamp(continuous->to_unit(to_internal(value)), 0.0, 1.0);
    return (cell_of(domain, value) + 0.5) / static_cast<double>(*cardinality(domain));
}

Value from_unit(const Domain& domain, double position) {
    const double inside = std::clamp(position, 0.0, 1.0);
    if (const std::optional<Scale> continuous = scale(domain))
        return clamp(domain, continuous->from_unit(inside));
    const std::uint64_t cells = *cardinality(domain);
    const double cell = inside * static_cast<double>(cells);
    return value_at(
        domain, cell < static_cast<double>(cells) ? static_cast<std::uint64_t>(cell) : cells - 1);
}

Genotype from_unit(std::span<const Param> params, std::span<const double> point) {
    Genotype genotype;
    for (std::size_t i = 0; i < params.size(); ++i)
        genotype.values.push_back(from_unit(params[i].domain, point[i]));
    return normalised(params, std::move(genotype));
}

}  // namespace parnas::spaces
