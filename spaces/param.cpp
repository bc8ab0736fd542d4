// SPDX-License-Identifier: Apache-2.0
#include "spaces/param.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "core/object_reader.h"
#include "spaces/distribution.h"
#include "spaces/overloaded.h"

namespace parnas::spaces {
namespace {

// How far a value may be from the grid low + k step, as a share of k (and of one step).
constexpr double kGridTolerance = 1e-8;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::uint64_t width(const Integer& domain) {
    return static_cast<std::uint64_t>(domain.high) - static_cast<std::uint64_t>(domain.low);
}

std::int64_t at(const Integer& domain, std::uint64_t index) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(domain.low) +
                                     index * static_cast<std::uint64_t>(domain.step));
}

std::uint64_t last_index(const Integer& domain) {
    return width(domain) / static_cast<std::uint64_t>(domain.step);
}

// Of a real with a step.
std::uint64_t last_index(const Real& domain) {
    const double steps = (domain.high - domain.low) / *domain.step;
    constexpr double kMost = 0x1p53;  // beyond, doubles are no grid
    return static_cast<std::uint64_t>(
        std::min(std::floor(steps * (1 + kGridTolerance) + kGridTolerance), kMost));
}

double at(const Real& domain, std::uint64_t index) {
    return std::min(domain.low + static_cast<double>(index) * *domain.step, domain.high);
}

// The index in [0, last] nearest to `index`, which may be anything.
std::uint64_t nearest_index(double index, std::uint64_t last) {
    if (!(index > 0))
        return 0;
    return index >= static_cast<double>(last) ? last
                                              : static_cast<std::uint64_t>(std::round(index));
}

std::uint64_t nearest_index(const Real& domain, double value) {
    return nearest_index((value - domain.low) / *domain.step, last_index(domain));
}

bool contains_real(const Real& domain, double value) {
    if (!domain.step)
        return domain.low <= value && value <= domain.high;
    const double index = static_cast<double>(nearest_index(domain, value));
    const double exact = (value - domain.low) / *domain.step;
    return std::abs(exact - index) <= kGridTolerance * std::max(1.0, index);
}

std::int64_t sample_log(const Integer& domain, Rng& rng) {
    const double low = std::log(static_cast<double>(domain.low) - 0.5);
    const double high = std::log(static_cast<double>(domain.high) + 0.5);
    const double drawn = std::round(std::exp(rng.uniform(low, high)));
    return at(domain, nearest_index(drawn - static_cast<double>(domain.low), last_index(domain)));
}

double sample_log(const Real& domain, Rng& rng) {
    const double drawn = std::exp(rng.uniform(std::log(domain.low), std::log(domain.high)));
    return std::clamp(drawn, domain.low, domain.high);
}

std::string describe(const Domain& domain) {
    return std::visit(
        Overloaded{[](const Categorical& categorical) {
                       std::string words;
                       for (const Scalar& choice : categorical.choices)
                           words += (words.empty() ? "" : ", ") + parnas::to_string(choice);
                       return "one of " + words;
                   },
                   [](const Integer& integer) {
                       const std::string step =
                           integer.step == 1 ? "" : fmt::format(" in steps of {}", integer.step);
                       return fmt::format(
                           "an integer from {} to {}{}", integer.low, integer.high, step);
                   },
                   [](const Real& real) {
                       const std::string step =
                           real.step ? fmt::format(" in steps of {}", *real.step) : "";
                       return fmt::format("a number from {} to {}{}", real.low, real.high, step);
                   }},
        domain);
}

std::string describe(const Value& value) {
    return std::visit([](auto number) { return parnas::to_string(Scalar(number)); }, value);
}

// Scalars compare with ==: 1 is not 1.0. Only without such a choice may 1 mean 1.0.
std::optional<Value> find_choice(const Categorical& domain, const Scalar& scalar) {
    auto found = std::ranges::find(domain.choices, scalar);
    if (const auto* integer = std::get_if<std::int64_t>(&scalar);
        integer != nullptr && found == domain.choices.end())
        found = std::ranges::find(domain.choices, Scalar(static_cast<double>(*integer)));
    if (found == domain.choices.end())
        return std::nullopt;
    return Value(static_cast<std::int64_t>(found - domain.choices.begin()));
}

std::optional<Value> find_value(const Domain& domain, const Scalar& scalar) {
    if (const auto* categorical = std::get_if<Categorical>(&domain))
        return find_choice(*categorical, scalar);
    std::optional<Value> value;
    if (const auto* integer = std::get_if<std::int64_t>(&scalar))
        value = std::holds_alternative<Integer>(domain) ? Value(*integer)
                                                        : Value(static_cast<double>(*integer));
    else if (const auto* real = std::get_if<double>(&scalar))
        value = *real;
    if (!value || !contains(domain, *value))
        return std::nullopt;
    return std::holds_alternative<Real>(domain) ? clamp(domain, to_internal(*value)) : value;
}

std::string expected(const Domain& domain, std::string_view found) {
    return fmt::format("expected {}, got {}", describe(domain), found);
}

bool is_active(const Param& param,
               const std::vector<bool>& active_before,
               const Genotype& genotype) {
    return !param.condition || (active_before[param.condition->parent] &&
                                holds(*param.condition, genotype.values[param.condition->parent]));
}

void require_size(std::span<const Param> params, const Genotype& genotype) {
    if (genotype.values.size() != params.size())
        throw Error(ErrorKind::invalid_input,
                    fmt::format("expected {} values, one per parameter, got {}",
                                params.size(),
                                genotype.values.size()));
}

// The first index in [0, count] whose value is at least `bound` (`after`: above it).
std::uint64_t first_index(const Domain& domain, std::uint64_t count, double bound, bool after) {
    std::uint64_t low = 0;
    std::uint64_t high = count;
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        const double value = to_internal(value_at(domain, middle));
        if (value < bound || (after && value == bound))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// The indices of a finite domain at which `condition` may change.
void add_changes(const Domain& domain,
                 std::uint64_t count,
                 const Condition& condition,
                 std::set<std::uint64_t>& changes) {
    if (const auto* interval = std::get_if<Interval>(&condition.active)) {
        changes.insert(first_index(domain, count, interval->low, false));
        changes.insert(first_index(domain, count, interval->high, true));
        return;
    }
    for (const std::int64_t index : std::get<ChoiceSet>(condition.active).indices) {
        changes.insert(static_cast<std::uint64_t>(index));
        changes.insert(static_cast<std::uint64_t>(index) + 1);
    }
}

// The number of ways to set `param` and all that hangs on it, given what its children
// count: the sum over its values of the product over the children that the value wakes.
// Values between two changes of the children's conditions count alike.
double count_subtree(const Param& param,
                     const std::vector<std::pair<const Condition*, double>>& children) {
    const std::optional<std::uint64_t> count = cardinality(param.domain);
    if (!count)
        return kInfinity;
    std::set<std::uint64_t> changes{0, *count};
    for (const auto& [condition, ways] : children)
        add_changes(param.domain, *count, *condition, changes);
    double sum = 0.0;
    for (auto begin = changes.begin(); *begin < *count; ++begin) {
        double product = static_cast<double>(std::min(*std::next(begin), *count) - *begin);
        for (const auto& [condition, ways] : children)
            if (holds(*condition, value_at(param.domain, *begin)))
                product *= ways;
        sum += product;
    }
    return sum;
}

}  // namespace

Value first_value(const Domain& domain) {
    return std::visit(Overloaded{[](const Categorical&) { return Value(std::int64_t{0}); },
                                 [](const Integer& integer) { return Value(integer.low); },
                                 [](const Real& real) { return Value(real.low); }},
                      domain);
}

bool contains(const Domain& domain, const Value& value) {
    if (const auto* real = std::get_if<Real>(&domain))
        return std::holds_alternative<double>(value) &&
               contains_real(*real, std::get<double>(value));
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr)
        return false;
    if (const auto* categorical = std::get_if<Categorical>(&domain))
        return *number >= 0 && static_cast<std::uint64_t>(*number) < categorical->choices.size();
    const auto& integer = std::get<Integer>(domain);
    const std::uint64_t offset =
        static_cast<std::uint64_t>(*number) - static_cast<std::uint64_t>(integer.low);
    return integer.low <= *number && *number <= integer.high &&
           offset % static_cast<std::uint64_t>(integer.step) == 0;
}

std::optional<std::uint64_t> cardinality(const Domain& domain) {
    using Count = std::optional<std::uint64_t>;
    return std::visit(
        Overloaded{[](const Categorical& categorical) { return Count(categorical.choices.size()); },
                   [](const Integer& integer) {
                       const std::uint64_t last = last_index(integer);
                       return Count(last +
                                    (last < std::numeric_limits<std::uint64_t>::max() ? 1 : 0));
                   },
                   [](const Real& real) {
                       return real.step ? Count(last_index(real) + 1) : std::nullopt;
                   }},
        domain);
}

Value value_at(const Domain& domain, std::uint64_t index) {
    return std::visit(
        Overloaded{[&](const Categorical&) { return Value(static_cast<std::int64_t>(index)); },
                   [&](const Integer& integer) { return Value(at(integer, index)); },
                   [&](const Real& real) { return Value(at(real, index)); }},
        domain);
}

Value sample(const Domain& domain, Rng& rng) {
    if (const auto* integer = std::get_if<Integer>(&domain); integer != nullptr && integer->log)
        return sample_log(*integer, rng);
    if (const auto* real = std::get_if<Real>(&domain); real != nullptr && !real->step)
        return real->log ? sample_log(*real, rng) : rng.uniform(real->low, real->high);
    return value_at(domain, rng.below(*cardinality(domain)));
}

Value clamp(const Domain& domain, double value) {
    return std::visit(
        Overloaded{[&](const Categorical& categorical) {
                       const std::size_t last = categorical.choices.size() - 1;
                       return Value(static_cast<std::int64_t>(nearest_index(value, last)));
                   },
                   [&](const Integer& integer) {
                       const double index = (value - static_cast<double>(integer.low)) /
                                            static_cast<double>(integer.step);
                       return Value(at(integer, nearest_index(index, last_index(integer))));
                   },
                   [&](const Real& real) {
                       if (real.step)
                           return Value(at(real, nearest_index(real, value)));
                       return Value(value > real.low ? std::min(value, real.high) : real.low);
                   }},
        domain);
}

Scalar to_scalar(const Domain& domain, const Value& value) {
    if (!contains(domain, value))
        throw Error(ErrorKind::invalid_input, expected(domain, describe(value)));
    if (const auto* categorical = std::get_if<Categorical>(&domain))
        return categorical->choices[static_cast<std::size_t>(std::get<std::int64_t>(value))];
    return std::visit([](auto number) { return Scalar(number); }, value);
}

Value from_scalar(const Domain& domain, const Scalar& scalar) {
    const std::optional<Value> value = find_value(domain, scalar);
    if (!value)
        throw Error(ErrorKind::invalid_input, expected(domain, parnas::to_string(scalar)));
    return *value;
}

bool holds(const Condition& condition, const Value& parent) {
    if (const auto* choices = std::get_if<ChoiceSet>(&condition.active)) {
        const auto* index = std::get_if<std::int64_t>(&parent);
        return index != nullptr && std::ranges::binary_search(choices->indices, *index);
    }
    const auto& interval = std::get<Interval>(condition.active);
    const double value = to_internal(parent);
    return interval.low <= value && value <= interval.high;
}

std::vector<bool> active(std::span<const Param> params, const Genotype& genotype) {
    require_size(params, genotype);
    std::vector<bool> active;
    for (const Param& param : params)
        active.push_back(is_active(param, active, genotype));
    return active;
}

Genotype normalised(std::span<const Param> params, Genotype genotype) {
    const std::vector<bool> is_active = active(params, genotype);
    for (ParamIndex i = 0; i < params.size(); ++i)
        if (!is_active[i])
            genotype.values[i] = first_value(params[i].domain);
    return genotype;
}

Genotype sample(std::span<const Param> params, Rng& rng) {
    Genotype genotype;
    for (const Param& param : params)
        genotype.values.push_back(sample(param.domain, rng));
    return normalised(params, std::move(genotype));
}

void validate(std::span<const Param> params, const Genotype& genotype) {
    require_size(params, genotype);
    Faults faults;
    for (ParamIndex i = 0; i < params.size(); ++i) {
        const Domain& domain = params[i].domain;
        if (contains(domain, genotype.values[i]))
            continue;
        const std::string found = describe(genotype.values[i]);
        faults.add(
            params[i].name,
            std::holds_alternative<Categorical>(domain)
                ? fmt::format("expected an index below {}, got {}", *cardinality(domain), found)
                : expected(domain, found));
    }
    faults.throw_if_any();
}

double cardinality(std::span<const Param> params) {
    std::vector<std::vector<std::pair<const Condition*, double>>> children(params.size());
    double product = 1.0;
    for (ParamIndex i = params.size(); i-- > 0;) {  // children before their parents
        const double ways = count_subtree(params[i], children[i]);
        if (params[i].condition)
            children[params[i].condition->parent].emplace_back(&*params[i].condition, ways);
        else
            product *= ways;
    }
    return product;
}

Assignment to_assignment(std::span<const Param> params, const Genotype& genotype) {
    validate(params, genotype);
    const std::vector<bool> is_active = active(params, genotype);
    Assignment values;
    for (ParamIndex i = 0; i < params.size(); ++i)
        if (is_active[i])
            values.emplace(params[i].name, to_scalar(params[i].domain, genotype.values[i]));
    return values;
}

Genotype from_assignment(std::span<const Param> params, const Assignment& values) {
    Faults faults;
    Genotype genotype;
    std::vector<bool> active;  // false also below a faulty parent: nobody knows
    std::vector<std::string> names;
    for (const Param& param : params) {
        active.push_back(is_active(param, active, genotype));
        genotype.values.push_back(first_value(param.domain));
        names.push_back(param.name);
        if (!active.back())
            continue;
        const auto found = values.find(param.name);
        const std::optional<Value> value =
            found == values.end() ? std::nullopt : find_value(param.domain, found->second);
        active.back() = value.has_value();
        if (value)
            genotype.values.back() = *value;
        else if (found == values.end())
            faults.add(param.name, "is missing: expected " + describe(param.domain));
        else
            faults.add(param.name, expected(param.domain, parnas::to_string(found->second)));
    }
    const std::set<std::string_view> known(names.begin(), names.end());
    for (const auto& [name, value] : values) {
        if (!known.contains(name))
            faults.add(name, "no parameter has this name" + did_you_mean(name, names));
    }
    faults.throw_if_any();
    return genotype;
}

Digest hash(const Genotype& genotype) {
    std::vector<std::uint64_t> words;
    for (const Value& value : genotype.values) {
        words.push_back(value.index());
        words.push_back(std::visit(
            Overloaded{[](std::int64_t number) { return static_cast<std::uint64_t>(number); },
                       // Adding 0.0 turns -0.0, which compares equal, into 0.0.
                       [](double number) { return std::bit_cast<std::uint64_t>(number + 0.0); }},
            value));
    }
    return hash_words(words);
}

}  // namespace parnas::spaces
