// SPDX-License-Identifier: Apache-2.0
#include "api/rest/study_json.h"

#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "api/rest/times.h"
#include "search/trial_json.h"
#include "store/annotations.h"

namespace parnas::rest {
namespace {

constexpr TrialState kTrialStates[] = {TrialState::waiting,
                                       TrialState::running,
                                       TrialState::complete,
                                       TrialState::pruned,
                                       TrialState::fail};

std::int64_t fingerprint(const Json& json) {
    constexpr std::uint64_t kExact = (std::uint64_t{1} << 53) - 1;  // of a double
    return static_cast<std::int64_t>(hash_bytes(dump_json(json)).low & kExact);
}

Json counts_json(const TrialCounts& counts) {
    Json json = Json::object();
    std::int64_t all = 0;
    json["trials"] = all;
    for (const TrialState state : kTrialStates) {
        const auto found = counts.find(state);
        const std::int64_t count = found == counts.end() ? 0 : found->second;
        json[std::string(to_string(state))] = count;
        all += count;
    }
    json["trials"] = all;
    return json;
}

}  // namespace

std::int64_t revision_of(const SeenStudy& study) {
    const store::Annotations annotations = store::annotations_of_study(study.attributes);
    return fingerprint({std::string(to_string(study.record.state)),
                        study.record.state_reason,
                        study.record.spec.job,
                        annotations.tags,
                        annotations.note});
}

std::int64_t revision_of(const SeenStudy& study, const store::TrialRecord& trial) {
    const store::Annotations annotations = store::annotations_of_trial(study.attributes, trial);
    return fingerprint(
        {std::string(to_string(trial.state)), trial.attempt, annotations.tags, annotations.note});
}

Json shown_job(const std::string& text) {
    Json job = parse_json(text, "job");
    for (const char* path : {"base", "store"})
        job.erase(path);
    return job;
}

Json objectives_json(const store::StudySpec& spec) {
    Json json = Json::array();
    for (std::size_t i = 0; i < spec.metrics.size(); ++i)
        json.push_back({{"metric", spec.metrics[i]},
                        {"direction", std::string(to_string(spec.directions[i]))}});
    return json;
}

Json summary_json(const SeenStudy& study) {
    const store::StudyRecord& record = study.record;
    return {{"id", static_cast<std::int64_t>(record.id)},
            {"name", record.spec.name},
            {"project", project_of(study.attributes)},
            {"state", std::string(to_string(record.state))},
            {"state_reason", record.state_reason},
            {"objectives", objectives_json(record.spec)},
            {"trials", record.trials},
            {"tags", store::annotations_of_study(study.attributes).tags},
            {"created", to_rfc3339(record.created)}};
}

Json study_json(const SeenStudy& study, const TrialCounts& counts, std::size_t front) {
    Json json = summary_json(study);
    json.erase("trials");
    json["counts"] = counts_json(counts);
    json["front"] = front;
    if (!study.record.spec.job.empty())
        json["job"] = shown_job(study.record.spec.job);
    json["note"] = store::annotations_of_study(study.attributes).note;
    json["revision"] = revision_of(study);
    return json;
}

Json attempts_json(const std::vector<store::AttemptRecord>& attempts) {
    Json json = Json::array();
    for (const store::AttemptRecord& attempt : attempts) {
        Json entry = {{"attempt", attempt.attempt},
                      {"lease", attempt.lease},
                      {"state", std::string(to_string(attempt.state))},
                      {"worker", attempt.worker},
                      {"granted", to_rfc3339(attempt.granted)}};
        if (!attempt.reason.empty())
            entry["reason"] = attempt.reason;
        if (attempt.ended)
            entry["ended"] = to_rfc3339(*attempt.ended);
        json.push_back(std::move(entry));
    }
    return json;
}

// Of all that is known of a trial, times and seeds are written as the interface has them.
Json trial_json(const SeenStudy& study, const store::TrialRecord& trial, TrialDetail detail) {
    Json json = search::trial_json(study.record.spec, trial, search::Detail::everything);
    json["seed"] = std::to_string(trial.seed);
    json.erase("cost_seconds");
    json["cost_s"] = trial.cost.count();
    if (detail == TrialDetail::listed)
        json.erase("reports");
    else if (!trial.genotype.empty())
        json["genotype"] = search::attribute_json(trial.genotype);
    if (trial.started)
        json["started"] = to_rfc3339(*trial.started);
    if (trial.finished)
        json["finished"] = to_rfc3339(*trial.finished);
    const store::Annotations annotations = store::annotations_of_trial(study.attributes, trial);
    if (!annotations.tags.empty())
        json["tags"] = annotations.tags;
    if (!annotations.note.empty())
        json["note"] = annotations.note;
    return json;
}

}  // namespace parnas::rest
