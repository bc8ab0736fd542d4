// SPDX-License-Identifier: Apache-2.0
#include "api/rest/front.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/http/problem.h"
#include "api/rest/points.h"
#include "api/rest/study_json.h"
#include "api/rest/times.h"
#include "search/reestimates.h"
#include "search/trial_json.h"

namespace parnas::rest {
namespace {

using store::FrontChange;

// Only studies that measure have figures that differ from their trials' records; for others the
// events are not looked through.
bool may_be_reestimated(const store::StudySpec& spec) {
    if (spec.job.empty())
        return false;
    const Json job = parse_json(spec.job, spec.name);
    const auto target = job.find("target");
    return target != job.end() && target->is_object() && target->contains("measure");
}

std::optional<FrontChange> find_version(const std::vector<FrontChange>& history,
                                        std::optional<std::int64_t> version) {
    if (!version)
        return history.empty() ? std::nullopt : std::optional(history.back());
    const auto found = std::ranges::find(history, *version, &FrontChange::version);
    if (found == history.end())
        throw http::HttpError(
            404,
            fmt::format("the front has {} versions, and no version {}", history.size(), *version));
    return *found;
}

// By the first objective, best first.
void sort_best_first(const store::StudySpec& spec, std::vector<store::TrialRecord>& members) {
    const bool maximised = spec.directions.front() == Direction::maximize;
    std::ranges::stable_sort(members, {}, [&](const store::TrialRecord& trial) {
        const double value = trial.values.empty() ? 0.0 : trial.values.front();
        return maximised ? -value : value;
    });
}

http::Response get_front(const Call& call, const Service& service) {
    const SeenStudy study = find_study(call, service.store);
    const store::StudySpec& spec = study.record.spec;
    const auto change = find_version(service.store.front_history(study.record.id),
                                     call.optional_integer("version"));
    Json json = {{"study", spec.name},
                 {"version", change ? change->version : 0},
                 {"objectives", objectives_json(spec)},
                 {"members", Json::array()}};
    if (!change)
        return http::make_json(200, json);
    json["time"] = to_rfc3339(change->time);
    if (change->hypervolume)
        json["hypervolume"] = *change->hypervolume;
    std::vector<store::TrialRecord> members;
    for (const TrialNumber number : change->members)
        members.push_back(service.store.trial(study.record.id, number));
    if (may_be_reestimated(spec)) {
        const search::FrontFigures by =
            search::front_figures(service.store, study.record.id, change->version);
        search::apply(by.figures, search::objectives_of(spec), members);
        if (by.reason)
            json["reason"] = *by.reason;
    }
    sort_best_first(spec, members);
    for (const store::TrialRecord& trial : members)
        json["members"].push_back(trial_json(study, trial, TrialDetail::listed));
    return http::make_json(200, json);
}

http::Response get_history(const Call& call, const Service& service) {
    const SeenStudy study = find_study(call, service.store);
    const std::vector<FrontChange> history = service.store.front_history(study.record.id);
    Json json = {{"study", study.record.spec.name}};
    for (const char* column : {"version", "time", "size", "hypervolume"})
        json[column] = Json::array();
    for (const std::size_t i : spread_points(history.size(), call.integer("max_points"))) {
        const FrontChange& change = history[i];
        json["version"].push_back(change.version);
        json["time"].push_back(to_rfc3339(change.time));
        json["size"].push_back(change.members.size());
        json["hypervolume"].push_back(change.hypervolume ? Json(*change.hypervolume) : Json());
    }
    return http::make_json(200, json);
}

}  // namespace

void add_front(Operations& operations, const Service& service) {
    operations["get_front"] = [&service](const Call& call) { return get_front(call, service); };
    operations["get_front_history"] = [&service](const Call& call) {
        return get_history(call, service);
    };
}

}  // namespace parnas::rest
