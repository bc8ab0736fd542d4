// SPDX-License-Identifier: Apache-2.0
#include "cli/text/progress.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "cli/text/numbers.h"

namespace parnas::cli {
namespace {

constexpr Seconds kBetweenRewrites{0.1};

// Lines are written when this number grows.
std::int64_t step_of(const ProgressState& state) {
    const std::int64_t per_step =
        state.budget ? std::max<std::int64_t>(1, *state.budget / 10) : 100;
    return state.finished / per_step;
}

// A resumed search may have more trials than its budget.
std::int64_t percent(std::int64_t finished, std::int64_t budget) {
    return std::min<std::int64_t>(100, finished * 100 / std::max<std::int64_t>(1, budget));
}

}  // namespace

std::string progress_text(const ProgressState& state) {
    std::string text = fmt::format("{} trials", state.finished);
    if (state.budget)
        text = fmt::format("{} of {} trials ({} %)",
                           state.finished,
                           *state.budget,
                           percent(state.finished, *state.budget));
    const std::int64_t done = state.finished - state.at_start;
    if (done > 0 && state.elapsed.count() > 0.0) {
        const double rate = static_cast<double>(done) / state.elapsed.count();
        text += rate >= 1.0
                    ? fmt::format(", {} per second", short_number(std::round(rate * 10) / 10))
                    : fmt::format(", {} per trial", short_duration(Seconds(1.0 / rate)));
        if (state.budget && *state.budget > state.finished) {
            const auto left = static_cast<double>(*state.budget - state.finished);
            text += fmt::format(", {} left", short_duration(Seconds(left / rate)));
        }
    }
    if (state.phases > 0)
        text += fmt::format(", phases {}", state.phases);
    if (state.front > 0)
        text += fmt::format(", front {}", state.front);
    if (state.finalists > 0)
        text += fmt::format(", finalists {}", state.finalists);
    if (state.pruned > 0)
        text += fmt::format(", pruned {}", state.pruned);
    if (state.measured > 0)
        text += fmt::format(", measured {}", state.measured);
    if (state.refused > 0)
        text += fmt::format(", not measured {} (the machine is busy)", state.refused);
    if (state.failed > 0)
        text += fmt::format(", failed {}", state.failed);
    if (!state.phase.empty())
        text += "; " + state.phase;
    return text;
}

std::string phase_text(std::string_view name,
                       std::int64_t index,
                       std::string_view how_far,
                       const Metrics& metrics) {
    std::string text = fmt::format("phase {} {}: {}", name, index, how_far);
    for (const auto& [metric, value] : metrics)
        text += fmt::format(", {} {}", metric, short_number(value));
    return text;
}

void ProgressMeter::show(const ProgressState& state) {
    if (style_ == Style::lines) {
        if (const std::int64_t step = step_of(state); step > last_step_) {
            last_step_ = step;
            out_ << progress_text(state) << '\n' << std::flush;
        }
        return;
    }
    const bool last = state.budget && state.finished >= *state.budget;
    if (!last && last_shown_.count() >= 0.0 && state.elapsed - last_shown_ < kBetweenRewrites)
        return;
    last_shown_ = state.elapsed;
    const std::string text = progress_text(state);
    out_ << '\r' << text << std::string(width_ - std::min(width_, text.size()), ' ') << std::flush;
    width_ = text.size();
}

void ProgressMeter::phase_done(const std::string& text) {
    if (style_ == Style::lines)
        out_ << text << '\n' << std::flush;
}

void ProgressMeter::clear() {
    if (width_ > 0)
        out_ << '\r' << std::string(width_, ' ') << '\r' << std::flush;
    width_ = 0;
}

}  // namespace parnas::cli
