// SPDX-License-Identifier: Apache-2.0
#include "core/duration.h"

#include <array>
#include <charconv>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace parnas {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 7> kUnits = {{{"", 1.0},
                                                                        {"ms", 1e-3},
                                                                        {"s", 1.0},
                                                                        {"m", 60.0},
                                                                        {"min", 60.0},
                                                                        {"h", 3600.0},
                                                                        {"d", 86400.0}}};

}  // namespace

Seconds seconds_from_string(std::string_view text) {
    double number = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    while (unit.starts_with(' '))
        unit.remove_prefix(1);
    for (const auto& [name, seconds] : kUnits)
        if (error == std::errc{} && unit == name && number > 0.0)
            return Seconds(number * seconds);
    throw Error(ErrorKind::invalid_input,
                fmt::format("expected a duration like 90s, 10min or 1.5h, got '{}'", text));
}

std::optional<Seconds> read_seconds(ObjectReader& reader, std::string_view key) {
    const Json* json = reader.find(key);
    if (json == nullptr)
        return std::nullopt;
    try {
        if (json->is_string())
            return seconds_from_string(json->get<std::string>());
        if (json->is_number() && json->get<double>() > 0.0)
            return Seconds(json->get<double>());
        reader.fault(
            key,
            fmt::format("expected a duration like 90, 10min or 1.5h, got {}", dump_json(*json)));
    } catch (const Error& error) {
        reader.fault(key, error.what());
    }
    return std::nullopt;
}

}  // namespace parnas
