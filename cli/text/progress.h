// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "core/trial.h"

namespace parnas::cli {

// Where a study is. Trials count from its beginning, also those of earlier runs; finalists
// come on top of the budget and are counted on their own.
struct ProgressState {
    std::int64_t finished = 0;
    std::int64_t at_start = 0;  // finished before this run
    std::int64_t failed = 0;
    std::int64_t pruned = 0;
    std::int64_t measured = 0;  // latencies, where a model was unsure
    std::int64_t refused = 0;   // by a busy machine
    std::int64_t front = 0;
    std::int64_t finalists = 0;
    std::optional<std::int64_t> budget;  // trials
    Seconds elapsed{0};                  // of this run
    std::int64_t phases = 0;             // finished
    std::string phase;                   // what phase_text() says of the one that runs
};

// "37 of 120 trials (31 %), 4.2 per second, 20 s left, front 7, failed 2"
std::string progress_text(const ProgressState& state);

// "phase supernet 3: 62 %, loss 1.23"
std::string phase_text(std::string_view name,
                       std::int64_t index,
                       std::string_view how_far,
                       const Metrics& metrics);

// Shows how far a run is: on a terminal as one line that is written again at most ten times
// a second, elsewhere as a plain line whenever another tenth of the budget (or another 100
// trials) or a phase is done. For one thread.
class ProgressMeter {
  public:
    enum class Style { rewrite, lines };
    ProgressMeter(std::ostream& out, Style style) : out_(out), style_(style) {}
    ~ProgressMeter() { clear(); }
    ProgressMeter(const ProgressMeter&) = delete;
    ProgressMeter& operator=(const ProgressMeter&) = delete;

    void show(const ProgressState& state);
    // A phase is done; terminals show it in their line alone.
    void phase_done(const std::string& text);
    // Removes the rewritten line, so that other text may follow.
    void clear();

  private:
    std::ostream& out_;
    Style style_;
    std::size_t width_ = 0;  // of the line on the screen
    Seconds last_shown_{-1};
    std::int64_t last_step_ = -1;
};

}  // namespace parnas::cli
