// SPDX-License-Identifier: Apache-2.0
#include "cli/text/numbers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace parnas::cli {
namespace {

template <std::size_t N>
std::string scaled(double value, double step, const std::array<std::string_view, N>& units) {
    std::size_t unit = 0;
    // What would be rounded up to the next unit is shown in it.
    while (unit + 1 < N && std::abs(value) >= step * 0.99995) {
        value /= step;
        ++unit;
    }
    return fmt::format("{:.4g}{}", value, units[unit]);
}

std::string two_units(double big,
                      std::string_view big_unit,
                      double small,
                      std::string_view small_unit) {
    return small == 0.0 ? fmt::format("{:.0f} {}", big, big_unit)
                        : fmt::format("{:.0f} {} {:.0f} {}", big, big_unit, small, small_unit);
}

// Splits `total` small units into big ones of `per_big`.
std::string split(double total,
                  double per_big,
                  std::string_view big_unit,
                  std::string_view small_unit) {
    const double big = std::floor(total / per_big);
    return two_units(big, big_unit, total - big * per_big, small_unit);
}

}  // namespace

std::string short_number(double value) {
    if (!std::isfinite(value))
        return fmt::format("{}", value);
    if (std::abs(value) >= 1e15)
        return fmt::format("{:.3e}", value);
    if (std::abs(value) < 99999.5)
        return value == std::round(value) || std::abs(value) >= 1000.0
                   ? fmt::format("{:.0f}", value + 0.0)
                   : fmt::format("{:.4g}", value);
    return scaled(value, 1000.0, std::array<std::string_view, 5>{"", "k", "M", "G", "T"});
}

std::string short_duration(Seconds duration) {
    const double seconds = duration.count();
    if (seconds < 9.995)
        return fmt::format("{:.2f} s", seconds);
    if (seconds < 59.95)
        return fmt::format("{:.1f} s", seconds);
    if (seconds < 3599.5)
        return split(std::round(seconds), 60.0, "min", "s");
    const double minutes = std::round(seconds / 60.0);
    if (minutes < 24 * 60)
        return split(minutes, 60.0, "h", "min");
    return split(std::round(seconds / 3600.0), 24.0, "d", "h");
}

std::string short_bytes(std::uintmax_t bytes) {
    if (bytes < 1024)
        return fmt::format("{} B", bytes);
    double value = static_cast<double>(bytes);
    std::string_view unit;
    for (const std::string_view next : {"KiB", "MiB", "GiB", "TiB"}) {
        if (!unit.empty() && value < 1023.95)
            break;
        value /= 1024.0;
        unit = next;
    }
    return fmt::format("{:.1f} {}", value, unit);
}

std::string short_text(const Scalar& value) {
    if (std::holds_alternative<std::monostate>(value))
        return "-";
    if (const auto* real = std::get_if<double>(&value))
        return short_number(*real);
    return parnas::to_string(value);
}

std::string metric_label(std::string_view metric) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> units{{
        {"_ms", "ms"},
        {"_us", "us"},
        {"_mj", "mJ"},
        {"_seconds", "s"},
        {"_bytes", "bytes"},
        {"_percent", "%"},
    }};
    std::string_view unit;
    for (const auto& [suffix, word] : units)
        if (metric.size() > suffix.size() && metric.ends_with(suffix)) {
            metric.remove_suffix(suffix.size());
            unit = word;
            break;
        }
    std::string label(metric);
    std::ranges::replace(label, '_', ' ');
    return unit.empty() ? label : fmt::format("{} ({})", label, unit);
}

}  // namespace parnas::cli
