// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/trial.h"
#include "store/optuna_store.h"
#include "store/store.h"

// Values as the tables hold them, and back. What cannot be read back throws
// Error(invalid_input); readers turn that into Error(damaged).
namespace parnas::store::sqlite {

constexpr std::int64_t raw(StudyId id) {
    return static_cast<std::int64_t>(id);
}
constexpr std::int64_t raw(TrialId id) {
    return static_cast<std::int64_t>(id);
}

// Optuna's words: "COMPLETE", "MINIMIZE".
std::string_view optuna_word(TrialState state);
std::string_view optuna_word(Direction direction);
TrialState trial_state_from_optuna(std::string_view word);
Direction direction_from_optuna(std::string_view word);
StudyState study_state_from_string(std::string_view word);
AttemptState attempt_state_from_string(std::string_view word);
JobState job_state_from_string(std::string_view word);

// Optuna keeps a number that is not finite as a word and NULL.
struct StoredValue {
    std::string_view type;  // FINITE, INF_POS, INF_NEG, NAN
    std::optional<double> value;
};
StoredValue encode_value(double value);
double decode_value(std::string_view type, std::optional<double> value);

std::string encode_metrics(const Metrics& metrics);
Metrics decode_metrics(const std::string& text);
std::string encode_numbers(const std::vector<TrialNumber>& numbers);
std::vector<TrialNumber> decode_numbers(const std::string& text);
std::string encode_names(const std::vector<std::string>& names);
std::vector<std::string> decode_names(const std::string& text);
// The system attribute that shows a failed trial's Failure to Optuna's tools.
inline constexpr std::string_view kFailureKey = "parnas:failure";
std::string encode_failure(const Failure& failure);

std::optional<std::string> encode_digest(const std::optional<Digest>& digest);
std::optional<Digest> decode_digest(const std::optional<std::string>& text);
std::optional<std::string> encode_time(const std::optional<TimePoint>& time);
std::optional<TimePoint> decode_time(const std::optional<std::string>& text);

}  // namespace parnas::store::sqlite
