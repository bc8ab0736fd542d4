// SPDX-License-Identifier: Apache-2.0
#include "search/reestimates.h"

#include <algorithm>
#include <charconv>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "search/trial_json.h"

namespace parnas::search {
namespace {

TrialNumber number_of(const std::string& text) {
    TrialNumber number = -1;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, number);
    if (error != std::errc{} || end != last || number < 0)
        throw Error(ErrorKind::damaged,
                    "expected the number of a trial, got '" + text + "'",
                    std::string(kFrontChanged));
    return number;
}

FrontFigures figures_in(const store::Event& event) {
    const Json body = parse_json(event.body, std::string(kFrontChanged));
    FrontFigures front;
    if (body.contains("reason") && body["reason"].is_string())
        front.reason = body["reason"].get<std::string>();
    if (!body.contains("figures") || !body["figures"].is_object())
        return front;
    for (const auto& [number, metrics] : body["figures"].items())
        for (const auto& [name, value] : metrics.items())
            if (value.is_number())
                front.figures[number_of(number)][name] = value.get<double>();
    return front;
}

}  // namespace

Json to_json(const Reestimates& figures) {
    Json json = Json::object();
    for (const auto& [number, metrics] : figures)
        json[std::to_string(number)] = metrics;
    return json;
}

FrontFigures front_figures(const store::Store& store,
                           StudyId study,
                           std::optional<std::int64_t> version) {
    std::vector<store::Event> events = store.events(study);
    std::erase_if(events, [](const store::Event& event) { return event.kind != kFrontChanged; });
    const std::int64_t place = version.value_or(std::ssize(events));
    if (place < 1 || place > std::ssize(events))
        return {};
    return figures_in(events[static_cast<std::size_t>(place) - 1]);
}

void apply(const Reestimates& figures,
           const std::vector<Objective>& objectives,
           std::span<store::TrialRecord> trials) {
    for (store::TrialRecord& trial : trials) {
        const auto found = figures.find(trial.number);
        if (found == figures.end())
            continue;
        for (const auto& [name, value] : found->second)
            trial.metrics[name] = value;
        for (std::size_t i = 0; i < trial.values.size() && i < objectives.size(); ++i)
            if (const auto newer = found->second.find(objectives[i].metric);
                newer != found->second.end())
                trial.values[i] = newer->second;
    }
}

std::vector<store::TrialRecord> current_trials(const store::Store& store,
                                               StudyId study,
                                               std::optional<std::int64_t> version) {
    std::vector<store::TrialRecord> trials = store.trials(study);
    apply(front_figures(store, study, version).figures,
          objectives_of(store.study(study).spec),
          trials);
    return trials;
}

}  // namespace parnas::search
