// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/codec.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json.h"

namespace parnas::store::sqlite {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Error unreadable(std::string_view what, std::string_view found) {
    return {ErrorKind::invalid_input, fmt::format("'{}' is no {}", found, what)};
}

double number_from(const Json& json) {
    if (json.is_number())
        return json.get<double>();
    if (json == "NaN")
        return std::numeric_limits<double>::quiet_NaN();
    if (json == "Infinity")
        return kInfinity;
    if (json == "-Infinity")
        return -kInfinity;
    throw unreadable("number", json.dump());
}

Json parse_array(const std::string& text) {
    Json json = parse_json(text, "stored list");
    if (!json.is_array())
        throw unreadable("list", text);
    return json;
}

}  // namespace

std::string_view optuna_word(TrialState state) {
    switch (state) {
        case TrialState::waiting:
            return "WAITING";
        case TrialState::running:
            return "RUNNING";
        case TrialState::complete:
            return "COMPLETE";
        case TrialState::pruned:
            return "PRUNED";
        case TrialState::fail:
            break;
    }
    return "FAIL";
}

std::string_view optuna_word(Direction direction) {
    return direction == Direction::maximize ? "MAXIMIZE" : "MINIMIZE";
}

TrialState trial_state_from_optuna(std::string_view word) {
    for (const auto state : {TrialState::waiting,
                             TrialState::running,
                             TrialState::complete,
                             TrialState::pruned,
                             TrialState::fail})
        if (optuna_word(state) == word)
            return state;
    throw unreadable("trial state", word);
}

Direction direction_from_optuna(std::string_view word) {
    for (const auto direction : {Direction::minimize, Direction::maximize})
        if (optuna_word(direction) == word)
            return direction;
    throw unreadable("direction", word);
}

StudyState study_state_from_string(std::string_view word) {
    for (const auto state :
         {StudyState::running, StudyState::stopped, StudyState::complete, StudyState::failed})
        if (to_string(state) == word)
            return state;
    throw unreadable("study state", word);
}

AttemptState attempt_state_from_string(std::string_view word) {
    for (const auto state : {AttemptState::open,
                             AttemptState::ok,
                             AttemptState::error,
                             AttemptState::expired,
                             AttemptState::preempted,
                             AttemptState::superseded,
                             AttemptState::cancelled})
        if (to_string(state) == word)
            return state;
    throw unreadable("attempt state", word);
}

JobState job_state_from_string(std::string_view word) {
    for (const auto state : {JobState::queued,
                             JobState::running,
                             JobState::paused,
                             JobState::completed,
                             JobState::failed,
                             JobState::cancelled})
        if (to_string(state) == word)
            return state;
    throw unreadable("job state", word);
}

StoredValue encode_value(double value) {
    if (std::isfinite(value))
        return {.type = "FINITE", .value = value};
    if (std::isnan(value))
        return {.type = "NAN"};
    return {.type = value > 0 ? "INF_POS" : "INF_NEG"};
}

double decode_value(std::string_view type, std::optional<double> value) {
    if (type == "FINITE" && value)
        return *value;
    if (type == "NAN")
        return std::numeric_limits<double>::quiet_NaN();
    if (type == "INF_POS")
        return kInfinity;
    if (type == "INF_NEG")
        return -kInfinity;
    throw unreadable("value type", type);
}

std::string encode_metrics(const Metrics& metrics) {
    Json json = Json::object();
    for (const auto& [name, value] : metrics)
        json[name] = value;
    return dump_json(json);
}

Metrics decode_metrics(const std::string& text) {
    const Json json = parse_json(text, "stored metrics");
    if (!json.is_object())
        throw unreadable("object of metrics", text);
    Metrics metrics;
    for (const auto& [name, value] : json.items())
        metrics.emplace(name, number_from(value));
    return metrics;
}

std::string encode_numbers(const std::vector<TrialNumber>& numbers) {
    return dump_json(Json(numbers));
}

std::vector<TrialNumber> decode_numbers(const std::string& text) {
    std::vector<TrialNumber> numbers;
    for (const Json& number : parse_array(text)) {
        if (!number.is_number_integer())
            throw unreadable("trial number", number.dump());
        numbers.push_back(number.get<TrialNumber>());
    }
    return numbers;
}

std::string encode_names(const std::vector<std::string>& names) {
    return dump_json(Json(names));
}

std::vector<std::string> decode_names(const std::string& text) {
    std::vector<std::string> names;
    for (const Json& name : parse_array(text)) {
        if (!name.is_string())
            throw unreadable("name", name.dump());
        names.push_back(name.get<std::string>());
    }
    return names;
}

std::string encode_failure(const Failure& failure) {
    Json json;
    json["kind"] = to_string(failure.kind);
    json["reason"] = failure.reason;
    return dump_json(json);
}

std::optional<std::string> encode_digest(const std::optional<Digest>& digest) {
    return digest ? std::optional(to_string(*digest)) : std::nullopt;
}

std::optional<Digest> decode_digest(const std::optional<std::string>& text) {
    return text ? std::optional(digest_from_string(*text)) : std::nullopt;
}

std::optional<std::string> encode_time(const std::optional<TimePoint>& time) {
    return time ? std::optional(to_string(*time)) : std::nullopt;
}

std::optional<TimePoint> decode_time(const std::optional<std::string>& text) {
    return text ? std::optional(time_from_string(*text)) : std::nullopt;
}

}  // namespace parnas::store::sqlite
