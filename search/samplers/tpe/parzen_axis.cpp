// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/tpe/parzen_axis.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "spaces/unit_interval.h"

namespace parnas::search {
namespace {

bool is_unordered(const spaces::Domain& domain) {
    const auto* categorical = std::get_if<spaces::Categorical>(&domain);
    return categorical != nullptr && !categorical->ordered;
}

bool is_log(const spaces::Domain& domain) {
    const auto* integer = std::get_if<spaces::Integer>(&domain);
    return integer != nullptr && integer->log;
}

// Cells are equally wide, but for integers on the log scale, where each reaches half way to
// the next integer.
std::vector<double> cell_edges(const spaces::Domain& domain, std::size_t cells) {
    std::vector<double> edges(cells + 1);
    for (std::size_t i = 0; i <= cells; ++i)
        edges[i] = static_cast<double>(i) / static_cast<double>(cells);
    if (!is_log(domain))
        return edges;
    const auto& integer = std::get<spaces::Integer>(domain);
    const double low = std::log(static_cast<double>(integer.low) - 0.5);
    const double high = std::log(static_cast<double>(integer.high) + 0.5);
    for (std::size_t i = 1; i < cells; ++i)
        edges[i] =
            (std::log(static_cast<double>(integer.low) - 0.5 + static_cast<double>(i)) - low) /
            (high - low);
    return edges;
}

std::uint64_t index_of(const spaces::Domain& domain, const Value& value) {
    if (const auto* integer = std::get_if<spaces::Integer>(&domain))
        return (static_cast<std::uint64_t>(std::get<std::int64_t>(value)) -
                static_cast<std::uint64_t>(integer->low)) /
               static_cast<std::uint64_t>(integer->step);
    if (const auto* real = std::get_if<spaces::Real>(&domain))
        return static_cast<std::uint64_t>(
            std::round((std::get<double>(value) - real->low) / *real->step));
    return static_cast<std::uint64_t>(std::get<std::int64_t>(value));
}

}  // namespace

ParzenAxis::ParzenAxis(const spaces::Domain& domain) : domain_(domain) {
    const std::optional<std::uint64_t> count = spaces::cardinality(domain);
    if (!is_unordered(domain) && (!count || *count > kMostCells)) {
        rounds_ = count.has_value();
        return;
    }
    kind_ = is_unordered(domain) ? Kind::choices : Kind::cells;
    for (std::uint64_t i = 0; i < *count; ++i)
        centres_.push_back(spaces::to_unit(domain, spaces::value_at(domain, i)));
    if (kind_ == Kind::cells)
        edges_ = cell_edges(domain, centres_.size());
}

double ParzenAxis::coordinate(const Value& value) const {
    if (kind_ == Kind::interval)
        return spaces::to_unit(domain_, value) - 0.5;
    return static_cast<double>(index_of(domain_, value));
}

Value ParzenAxis::value(double coordinate) const {
    if (kind_ == Kind::interval)
        return spaces::from_unit(domain_, coordinate + 0.5);
    return spaces::value_at(domain_, static_cast<std::uint64_t>(coordinate));
}

double ParzenAxis::draw(double centre, double width, Rng& rng) const {
    // A third or more of the kernel lies inside, since its centre does and it is no wider
    // than the range.
    double position = centre + width * rng.normal();
    while (!(position >= 0.0 && position <= 1.0))
        position = centre + width * rng.normal();
    if (kind_ == Kind::cells) {
        const auto inner = std::span(edges_).subspan(1, centres_.size() - 1);
        return static_cast<double>(std::ranges::upper_bound(inner, position) - inner.begin());
    }
    return rounds_ ? coordinate(spaces::from_unit(domain_, position)) : position - 0.5;
}

double ParzenAxis::draw_any(Rng& rng) const {
    if (kind_ == Kind::choices)
        return static_cast<double>(rng.below(size()));
    return draw(kPriorCentre, kPriorWidth, rng);
}

double normal_mass(double low, double high, double centre, double width) {
    const double scale = 1.0 / (width * std::numbers::sqrt2);
    double a = (low - centre) * scale;
    double b = (high - centre) * scale;
    if (a < 0.0 && b > 0.0)
        return 0.5 * (std::erf(b) - std::erf(a));
    if (b <= 0.0) {  // to the side on which the tails are small
        const double mirrored = -b;
        b = -a;
        a = mirrored;
    }
    return 0.5 * (std::erfc(a) - std::erfc(b));
}

double mass_inside(double centre, double width) {
    constexpr double kReach = 9.0;  // in bandwidths; less than 1e-18 lies beyond
    if (std::min(centre, 1.0 - centre) > kReach * width)
        return 1.0;
    return normal_mass(0.0, 1.0, centre, width);
}

double choice_floor(std::size_t kernels, const ParzenShape& shape) {
    return shape.prior_weight / static_cast<double>(kernels);
}

double least_width(std::size_t kernels, const ParzenShape& shape) {
    constexpr double kUnclipped = 1.0 / 512.0;
    return shape.magic_clip ? 1.0 / std::min(100.0, 1.0 + static_cast<double>(kernels))
                            : kUnclipped;
}

}  // namespace parnas::search
