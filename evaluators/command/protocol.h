// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "core/json.h"
#include "core/trial.h"
#include "evaluators/evaluator.h"

// The lines that parnas and a user's program exchange (docs/command.md).
namespace parnas::evaluators {

struct StepReport {
    std::int64_t step = 0;
    Metrics metrics;
};
struct Result {
    Metrics metrics;
    std::optional<Seconds> cost;
};
using Message = std::variant<StepReport, Result, Failure>;

// What a program is told of a trial, and the same as a line with its end.
Json request_json(const Candidate& candidate, const Context& context);
std::string request_line(const Candidate& candidate, const Context& context);
// The answer to a report, with the line's end.
std::string verdict_line(Verdict verdict);

// Metrics may be NaN or infinite, written as Python does (NaN, Infinity, -Infinity) or as
// texts of these words. Throws Error(invalid_input) for what is no message.
Message read_message(std::string_view line);

}  // namespace parnas::evaluators
