// SPDX-License-Identifier: Apache-2.0
#include "api/rest/worker_reading.h"

#include <optional>

#include <nlohmann/json.hpp>

#include "api/rest/etag.h"
#include "api/rest/record_page.h"
#include "api/rest/study_access.h"
#include "api/rest/times.h"
#include "api/service/workers.h"

namespace parnas::rest {
namespace {

using store::WorkerRecord;

Json worker_json(const WorkerRecord& worker, TimePoint time) {
    Json json = {{"id", worker.id},
                 {"name", worker.name},
                 {"host", worker.host},
                 {"pid", worker.pid},
                 {"version", worker.version},
                 {"state", service::state_of(worker, time)},
                 {"draining", worker.draining},
                 {"registered", to_rfc3339(worker.registered)},
                 {"last_seen", to_rfc3339(worker.last_seen)},
                 {"revision", worker.revision}};
    if (!worker.target.empty())
        json["target"] = worker.target;
    return json;
}

// Of studies that the caller may see.
Json leases_json(const Call& call, const Service& service, const std::string& worker) {
    Json json = Json::array();
    for (const SeenStudy& study : studies_seen_by(call.caller(), service.store))
        for (const store::AttemptRecord& attempt : service.kept.open_attempts(study.record.id))
            if (attempt.worker == worker)
                json.push_back({{"lease", attempt.lease},
                                {"study", study.record.spec.name},
                                {"trial", attempt.number},
                                {"attempt", attempt.attempt}});
    return json;
}

http::Response list_workers(const Call& call, const Service& service) {
    const TimePoint time = now();
    const std::optional<std::string> state = call.optional_text("state");
    return page_of_records(
        call,
        service.pages,
        [&](const std::string& after, std::int64_t limit) {
            return service.kept.workers(after, limit);
        },
        [&](const WorkerRecord& worker) -> std::optional<Json> {
            if (state && *state != service::state_of(worker, time))
                return std::nullopt;
            return worker_json(worker, time);
        });
}

}  // namespace

http::Response answer_worker(const Call& call, const WorkerRecord& worker, const Service& service) {
    Json json = worker_json(worker, now());
    json["leases"] = leases_json(call, service, worker.id);
    http::Response response = http::make_json(200, json);
    response.headers.set("ETag", make_etag(worker.revision, response.body));
    return response;
}

void add_worker_reading(Operations& operations, const Service& service) {
    operations["list_workers"] = [&service](const Call& call) {
        return list_workers(call, service);
    };
    operations["get_worker"] = [&service](const Call& call) {
        return answer_worker(call, service.kept.find_worker(call.text("worker")), service);
    };
}

}  // namespace parnas::rest
