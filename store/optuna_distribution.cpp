// SPDX-License-Identifier: Apache-2.0
#include "store/optuna_distribution.h"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json.h"
#include "core/python_json.h"

namespace parnas::store {
namespace {

enum class Kind { real, integer, categorical };
enum class Scale { as_said, linear, log };  // what the class leaves to its attributes, or not

struct Form {
    std::string_view name;
    Kind kind;
    Scale scale;
};

// Optuna's classes, those of Optuna 1 and 2, and the abbreviations that it reads.
constexpr std::array<Form, 11> kForms{
    {{"FloatDistribution", Kind::real, Scale::as_said},
     {"IntDistribution", Kind::integer, Scale::as_said},
     {"CategoricalDistribution", Kind::categorical, Scale::linear},
     {"UniformDistribution", Kind::real, Scale::linear},
     {"LogUniformDistribution", Kind::real, Scale::log},
     {"DiscreteUniformDistribution", Kind::real, Scale::linear},
     {"IntUniformDistribution", Kind::integer, Scale::linear},
     {"IntLogUniformDistribution", Kind::integer, Scale::log},
     {"float", Kind::real, Scale::as_said},
     {"int", Kind::integer, Scale::as_said},
     {"categorical", Kind::categorical, Scale::linear}}};

// What may not change.
struct Fixed {
    Kind kind = Kind::real;
    bool log = false;
    Json choices;
};

Error unreadable(std::string_view text, std::string_view why) {
    return {ErrorKind::invalid_input, fmt::format("'{}' is no distribution: {}", text, why)};
}

std::string text_at(const Json& json, const char* key) {
    return json.is_object() && json.contains(key) && json.at(key).is_string()
               ? json.at(key).get<std::string>()
               : std::string();
}

Fixed read_distribution(std::string_view text) {
    const Json json = parse_json(quote_python_numbers(text), "distribution");
    const std::string name = text_at(json, "name");
    const std::string word = name.empty() ? text_at(json, "type") : name;
    const auto* const form = std::ranges::find(kForms, word, &Form::name);
    if (form == kForms.end())
        throw unreadable(text, "it has no name that Optuna knows");
    if (!name.empty() && !json.contains("attributes"))
        throw unreadable(text, "it has no attributes");
    const Json& attributes = name.empty() ? json : json.at("attributes");
    if (!attributes.is_object())
        throw unreadable(text, "its attributes are no object");

    Fixed fixed{.kind = form->kind, .log = form->scale == Scale::log};
    if (form->scale == Scale::as_said && attributes.contains("log")) {
        if (!attributes.at("log").is_boolean())
            throw unreadable(text, "'log' is neither true nor false");
        fixed.log = attributes.at("log").get<bool>();
    }
    if (fixed.kind == Kind::categorical) {
        if (!attributes.contains("choices") || !attributes.at("choices").is_array() ||
            attributes.at("choices").empty())
            throw unreadable(text, "it has no choices");
        fixed.choices = attributes.at("choices");
    }
    return fixed;
}

// Python's == of two choices.
bool equal_choices(const Json& a, const Json& b) {
    const auto number = [](const Json& json) {
        return json.is_boolean() ? Json(json.get<bool>() ? 1 : 0) : json;
    };
    return number(a) == number(b);
}

}  // namespace

bool compatible_distributions(std::string_view first, std::string_view later) {
    if (first == later)
        return true;
    const Fixed a = read_distribution(first);
    const Fixed b = read_distribution(later);
    return a.kind == b.kind && a.log == b.log &&
           std::ranges::equal(a.choices, b.choices, equal_choices);
}

void check_distribution(std::string_view text) {
    read_distribution(text);
}

}  // namespace parnas::store
