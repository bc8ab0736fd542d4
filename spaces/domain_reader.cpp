// SPDX-License-Identifier: Apache-2.0
#include "spaces/domain_reader.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/object_reader.h"

namespace parnas::spaces {
namespace {

constexpr std::uint64_t kMostListedValues = 1 << 16;

constexpr std::int64_t kMostInteger = std::int64_t{1} << 53;

bool fits_64_bits(const Json& json) {
    return !json.is_number_unsigned() ||
           json.get<std::uint64_t>() <= std::uint64_t{std::numeric_limits<std::int64_t>::max()};
}

std::optional<Domain> read_categorical(ObjectReader& reader) {
    const Json& list = *reader.need("one_of");
    Categorical domain{.ordered = reader.boolean("ordered", false)};
    if (!list.is_array() || list.empty()) {
        reader.fault("one_of",
                     "expected a list of at least one value, got " + std::string(type_name(list)));
        return std::nullopt;
    }
    for (const Json& item : list) {
        std::optional<Scalar> choice = read_scalar(item, reader.pointer("one_of"), reader.faults());
        if (!choice)
            return std::nullopt;
        if (std::ranges::find(domain.choices, *choice) != domain.choices.end())
            reader.fault("one_of", fmt::format("{} is there twice", parnas::to_string(*choice)));
        domain.choices.push_back(*std::move(choice));
    }
    return domain;
}

// The two ends of `key`, or nullptr after a fault.
const Json* read_ends(ObjectReader& reader,
                      std::string_view key,
                      bool (*fits)(const Json&),
                      std::string_view what) {
    const Json* ends = reader.need(key);
    if (ends->is_array() && ends->size() == 2 && fits((*ends)[0]) && fits((*ends)[1]))
        return ends;
    reader.fault(key,
                 fmt::format("expected [low, high] with two {}, got {}", what, dump_json(*ends)));
    return nullptr;
}

std::optional<Domain> read_integer(ObjectReader& reader) {
    Integer domain{.step = reader.integer("step", 1, {.low = 1}),
                   .log = reader.boolean("log", false)};
    const Json* ends = read_ends(
        reader, "integer", [](const Json& json) { return json.is_number_integer(); }, "integers");
    if (ends == nullptr)
        return std::nullopt;
    domain.low = (*ends)[0].get<std::int64_t>();
    domain.high = (*ends)[1].get<std::int64_t>();
    const auto in_range = [](std::int64_t end) {
        return -kMostInteger <= end && end <= kMostInteger;
    };
    if (!fits_64_bits((*ends)[0]) || !fits_64_bits((*ends)[1]) || !in_range(domain.low) ||
        !in_range(domain.high)) {
        reader.fault("integer", "the ends must lie within +-2^53");
        return std::nullopt;
    }
    if (domain.low > domain.high)
        reader.fault("",
                     fmt::format("low must be below high: got {} and {}", domain.low, domain.high));
    if (domain.log && domain.low < 1)
        reader.fault("", fmt::format("a log scale starts at 1 or above, got {}", domain.low));
    if (domain.log && domain.step != 1)
        reader.fault("step", "a log scale has no step");
    if (domain.step > 1 && domain.low <= domain.high)
        domain.high = domain.low + (domain.high - domain.low) / domain.step * domain.step;
    return domain;
}

std::optional<Domain> read_real(ObjectReader& reader) {
    Real domain{.step = reader.optional_real("step"), .log = reader.boolean("log", false)};
    const Json* ends = read_ends(
        reader, "real", [](const Json& json) { return json.is_number(); }, "numbers");
    if (ends == nullptr)
        return std::nullopt;
    domain.low = (*ends)[0].get<double>();
    domain.high = (*ends)[1].get<double>();
    if (!std::isfinite(domain.low) || !std::isfinite(domain.high))
        reader.fault("real", "the ends must be finite");
    else if (!std::isfinite(domain.high - domain.low))
        reader.fault("real", "the ends are too far apart");
    else if (domain.low > domain.high)
        reader.fault("",
                     fmt::format("low must be below high: got {} and {}", domain.low, domain.high));
    if (domain.log && !(domain.low > 0.0))
        reader.fault("", fmt::format("a log scale starts above 0, got {}", domain.low));
    if (domain.step && !(*domain.step > 0.0))
        reader.fault("step", "a step is above 0");
    else if (domain.step && domain.log)
        reader.fault("step", "a log scale has no step");
    else if (domain.step && domain.low <= domain.high)
        domain.high = domain.low +
                      std::floor((domain.high - domain.low) / *domain.step + 1e-8) * *domain.step;
    return domain;
}

std::optional<ChoiceSet> read_choice_set(const Json& wanted,
                                         const Categorical& domain,
                                         const std::string& pointer,
                                         Faults& faults) {
    ChoiceSet set;
    for (const Json& item : wanted.is_array() ? wanted : Json::array({wanted})) {
        const std::optional<Scalar> choice = read_scalar(item, pointer, faults);
        if (!choice)
            return std::nullopt;
        const auto found = std::ranges::find(domain.choices, *choice);
        if (found == domain.choices.end()) {
            faults.add(pointer, fmt::format("{} is no choice of this parameter", dump_json(item)));
            return std::nullopt;
        }
        set.indices.push_back(found - domain.choices.begin());
    }
    std::ranges::sort(set.indices);
    if (set.indices.empty()) {
        faults.add(pointer, "expected a choice or a list of choices, got an empty list");
        return std::nullopt;
    }
    return set;
}

std::optional<Interval> read_interval(const Json& wanted,
                                      const std::string& pointer,
                                      Faults& faults) {
    if (wanted.is_number())
        return Interval{wanted.get<double>(), wanted.get<double>()};
    ObjectReader reader(wanted, pointer, faults);
    const Interval interval{reader.real("at_least", std::numeric_limits<double>::lowest()),
                            reader.real("at_most", std::numeric_limits<double>::max())};
    if (!reader.has("at_least") && !reader.has("at_most"))
        faults.add(pointer, "expected a number, `at_least` or `at_most`");
    if (interval.low > interval.high)
        faults.add(pointer, "`at_least` is above `at_most`");
    reader.finish();
    return interval;
}

}  // namespace

bool is_domain(const Json& json) {
    return json.is_object() &&
           (json.contains("one_of") || json.contains("integer") || json.contains("real"));
}

std::optional<Scalar> read_scalar(const Json& json, const std::string& pointer, Faults& faults) {
    const bool finite = !json.is_number_float() || std::isfinite(json.get<double>());
    if (!json.is_structured() && fits_64_bits(json) && finite)
        return scalar_from_json(json);
    faults.add(
        pointer,
        fmt::format("expected a single value, numbers finite and integers of 64 bits, got {}",
                    json.is_structured() ? type_name(json) : dump_json(json)));
    return std::nullopt;
}

std::optional<Domain> read_domain(const Json& json, const std::string& pointer, Faults& faults) {
    ObjectReader reader(json, pointer, faults);
    reader.find("when");
    if (reader.has("one_of") + reader.has("integer") + reader.has("real") != 1) {
        faults.add(pointer, "expected one of `one_of`, `integer` and `real`");
        return std::nullopt;
    }
    std::optional<Domain> domain = reader.has("one_of")    ? read_categorical(reader)
                                   : reader.has("integer") ? read_integer(reader)
                                                           : read_real(reader);
    reader.finish();
    return domain;
}

Json to_json(const Domain& domain) {
    if (const auto* categorical = std::get_if<Categorical>(&domain)) {
        Json choices = Json::array();
        for (const Scalar& choice : categorical->choices)
            choices.push_back(parnas::to_json(choice));
        return {{"one_of", std::move(choices)}, {"ordered", categorical->ordered}};
    }
    if (const auto* integer = std::get_if<Integer>(&domain))
        return {{"integer", {integer->low, integer->high}},
                {"step", integer->step},
                {"log", integer->log}};
    const auto& real = std::get<Real>(domain);
    Json json = {{"real", {real.low, real.high}}, {"log", real.log}};
    if (real.step)
        json["step"] = *real.step;
    return json;
}

std::optional<Condition> read_condition(const Json& json,
                                        const std::string& pointer,
                                        std::span<const Param> params,
                                        Faults& faults) {
    if (!json.is_object() || json.size() != 1) {
        faults.add(pointer, "expected one parameter with its values, {optimizer: sgd}");
        return std::nullopt;
    }
    const std::string& name = json.begin().key();
    const Json& wanted = json.begin().value();
    const std::string place = pointer_to(pointer, name);
    const auto parent = std::ranges::find(params, name, &Param::name);
    if (parent == params.end()) {
        faults.add(place, fmt::format("no parameter before this one is named '{}'", name));
        return std::nullopt;
    }
    Condition condition{.parent = static_cast<ParamIndex>(parent - params.begin())};
    if (const auto* categorical = std::get_if<Categorical>(&parent->domain)) {
        const auto set = read_choice_set(wanted, *categorical, place, faults);
        if (!set)
            return std::nullopt;
        condition.active = *set;
    } else {
        condition.active = *read_interval(wanted, place, faults);
    }
    return condition;
}

std::optional<Condition> condition_where(std::span<const Param> params,
                                         ParamIndex index,
                                         const std::function<bool(const Scalar&)>& holds) {
    const Domain& domain = params[index].domain;
    const auto size = cardinality(domain);
    if (!size || *size > kMostListedValues)
        return std::nullopt;
    std::vector<std::uint64_t> where;
    for (std::uint64_t i = 0; i < *size; ++i)
        if (holds(to_scalar(domain, value_at(domain, i))))
            where.push_back(i);
    if (where.empty())
        return std::nullopt;
    Condition condition{.parent = index};
    if (std::holds_alternative<Categorical>(domain)) {
        condition.active = ChoiceSet{{where.begin(), where.end()}};
        return condition;
    }
    if (where.back() - where.front() + 1 != where.size())
        return std::nullopt;
    const auto number = [&](std::uint64_t i) {
        return std::visit([](auto value) { return static_cast<double>(value); },
                          value_at(domain, i));
    };
    condition.active = Interval{number(where.front()), number(where.back())};
    return condition;
}

}  // namespace parnas::spaces
