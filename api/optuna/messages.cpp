// SPDX-License-Identifier: Apache-2.0
#include "api/optuna/messages.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "core/error.h"

namespace parnas::rpc {
namespace {

constexpr std::size_t kDateLength = 10;  // of "2026-11-21"

Error unreadable(std::string_view what, std::string_view found) {
    return {ErrorKind::invalid_input, fmt::format("'{}' is no {}", found, what)};
}

int two_digits(std::string_view text) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.size() != 2 || error != std::errc() || end != text.data() + 2)
        throw unreadable("part of a time's offset", text);
    return number;
}

// "+01:00", "-0130", "Z" or nothing.
std::chrono::minutes offset_from(std::string_view text) {
    if (text.empty() || text == "Z")
        return std::chrono::minutes(0);
    const int sign = text.front() == '-' ? -1 : 1;
    std::string digits(text.substr(1));
    std::erase(digits, ':');
    if (digits.size() != 4)
        throw unreadable("time's offset", text);
    const std::string_view both = digits;
    return sign *
           std::chrono::minutes(60 * two_digits(both.substr(0, 2)) + two_digits(both.substr(2)));
}

template <typename Message>
store::Attributes attributes_from(const Message& message) {
    return {message.begin(), message.end()};
}

template <typename Message>
void attributes_to(const store::Attributes& attributes, Message& message) {
    for (const auto& [key, value] : attributes)
        message.insert({key, value});
}

std::vector<store::ParamRecord> params_from(const optuna::Trial& message) {
    std::vector<store::ParamRecord> params;
    for (const auto& [name, value] : message.params()) {
        const auto distribution = message.distributions().find(name);
        if (distribution == message.distributions().end())
            throw Error(ErrorKind::invalid_input, "a parameter without a distribution", name);
        params.push_back({name, value, distribution->second});
    }
    if (message.distributions().size() != message.params().size())
        throw Error(ErrorKind::invalid_input, "a distribution without a parameter");
    std::ranges::sort(params, {}, &store::ParamRecord::name);
    return params;
}

}  // namespace

std::string time_to_message(TimePoint time, TimeForm form) {
    std::string text = parnas::to_string(time);
    if (form == TimeForm::iso8601) {
        text.at(kDateLength) = 'T';
        text += "+00:00";
    }
    return text;
}

std::optional<TimePoint> time_from_message(std::string_view text) {
    if (text.empty())
        return std::nullopt;
    if (text.size() <= kDateLength)
        throw unreadable("time", text);
    const std::size_t zone = std::min(text.find_first_of("+-Z", kDateLength), text.size());
    std::string naive(text.substr(0, zone));
    if (naive.at(kDateLength) == 'T')
        naive.at(kDateLength) = ' ';
    return time_from_string(naive) - offset_from(text.substr(zone));
}

optuna::TrialState state_to_message(TrialState state) {
    switch (state) {
        case TrialState::waiting:
            return optuna::WAITING;
        case TrialState::running:
            return optuna::RUNNING;
        case TrialState::complete:
            return optuna::COMPLETE;
        case TrialState::pruned:
            return optuna::PRUNED;
        case TrialState::fail:
            break;
    }
    return optuna::FAIL;
}

TrialState state_from_message(optuna::TrialState state) {
    switch (state) {
        case optuna::RUNNING:
            return TrialState::running;
        case optuna::COMPLETE:
            return TrialState::complete;
        case optuna::PRUNED:
            return TrialState::pruned;
        case optuna::FAIL:
            return TrialState::fail;
        case optuna::WAITING:
            return TrialState::waiting;
        default:
            throw unreadable("trial state", std::to_string(static_cast<int>(state)));
    }
}

optuna::StudyDirection direction_to_message(Direction direction) {
    return direction == Direction::maximize ? optuna::MAXIMIZE : optuna::MINIMIZE;
}

Direction direction_from_message(int direction) {
    switch (direction) {
        case optuna::MINIMIZE:
            return Direction::minimize;
        case optuna::MAXIMIZE:
            return Direction::maximize;
        default:
            throw unreadable("direction", std::to_string(direction));
    }
}

void trial_to_message(const store::OptunaTrial& trial, TimeForm form, optuna::Trial& message) {
    message.set_trial_id(static_cast<std::int64_t>(trial.id));
    message.set_number(trial.number);
    message.set_state(state_to_message(trial.state));
    message.mutable_values()->Add(trial.values.begin(), trial.values.end());
    if (trial.started)
        message.set_datetime_start(time_to_message(*trial.started, form));
    if (trial.finished)
        message.set_datetime_complete(time_to_message(*trial.finished, form));
    for (const store::ParamRecord& param : trial.params) {
        message.mutable_params()->insert({param.name, param.internal});
        message.mutable_distributions()->insert({param.name, param.distribution});
    }
    attributes_to(trial.user_attributes, *message.mutable_user_attributes());
    attributes_to(trial.system_attributes, *message.mutable_system_attributes());
    for (const auto& [step, value] : trial.reports)
        message.mutable_intermediate_values()->insert({step, value});
}

void study_to_message(const store::OptunaStudy& study, optuna::Study& message) {
    message.set_study_id(static_cast<std::int64_t>(study.id));
    message.set_study_name(study.name);
    for (const Direction direction : study.directions)
        message.add_directions(direction_to_message(direction));
    attributes_to(study.attributes.user, *message.mutable_user_attributes());
    attributes_to(study.attributes.system, *message.mutable_system_attributes());
}

store::OptunaTrial template_from_message(const optuna::Trial& message) {
    store::OptunaTrial trial;
    trial.state = state_from_message(message.state());
    trial.values.assign(message.values().begin(), message.values().end());
    trial.params = params_from(message);
    trial.reports = {message.intermediate_values().begin(), message.intermediate_values().end()};
    trial.user_attributes = attributes_from(message.user_attributes());
    trial.system_attributes = attributes_from(message.system_attributes());
    trial.started = time_from_message(message.datetime_start());
    trial.finished = time_from_message(message.datetime_complete());
    return trial;
}

}  // namespace parnas::rpc
