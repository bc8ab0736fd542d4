// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/grid.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "search/points/enumeration.h"
#include "search/points/shuffled_index.h"
#include "search/samplers/sequence.h"

namespace parnas::search {
namespace {

constexpr Range<std::int64_t> kPoints = {.low = 1, .high = 10'000};

double between(double low, double high, bool log, double share) {
    if (!log || share == 0.0 || share == 1.0)  // the ends are exact
        return std::lerp(low, high, share);
    return std::exp(std::lerp(std::log(low), std::log(high), share));
}

Value between_ends(const spaces::Domain& domain, double share) {
    if (const auto* real = std::get_if<spaces::Real>(&domain))
        return spaces::clamp(domain, between(real->low, real->high, real->log, share));
    const auto& integer = std::get<spaces::Integer>(domain);
    return spaces::clamp(domain,
                         between(static_cast<double>(integer.low),
                                 static_cast<double>(integer.high),
                                 integer.log,
                                 share));
}

// `points` values from end to end, or fewer if that many are not different; one is the
// middle.
Axis spaced(const spaces::Domain& domain, std::size_t points) {
    Axis axis;
    for (std::size_t i = 0; i < points; ++i) {
        const double share =
            points == 1 ? 0.5 : static_cast<double>(i) / static_cast<double>(points - 1);
        const Value value = between_ends(domain, share);
        if (axis.empty() || axis.back() != value)
            axis.push_back(value);
    }
    return axis;
}

Axis axis(const spaces::Param& param, const GridOptions& options) {
    if (const auto points = options.points.find(param.name); points != options.points.end())
        return spaced(param.domain, points->second);
    if (!spaces::cardinality(param.domain))
        return spaced(param.domain, options.real_points);
    try {
        return all_values(param.domain);
    } catch (const Error& error) {
        throw Error(error.kind(),
                    std::string(error.what()) + "; say how many `points` it gets",
                    param.name);
    }
}

}  // namespace

GridOptions read_grid(ObjectReader& options, const spaces::SearchSpace& space) {
    GridOptions result;
    result.shuffled = options.word("order", {"shuffled", "lexicographic"}, "shuffled") == 0;
    const Json* points = options.find("points");
    if (points == nullptr || !points->is_object()) {
        result.real_points = static_cast<std::size_t>(options.integer("points", 5, kPoints));
        return result;
    }
    ObjectReader by_name(*points, options.pointer("points"), options.faults());
    for (const spaces::Param& param : space.params()) {
        if (std::holds_alternative<spaces::Categorical>(param.domain))
            continue;
        if (const auto count = by_name.optional_integer(param.name, kPoints))
            result.points[param.name] = static_cast<std::size_t>(*count);
    }
    by_name.finish();
    return result;
}

std::unique_ptr<Sampler> make_grid_sampler(const GridOptions& options, const SamplerSetup& setup) {
    std::vector<Axis> axes;
    for (const spaces::Param& param : setup.space.params())
        axes.push_back(axis(param, options));
    const Enumeration grid(setup.space.params(), std::move(axes));
    const ShuffledIndex order(grid.size(), Rng(setup.seed).fork("grid"));
    return make_sequence_sampler(
        [grid, order, shuffled = options.shuffled](std::uint64_t index) -> std::optional<Genotype> {
            if (index >= grid.size())
                return std::nullopt;
            return grid.at(shuffled ? order(index) : index);
        },
        "the next point of the grid",
        setup);
}

}  // namespace parnas::search
