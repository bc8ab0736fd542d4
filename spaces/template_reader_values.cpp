// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "spaces/domain_reader.h"
#include "spaces/template_reader.h"

namespace parnas::spaces {
namespace {

// Where the value of a choice stands in its list: if(p == a, 0, if(p == b, 1, ...)).
std::optional<Expression> place_of_choice(ParamIndex param, const Domain& domain) {
    const auto* categorical = std::get_if<Categorical>(&domain);
    if (categorical == nullptr)
        return std::nullopt;
    const auto literal = [](Scalar value) {
        return Expression(Expression::Kind(std::move(value)));
    };
    const std::size_t count = categorical->choices.size();
    Expression place = literal(static_cast<std::int64_t>(count) - 1);
    for (std::size_t i = count - 1; i-- > 0;) {
        Expression is_it = Expression::Kind(Expression::Call{
            "==", {Expression(Expression::Kind(param)), literal(categorical->choices[i])}});
        place = Expression::Kind(Expression::Call{
            "if", {std::move(is_it), literal(static_cast<std::int64_t>(i)), std::move(place)}});
    }
    return place;
}

}  // namespace

const Json& TemplateReader::resolve_list(const Json& json) const {
    if (json.is_object() && json.size() == 1 && json.contains("arg") && json["arg"].is_string()) {
        const auto found = lists_.find(json["arg"].get<std::string>());
        if (found != lists_.end())
            return found->second;
    }
    return json;
}

// A domain with its arguments put in: {integer: [1, {arg: depth}]}.
Json TemplateReader::resolve_arguments(const Json& json,
                                       const std::string& pointer,
                                       const Scope& scope) {
    const Json& resolved = resolve_list(json);
    if (resolved.is_array()) {
        Json list = Json::array();
        for (std::size_t i = 0; i < resolved.size(); ++i)
            list.push_back(resolve_arguments(resolved[i], pointer_to(pointer, i), scope));
        return list;
    }
    if (!resolved.is_object())
        return resolved;
    const Expression value = read_expression(resolved, pointer, scope, "");
    if (!value.is_constant()) {
        faults_.add(pointer, "the values of a parameter cannot depend on another parameter");
        return nullptr;
    }
    try {
        return parnas::to_json(evaluate(value, {}));
    } catch (const Error& error) {
        faults_.add(pointer, error.what());
        return nullptr;
    }
}

Expression TemplateReader::read_expression(const Json& json,
                                           const std::string& pointer,
                                           const Scope& scope,
                                           std::string_view name) {
    const Expression nothing = Expression::Kind(Scalar());
    if (!json.is_structured())
        return Expression::Kind(read_scalar(json, pointer, faults_).value_or(Scalar()));
    if (is_domain(json)) {
        Json domain_json = json;
        for (const char* const key : {"one_of", "integer", "real"})
            if (json.contains(key))
                domain_json[key] = resolve_arguments(json[key], pointer_to(pointer, key), scope);
        if (json.contains("when"))
            faults_.add(pointer_to(pointer, "when"), "the choices around it say when it is active");
        const auto domain = read_domain(domain_json, pointer, faults_);
        if (!domain)
            return nothing;
        const std::string full = scope.param_path.empty()
                                     ? std::string(name)
                                     : fmt::format("{}.{}", scope.param_path, name);
        const auto param = add_param(full, *domain, scope.condition, scope.shared, pointer);
        return param ? Expression(Expression::Kind(*param)) : nothing;
    }
    if (!json.is_object() || json.size() != 1) {
        faults_.add(pointer,
                    fmt::format("expected a value, a domain ({{one_of: [...]}}) or an expression "
                                "({{expr: ...}}), got {}",
                                type_name(json)));
        return nothing;
    }
    const std::string& key = json.begin().key();
    const Json& body = json.begin().value();
    if (key == "param" || key == "arg" || key == "expr") {
        if (body.is_string())
            return read_text(body.get<std::string>(), pointer_to(pointer, key), scope);
        faults_.add(pointer_to(pointer, key),
                    fmt::format("expected text, got {}", type_name(body)));
        return nothing;
    }
    if (!is_function(key) || !body.is_array()) {
        faults_.add(pointer,
                    fmt::format("'{}' is no function: known are round8, round, floor, ceil, min, "
                                "max and if, each with a list of arguments",
                                key));
        return nothing;
    }
    std::vector<Expression> arguments;
    for (std::size_t i = 0; i < body.size(); ++i) {
        const std::string place = pointer_to(pointer_to(pointer, key), i);
        arguments.push_back(body[i].is_string()
                                ? read_text(body[i].get<std::string>(), place, scope)
                                : read_expression(body[i], place, scope, name));
    }
    try {
        return make_call(key, std::move(arguments));
    } catch (const Error& error) {
        faults_.add(pointer, error.what());
        return nothing;
    }
}

void TemplateReader::read_param(const Json& json,
                                const std::string& pointer,
                                const Scope& scope,
                                std::string_view name) {
    if (is_domain(json))
        read_expression(json, pointer, scope, name);
    else
        faults_.add(pointer,
                    fmt::format("expected a domain, {{one_of: [...]}}, got {}", dump_json(json)));
}

// Names are arguments first, then parameters: from the innermost block outwards.
Expression TemplateReader::read_text(std::string_view text,
                                     const std::string& pointer,
                                     const Scope& scope) {
    const auto find_name = [&](std::string_view name) -> std::optional<Expression> {
        if (const auto argument = scope.arguments.find(name); argument != scope.arguments.end())
            return argument->second;
        if (name == "same")
            return Expression(Expression::Same{});
        for (std::string_view path = scope.param_path;;) {
            const std::string full =
                path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
            if (const auto found = indices_.find(full); found != indices_.end())
                return Expression(Expression::Kind(found->second));
            if (path.empty())
                return std::nullopt;
            const std::size_t dot = path.rfind('.');
            path = dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
        }
    };
    constexpr std::string_view kIndex = ".index";
    const auto lookup = [&](std::string_view name) {
        auto found = find_name(name);
        if (!found && name.ends_with(kIndex))
            found = find_name(name.substr(0, name.size() - kIndex.size()));
        else
            return found;
        const auto* param = found ? std::get_if<ParamIndex>(&found->kind()) : nullptr;
        return param == nullptr ? std::nullopt : place_of_choice(*param, params_[*param].domain);
    };
    try {
        return parse_expression(text, lookup);
    } catch (const Error& error) {
        faults_.add(pointer, error.what());
        return Expression::Kind(Scalar());
    }
}

}  // namespace parnas::spaces
