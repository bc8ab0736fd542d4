// SPDX-License-Identifier: Apache-2.0
#include "search/initial_points.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.h"

namespace parnas::search {
namespace {

constexpr int kDraws = 10'000;

Assignment read_values(const Json& json, const std::string& pointer, Faults& faults) {
    Assignment values;
    for (const auto& [name, value] : json.items()) {
        try {
            values[name] = scalar_from_json(value);
        } catch (const Error& error) {
            faults.add(pointer_to(pointer, name), error.what());
        }
    }
    return values;
}

InitialPoint read_point(const Json& json, const std::string& pointer, Faults& faults) {
    if (!json.is_object()) {
        faults.add(pointer, "expected values by parameter, like {lr: 0.1}");
        return {};
    }
    // A parameter's value is no object, so one named `values` is not mistaken.
    const auto values = json.find("values");
    if (values == json.end() || !values->is_object())
        return {.values = read_values(json, pointer, faults)};
    ObjectReader reader(json, pointer, faults);
    reader.find("values");
    InitialPoint point{.values = read_values(*values, reader.pointer("values"), faults)};
    point.reason = reader.text("reason", point.reason);
    reader.finish();
    return point;
}

using Values = std::vector<std::optional<Value>>;  // one per parameter

Values fixed_values(std::span<const spaces::Param> params, const Assignment& values) {
    Values fixed(params.size());
    for (std::size_t i = 0; i < params.size(); ++i)
        if (const auto found = values.find(params[i].name); found != values.end())
            fixed[i] = spaces::from_scalar(params[i].domain, found->second);
    return fixed;
}

// A value of the parent with which the condition holds.
Value draw_for(const spaces::Condition& condition, const spaces::Param& parent, Rng& rng) {
    if (const auto* set = std::get_if<spaces::ChoiceSet>(&condition.active))
        return rng.pick(set->indices);
    const auto& interval = std::get<spaces::Interval>(condition.active);
    for (int i = 0; i < kDraws; ++i) {
        const Value value = spaces::sample(parent.domain, rng);
        const double number =
            std::visit([](auto each) { return static_cast<double>(each); }, value);
        if (interval.low <= number && number <= interval.high)
            return value;
    }
    return spaces::clamp(parent.domain, interval.low);
}

// Parents so that what is fixed is active, the rest at random.
Genotype draw(std::span<const spaces::Param> params, Values values, Rng& rng) {
    for (std::size_t i = params.size(); i-- > 0;) {
        const auto& condition = params[i].condition;
        if (values[i] && condition && !values[condition->parent])
            values[condition->parent] = draw_for(*condition, params[condition->parent], rng);
    }
    Genotype genotype;
    for (std::size_t i = 0; i < params.size(); ++i)
        genotype.values.push_back(values[i] ? *values[i] : spaces::sample(params[i].domain, rng));
    return spaces::normalised(params, std::move(genotype));
}

bool all_active(std::span<const spaces::Param> params,
                const Values& fixed,
                const Genotype& genotype) {
    const std::vector<bool> active = spaces::active(params, genotype);
    for (std::size_t i = 0; i < params.size(); ++i)
        if (fixed[i] && !active[i])
            return false;
    return true;
}

// False if one of the point's values is at fault.
bool check_values(const Assignment& values,
                  const spaces::SearchSpace& space,
                  const std::string& pointer,
                  Faults& faults) {
    std::vector<std::string> names;
    for (const spaces::Param& param : space.params())
        names.push_back(param.name);
    bool good = true;
    for (const auto& [name, value] : values) {
        const auto found = std::ranges::find(names, name);
        try {
            if (found == names.end())
                throw Error(ErrorKind::invalid_input,
                            "no parameter has this name" + did_you_mean(name, names));
            const auto index = static_cast<std::size_t>(found - names.begin());
            spaces::from_scalar(space.params()[index].domain, value);
        } catch (const Error& error) {
            faults.add(pointer_to(pointer, name), error.what());
            good = false;
        }
    }
    return good;
}

}  // namespace

std::vector<InitialPoint> read_initial_points(ObjectReader& job) {
    std::vector<InitialPoint> points;
    const Json* json = job.find("initial");
    if (json == nullptr)
        return points;
    if (!json->is_array()) {
        job.fault("initial", "expected a list of points, like [{lr: 0.1}]");
        return points;
    }
    for (std::size_t i = 0; i < json->size(); ++i)
        points.push_back(
            read_point((*json)[i], pointer_to(job.pointer("initial"), i), job.faults()));
    return points;
}

Json initial_points_json(std::span<const InitialPoint> points) {
    Json json = Json::array();
    for (const InitialPoint& point : points) {
        Json values = Json::object();
        for (const auto& [name, value] : point.values)
            values[name] = parnas::to_json(value);
        json.push_back({{"values", std::move(values)}, {"reason", point.reason}});
    }
    return json;
}

void check_initial_points(std::span<const InitialPoint> points,
                          const spaces::SearchSpace& space,
                          Faults& faults) {
    for (std::size_t i = 0; i < points.size(); ++i)
        check_point(points[i].values, space, pointer_to("/initial", i), faults);
}

void check_point(const Assignment& values,
                 const spaces::SearchSpace& space,
                 const std::string& pointer,
                 Faults& faults) {
    if (!check_values(values, space, pointer, faults))
        return;
    try {
        Rng rng(0);
        complete(space, values, rng);
    } catch (const Error& error) {
        faults.add(pointer, error.what());
    }
}

Genotype complete(const spaces::SearchSpace& space, const Assignment& values, Rng& rng) {
    const Values fixed = fixed_values(space.params(), values);
    for (int i = 0; i < kDraws; ++i) {
        Genotype genotype = draw(space.params(), fixed, rng);
        if (all_active(space.params(), fixed, genotype) && space.feasible(genotype))
            return genotype;
    }
    throw Error(ErrorKind::invalid_input,
                "no point of the space was found that has these values together: conditions or "
                "requirements exclude them");
}

}  // namespace parnas::search
