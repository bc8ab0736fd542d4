// SPDX-License-Identifier: Apache-2.0
#include "spaces/distribution.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json.h"
#include "core/object_reader.h"

namespace parnas::spaces {
namespace {

// Python's repr() of a float.
std::string python(double number) {
    const std::string text = fmt::format("{}", number);
    return text.find_first_not_of("-0123456789") == std::string::npos ? text + ".0" : text;
}

std::string python(bool value) {
    return value ? "true" : "false";
}

// As json.dumps writes it, in ASCII.
std::string python(const Scalar& scalar) {
    if (const auto* real = std::get_if<double>(&scalar))
        return python(*real);
    return parnas::to_json(scalar).dump(-1, ' ', true);
}

// Optuna lowers `high` to the last value of the grid. It calculates with decimals, which
// 15 digits stand for: 0.9, not 0.8999999999999999.
double last_of_grid(const Real& real) {
    const Domain domain(real);
    const double last = std::get<double>(value_at(domain, *cardinality(domain) - 1));
    if (contains(domain, real.high))
        return real.high;
    return std::strtod(fmt::format("{:.15g}", last).c_str(), nullptr);
}

std::string write(const Categorical& domain) {
    std::string choices;
    for (const Scalar& choice : domain.choices)
        choices += (choices.empty() ? "" : ", ") + python(choice);
    return fmt::format(
        R"({{"name": "CategoricalDistribution", "attributes": {{"choices": [{}]}}}})", choices);
}

std::string write(const Integer& domain) {
    return fmt::format(R"({{"name": "IntDistribution", "attributes": )"
                       R"({{"log": {}, "step": {}, "low": {}, "high": {}}}}})",
                       python(domain.log),
                       domain.step,
                       domain.low,
                       std::get<std::int64_t>(value_at(domain, *cardinality(domain) - 1)));
}

std::string write(const Real& domain) {
    return fmt::format(R"({{"name": "FloatDistribution", "attributes": )"
                       R"({{"step": {}, "low": {}, "high": {}, "log": {}}}}})",
                       domain.step ? python(*domain.step) : "null",
                       python(domain.low),
                       python(domain.step ? last_of_grid(domain) : domain.high),
                       python(domain.log));
}

Categorical read_choices(ObjectReader& attributes) {
    Categorical domain;
    const Json* choices = attributes.need("choices");
    if (choices == nullptr)
        return domain;
    if (!choices->is_array() || choices->empty())
        attributes.fault("choices", "expected an array with at least one choice");
    else
        for (const Json& choice : *choices) {
            if (choice.is_structured()) {
                attributes.fault("choices", "a choice must be a single value");
                continue;
            }
            Scalar scalar = scalar_from_json(choice);
            if (std::ranges::find(domain.choices, scalar) != domain.choices.end())
                attributes.fault("choices", parnas::to_string(scalar) + " is there twice");
            domain.choices.push_back(std::move(scalar));
        }
    return domain;
}

Integer read_integer(ObjectReader& attributes, bool log) {
    Integer domain{.log = log};
    domain.low = attributes.integer("low");
    domain.high = attributes.integer("high");
    domain.step = attributes.integer("step", 1, {.low = 1});
    if (domain.low > domain.high)
        attributes.fault("high", "is below low");
    if (log && domain.low < 1)
        attributes.fault("low", "must be at least 1 on a log scale");
    if (log && domain.step != 1)
        attributes.fault("step", "must be 1 on a log scale");
    return domain;
}

Real read_real(ObjectReader& attributes, std::string_view step_key, bool log) {
    Real domain{.log = log};
    domain.low = attributes.real("low");
    domain.high = attributes.real("high");
    const Json* step = attributes.find(step_key);
    if (step != nullptr && !step->is_null())
        domain.step = attributes.real(step_key);
    if (domain.low > domain.high)
        attributes.fault("high", "is below low");
    if (log && domain.low <= 0.0)
        attributes.fault("low", "must be above 0 on a log scale");
    if (domain.step && *domain.step <= 0.0)
        attributes.fault(step_key, "must be above 0");
    if (log && domain.step)
        attributes.fault(step_key, "cannot be on a log scale");
    return domain;
}

// `name` is its place in the list of domain_from_distribution().
Domain read_domain(std::size_t name, ObjectReader& attributes) {
    switch (name) {
        case 0:
            return read_choices(attributes);
        case 1:
            return read_integer(attributes, attributes.boolean("log", false));
        case 2:
            return read_real(attributes, "step", attributes.boolean("log", false));
        case 3:
            return read_real(attributes, "step", false);
        case 4:
            return read_real(attributes, "step", true);
        case 5:
            return read_real(attributes, "q", false);
        case 6:
            return read_integer(attributes, false);
        default:
            return read_integer(attributes, true);
    }
}

}  // namespace

std::string to_distribution(const Domain& domain) {
    return std::visit([](const auto& kind) { return write(kind); }, domain);
}

Domain domain_from_distribution(const std::string& text) {
    const Json json = parse_json(text, "distribution");
    Faults faults;
    ObjectReader reader(json, "", faults);
    const std::size_t name = reader.word("name",
                                         {"CategoricalDistribution",
                                          "IntDistribution",
                                          "FloatDistribution",
                                          "UniformDistribution",
                                          "LogUniformDistribution",
                                          "DiscreteUniformDistribution",
                                          "IntUniformDistribution",
                                          "IntLogUniformDistribution"});
    const Json* attributes_json = reader.need("attributes");
    reader.finish();
    faults.throw_if_any();
    ObjectReader attributes(*attributes_json, "/attributes", faults);
    Domain domain = read_domain(name, attributes);
    attributes.finish();
    faults.throw_if_any();
    return domain;
}

double to_internal(const Value& value) {
    return std::visit([](auto number) { return static_cast<double>(number); }, value);
}

Value from_internal(const Domain& domain, double internal) {
    const Value value = clamp(domain, internal);
    const bool is_near = std::holds_alternative<Real>(domain) ? contains(domain, internal)
                                                              : to_internal(value) == internal;
    if (!is_near)
        throw Error(ErrorKind::invalid_input,
                    fmt::format("{} is not a value of {}", internal, to_distribution(domain)));
    return value;
}

}  // namespace parnas::spaces
