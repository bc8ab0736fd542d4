// SPDX-License-Identifier: Apache-2.0
#include "api/rest/job_reading.h"

#include <algorithm>
#include <map>
#include <optional>

#include <nlohmann/json.hpp>

#include "api/http/problem.h"
#include "api/rest/etag.h"
#include "api/rest/record_page.h"
#include "api/rest/study_access.h"
#include "api/rest/times.h"

namespace parnas::rest {
namespace {

using store::JobRecord;

// How many trials have ended, and how many the budget allows.
Json progress_json(const store::StudyRecord& study, const Service& service) {
    std::int64_t done = 0;
    for (const auto& [state, count] : service.kept.count_trials(study.id))
        done += is_finished(state) ? count : 0;
    Json json = {{"done", done}};
    if (study.spec.job.empty())
        return json;
    const Json job = parse_json(study.spec.job, study.spec.name);
    const Json::json_pointer budget("/budget/trials");
    if (job.contains(budget))
        json["total"] = job.at(budget);
    return json;
}

Json job_json(const JobRecord& job, const store::StudyRecord& study, const Service& service) {
    Json json = {{"id", job.id},
                 {"study", study.spec.name},
                 {"kind", job.kind},
                 {"state", std::string(to_string(job.state))},
                 {"progress", progress_json(study, service)},
                 {"submitted", to_rfc3339(job.submitted)},
                 {"revision", job.revision}};
    if (!job.reason.empty())
        json["reason"] = job.reason;
    if (job.started)
        json["started"] = to_rfc3339(*job.started);
    if (job.ended)
        json["ended"] = to_rfc3339(*job.ended);
    return json;
}

http::Response list_jobs(const Call& call, const Service& service) {
    std::map<StudyId, store::StudyRecord> seen;
    for (SeenStudy& study : studies_seen_by(call.caller(), service.store))
        seen.emplace(study.record.id, std::move(study.record));
    const std::optional<std::string> state = call.optional_text("state");
    std::optional<StudyId> only;
    if (const auto name = call.optional_text("study"))
        only = find_study(call.caller(), service.store, *name).record.id;
    return page_of_records(
        call,
        service.pages,
        [&](const std::string& after, std::int64_t limit) {
            return service.kept.jobs(after, limit, only);
        },
        [&](const JobRecord& job) -> std::optional<Json> {
            const auto study = seen.find(job.study);
            if (study == seen.end() || (state && *state != to_string(job.state)))
                return std::nullopt;
            return job_json(job, study->second, service);
        });
}

}  // namespace

SeenJob find_job(const Call& call, const Service& service) {
    const std::string id = call.text("job");
    SeenJob seen{.job = service.kept.find_job(id), .study = {}};
    seen.study = service.store.study(seen.job.study);
    find_study(call.caller(), service.store, seen.study.spec.name);
    return seen;
}

http::Response answer_job(int status, const SeenJob& seen, const Service& service) {
    http::Response response = http::make_json(status, job_json(seen.job, seen.study, service));
    response.headers.set("ETag", make_etag(seen.job.revision, response.body));
    return response;
}

void add_job_reading(Operations& operations, const Service& service) {
    operations["list_jobs"] = [&service](const Call& call) { return list_jobs(call, service); };
    operations["get_job"] = [&service](const Call& call) {
        return answer_job(200, find_job(call, service), service);
    };
}

}  // namespace parnas::rest
