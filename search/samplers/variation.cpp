// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/variation.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.h"
#include "spaces/unit_interval.h"

namespace parnas::search {
namespace {

using spaces::Param;
using spaces::ParamIndex;

constexpr double kDistributionIndex = 20.0;

// The size of a polynomial mutation of `x` in [0, 1]; the result stays inside.
double polynomial_step(double x, Rng& rng) {
    const double u = rng.uniform();
    const double power = 1.0 / (kDistributionIndex + 1.0);
    if (u < 0.5) {
        const double inside =
            2.0 * u + (1.0 - 2.0 * u) * std::pow(1.0 - x, kDistributionIndex + 1.0);
        return std::pow(inside, power) - 1.0;
    }
    const double inside = 2.0 * (1.0 - u) + (2.0 * u - 1.0) * std::pow(x, kDistributionIndex + 1.0);
    return 1.0 - std::pow(inside, power);
}

double stepped(double value, double low, double high, bool log, Rng& rng) {
    const auto to_scale = [log](double x) { return log ? std::log(x) : x; };
    const double from = to_scale(low);
    const double width = to_scale(high) - from;
    const double x = std::clamp((to_scale(value) - from) / width, 0.0, 1.0);
    const double moved = from + width * std::clamp(x + polynomial_step(x, rng), 0.0, 1.0);
    return log ? std::exp(moved) : moved;
}

// The neighbour of `value` on one side at random, on the only side at an end.
double neighbour(double value, double low, double high, double step, Rng& rng) {
    const bool up = rng.chance(0.5);
    if (value + step > high)
        return value - step;
    if (value - step < low)
        return value + step;
    return up ? value + step : value - step;
}

Value different(const spaces::Categorical& domain, const Value& value, Rng& rng) {
    const auto old = static_cast<std::uint64_t>(std::get<std::int64_t>(value));
    const std::uint64_t other = rng.below(domain.choices.size() - 1);
    return static_cast<std::int64_t>(other < old ? other : other + 1);
}

Value different(const spaces::Integer& domain, const Value& value, Rng& rng) {
    const auto low = static_cast<double>(domain.low);
    const auto high = static_cast<double>(domain.high);
    const auto old = static_cast<double>(std::get<std::int64_t>(value));
    const Value moved = spaces::clamp(domain, stepped(old, low, high, domain.log, rng));
    if (moved != value)
        return moved;
    return spaces::clamp(domain, neighbour(old, low, high, static_cast<double>(domain.step), rng));
}

Value different(const spaces::Real& domain, const Value& value, Rng& rng) {
    const double old = std::get<double>(value);
    const Value moved =
        spaces::clamp(domain, stepped(old, domain.low, domain.high, domain.log, rng));
    if (moved != value)
        return moved;
    if (domain.step)
        return spaces::clamp(domain, neighbour(old, domain.low, domain.high, *domain.step, rng));
    return spaces::sample(domain, rng);
}

bool has_several_values(const spaces::Domain& domain) {
    return spaces::cardinality(domain).value_or(2) > 1;
}

std::vector<ParamIndex> changeable(std::span<const Param> params, const std::vector<bool>& active) {
    std::vector<ParamIndex> indices;
    for (ParamIndex i = 0; i < params.size(); ++i)
        if (active[i] && has_several_values(params[i].domain))
            indices.push_back(i);
    return indices;
}

// The parameters by the block that they stand in, blocks by their first one.
std::vector<std::vector<ParamIndex>> blocks(std::span<const Param> params,
                                            const std::vector<ParamIndex>& indices) {
    std::vector<std::string_view> names;
    std::vector<std::vector<ParamIndex>> blocks;
    for (const ParamIndex i : indices) {
        const std::string_view name = params[i].name;
        const std::string_view block = name.substr(0, name.rfind('.'));
        const auto at = static_cast<std::size_t>(std::ranges::find(names, block) - names.begin());
        if (at == names.size()) {
            names.push_back(block);
            blocks.emplace_back();
        }
        blocks[at].push_back(i);
    }
    return blocks;
}

// Values for the inactive parameters, should they wake.
Genotype with_sleepers_drawn(std::span<const Param> params,
                             Genotype genotype,
                             const std::vector<bool>& active,
                             Rng& rng) {
    for (ParamIndex i = 0; i < params.size(); ++i)
        if (!active[i])
            genotype.values[i] = spaces::sample(params[i].domain, rng);
    return genotype;
}

Mutant mutate(std::span<const Param> params,
              const Genotype& parent,
              const std::vector<bool>& active,
              std::vector<ParamIndex> changed,
              Rng& rng) {
    Genotype child = with_sleepers_drawn(params, parent, active, rng);
    for (const ParamIndex i : changed)
        child.values[i] = different_value(params[i].domain, parent.values[i], rng).value();
    return {.genotype = spaces::normalised(params, std::move(child)),
            .changed = std::move(changed)};
}

std::vector<Value> steps_from(const spaces::Categorical& domain, const Value&) {
    std::vector<Value> values;
    for (std::size_t i = 0; i < domain.choices.size(); ++i)
        values.emplace_back(static_cast<std::int64_t>(i));
    return values;
}

std::vector<Value> steps_from(const spaces::Domain& domain,
                              double value,
                              double next,
                              double position) {
    std::vector<Value> values = {spaces::clamp(domain, value - next),
                                 spaces::clamp(domain, value + next)};
    for (const double step : {1.0 / 256, 1.0 / 64, 1.0 / 16, 1.0 / 4}) {
        values.push_back(spaces::from_unit(domain, position - step));
        values.push_back(spaces::from_unit(domain, position + step));
    }
    return values;
}

std::vector<Value> steps_from(const spaces::Integer& domain, const Value& value) {
    return steps_from(domain,
                      static_cast<double>(std::get<std::int64_t>(value)),
                      static_cast<double>(domain.step),
                      spaces::to_unit(domain, value));
}

std::vector<Value> steps_from(const spaces::Real& domain, const Value& value) {
    return steps_from(
        domain, std::get<double>(value), domain.step.value_or(0.0), spaces::to_unit(domain, value));
}

}  // namespace

std::optional<Value> different_value(const spaces::Domain& domain, const Value& value, Rng& rng) {
    if (!has_several_values(domain))
        return std::nullopt;
    return std::visit([&](const auto& each) { return different(each, value, rng); }, domain);
}

Mutant mutate_one(std::span<const Param> params, const Genotype& parent, Pick pick, Rng& rng) {
    const std::vector<bool> active = spaces::active(params, parent);
    const std::vector<ParamIndex> candidates = changeable(params, active);
    if (candidates.empty())
        return {.genotype = parent};
    const ParamIndex changed =
        pick == Pick::block ? rng.pick(rng.pick(blocks(params, candidates))) : rng.pick(candidates);
    return mutate(params, parent, active, {changed}, rng);
}

Mutant mutate_each(std::span<const Param> params, const Genotype& parent, Rng& rng) {
    const std::vector<bool> active = spaces::active(params, parent);
    const std::vector<ParamIndex> candidates = changeable(params, active);
    std::vector<ParamIndex> changed;
    for (const ParamIndex i : candidates)
        if (rng.chance(1.0 / static_cast<double>(candidates.size())))
            changed.push_back(i);
    return mutate(params, parent, active, std::move(changed), rng);
}

std::vector<Edit> neighbours(std::span<const Param> params, const Genotype& genotype) {
    const std::vector<bool> active = spaces::active(params, genotype);
    std::vector<Edit> edits;
    for (ParamIndex i = 0; i < params.size(); ++i) {
        if (!active[i])
            continue;
        const Value& old = genotype.values[i];
        std::vector<Value> values = std::visit(
            [&](const auto& domain) { return steps_from(domain, old); }, params[i].domain);
        std::ranges::sort(values);
        values.erase(std::unique(values.begin(), values.end()), values.end());
        for (const Value& value : values)
            if (value != old)
                edits.push_back({.param = i, .value = value});
    }
    return edits;
}

Genotype edited(std::span<const Param> params,
                const Genotype& genotype,
                const Edit& edit,
                Rng& rng) {
    Genotype child = with_sleepers_drawn(params, genotype, spaces::active(params, genotype), rng);
    child.values[edit.param] = edit.value;
    return spaces::normalised(params, std::move(child));
}

Genotype cross(std::span<const Param> params, const Genotype& a, const Genotype& b, Rng& rng) {
    const std::vector<bool> active_in_a = spaces::active(params, a);
    const std::vector<bool> active_in_b = spaces::active(params, b);
    Genotype child = a;
    for (ParamIndex i = 0; i < params.size(); ++i) {
        const bool from_b = active_in_a[i] ? active_in_b[i] && rng.chance(0.5) : active_in_b[i];
        if (from_b)
            child.values[i] = b.values[i];
        else if (!active_in_a[i])
            child.values[i] = spaces::sample(params[i].domain, rng);
    }
    return spaces::normalised(params, std::move(child));
}

}  // namespace parnas::search
