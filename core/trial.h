// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/hash.h"
#include "core/units.h"

namespace parnas {

enum class StudyId : std::int64_t {};
// A trial's place in its study, dense from 0, in the order in which trials were proposed.
using TrialNumber = std::int64_t;
// Names the bytes of an artifact by their digest.
using ArtifactId = Digest;
using TimePoint = std::chrono::sys_time<std::chrono::microseconds>;

// A categorical value is its choice's index.
using Value = std::variant<std::int64_t, double>;

// One value per parameter of the space; inactive ones hold their first value.
struct Genotype {
    std::vector<Value> values;

    bool operator==(const Genotype&) const = default;
};

// The unit is in the name: "latency_ms".
using Metrics = std::map<std::string, double, std::less<>>;

// What a trial is for. A finalist is a member of the front, trained from scratch with the
// full schedule; only finalists ever see test data.
enum class Stage { search, finalist };

struct Candidate {
    TrialNumber number = 0;
    Genotype genotype;
    Stage stage = Stage::search;
    double fidelity = 1.0;  // share of the full training budget, in (0, 1]
    std::optional<ArtifactId> warm_start;
    std::uint64_t seed = 0;
};

struct Measurement {
    Metrics metrics;
    double fidelity = 1.0;
    Seconds cost{0};  // wall time, or simulated time from a table
};

enum class FailureKind { infeasible, diverged, out_of_memory, timed_out, crashed, cancelled };

struct Failure {
    FailureKind kind = FailureKind::crashed;
    std::string reason;
};

using Outcome = std::variant<Measurement, Failure>;

enum class TrialState { waiting, running, complete, pruned, fail };

enum class Direction { minimize, maximize };

// The words in JSON, in the database and on the command line.
std::string_view to_string(Stage stage);
std::string_view to_string(FailureKind kind);
std::string_view to_string(TrialState state);
std::string_view to_string(Direction direction);
// Throw Error(invalid_input), which names the allowed words.
Stage stage_from_string(std::string_view word);
FailureKind failure_kind_from_string(std::string_view word);
TrialState trial_state_from_string(std::string_view word);
Direction direction_from_string(std::string_view word);

inline bool is_finished(TrialState state) {
    return state != TrialState::waiting && state != TrialState::running;
}

TimePoint now();
// "2026-11-21 00:10:43.206181", UTC, always six digits, and back. Without a fraction is
// read too. Throws Error(invalid_input).
std::string to_string(TimePoint time);
TimePoint time_from_string(std::string_view text);

}  // namespace parnas
