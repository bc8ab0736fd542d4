// SPDX-License-Identifier: Apache-2.0
#include "api/optuna/journal/raw_json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json.h"
#include "core/python_json.h"

namespace parnas::optuna {
namespace {

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_space(text.back()))
        text.remove_suffix(1);
    return text;
}

// Where `text`, from `from` on, first has one of `ends` outside of texts, arrays and objects.
std::size_t find_end(std::string_view text, std::size_t from, std::string_view ends) {
    int depth = 0;
    bool in_text = false;
    for (std::size_t i = from; i < text.size(); ++i) {
        const char c = text[i];
        if (in_text) {
            if (c == '\\')
                ++i;
            else
                in_text = c != '"';
            continue;
        }
        if (depth == 0 && ends.find(c) != std::string_view::npos)
            return i;
        in_text = c == '"';
        depth += (c == '{' || c == '[') ? 1 : 0;
        depth -= (c == '}' || c == ']') ? 1 : 0;
    }
    throw Error(ErrorKind::invalid_input, "a value has no end");
}

}  // namespace

RawObject::RawObject(std::string_view text) {
    text = trimmed(text);
    if (!parse_json(quote_python_numbers(text), {}).is_object())
        throw Error(ErrorKind::invalid_input, "expected an object");
    std::size_t at = 1;
    while (!trimmed(text.substr(at)).starts_with('}')) {
        const std::size_t colon = find_end(text, at, ":");
        const std::size_t end = find_end(text, colon + 1, ",}");
        members_.emplace_back(raw_text(trimmed(text.substr(at, colon - at))),
                              trimmed(text.substr(colon + 1, end - colon - 1)));
        at = end + (text[end] == ',' ? 1 : 0);
    }
}

const std::string_view* RawObject::find(std::string_view name) const {
    using Member = std::pair<std::string, std::string_view>;
    const auto found = std::ranges::find(members_, name, &Member::first);
    return found == members_.end() || found->second == "null" ? nullptr : &found->second;
}

std::string_view RawObject::need(std::string_view name) const {
    const std::string_view* const found = find(name);
    if (found == nullptr)
        throw Error(ErrorKind::invalid_input, fmt::format("'{}' is missing", name));
    return *found;
}

std::string RawObject::text(std::string_view name) const {
    return raw_text(need(name));
}

std::int64_t RawObject::integer(std::string_view name) const {
    return raw_integer(need(name));
}

double RawObject::number(std::string_view name) const {
    return raw_number(need(name));
}

std::vector<std::string_view> raw_elements(std::string_view text) {
    text = trimmed(text);
    if (!text.starts_with('['))
        throw Error(ErrorKind::invalid_input, "expected an array");
    std::vector<std::string_view> elements;
    std::size_t at = 1;
    while (!trimmed(text.substr(at)).starts_with(']')) {
        const std::size_t end = find_end(text, at, ",]");
        elements.push_back(trimmed(text.substr(at, end - at)));
        at = end + (text[end] == ',' ? 1 : 0);
    }
    return elements;
}

std::string raw_text(std::string_view value) {
    const Json json = parse_json(value, {});
    if (!json.is_string())
        throw Error(ErrorKind::invalid_input, fmt::format("expected a text, got {}", value));
    return json.get<std::string>();
}

std::int64_t raw_integer(std::string_view value) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size())
        throw Error(ErrorKind::invalid_input,
                    fmt::format("expected a whole number, got {}", value));
    return number;
}

double raw_number(std::string_view value) {
    if (value == "NaN")
        return std::numeric_limits<double>::quiet_NaN();
    if (value == "Infinity" || value == "-Infinity")
        return (value.front() == '-' ? -1.0 : 1.0) * std::numeric_limits<double>::infinity();
    const std::string text(value);
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    const bool starts_well = !text.empty() && text.find_first_of("-0123456789") == 0;
    if (!starts_well || *end != '\0')
        throw Error(ErrorKind::invalid_input, fmt::format("expected a number, got {}", value));
    return number;
}

std::string with_python_spaces(std::string_view value) {
    std::string spaced;
    bool in_text = false;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        if (!in_text && is_space(c))
            continue;
        spaced += c;
        if (in_text && c == '\\' && i + 1 < value.size())
            spaced += value[++i];
        else if (c == '"')
            in_text = !in_text;
        else if (!in_text && (c == ',' || c == ':'))
            spaced += ' ';
    }
    return spaced;
}

std::string python_number(double number) {
    if (std::isnan(number))
        return "NaN";
    if (std::isinf(number))
        return number < 0 ? "-Infinity" : "Infinity";
    std::string text = fmt::format("{}", number);
    if (text.find_first_not_of("-0123456789") == std::string::npos)
        text += ".0";
    return text;
}

std::string python_text(std::string_view text) {
    return Json(std::string(text)).dump(-1, ' ', true);
}

}  // namespace parnas::optuna
