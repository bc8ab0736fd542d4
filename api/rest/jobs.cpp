// SPDX-License-Identifier: Apache-2.0
#include "api/rest/jobs.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/http/problem.h"
#include "api/rest/bodies.h"
#include "api/rest/etag.h"
#include "api/rest/job_reading.h"
#include "api/rest/store_answers.h"
#include "api/rest/study_access.h"
#include "api/rest/study_json.h"
#include "api/rest/study_reading.h"
#include "api/rest/times.h"
#include "store/annotations.h"

namespace parnas::rest {
namespace {

// Faults of a document as faults of the request that has it at `pointer`.
[[noreturn]] void refuse_document(const Error& error, const std::string& pointer) {
    std::vector<Fault> faults = error.faults();
    for (Fault& fault : faults)
        fault.where = pointer + (fault.where.starts_with('/') ? fault.where : "");
    throw http::HttpError(http::Problem{
        .status = 422, .detail = "the request has faults", .errors = std::move(faults)});
}

template <typename Read>
auto with_pointer(const std::string& pointer, const Read& read) -> decltype(read()) {
    try {
        return read();
    } catch (const http::HttpError&) {
        throw;
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::invalid_input || error.kind() == ErrorKind::not_found)
            refuse_document(error, pointer);
        throw;
    }
}

http::HttpError name_taken(const std::string& name) {
    return http::HttpError(
        http::Problem{.status = 409,
                      .slug = "name-taken",
                      .detail = fmt::format("'{}' is a study's name already", name)});
}

Json submitted_json(const store::JobRecord& job, const std::string& study) {
    return {{"id", job.id}, {"study", study}, {"state", to_string(job.state)}};
}

http::Response get_logs(const Call& call, const Service& service) {
    const StudyId study = find_job(call, service).study.id;
    const std::int64_t since = call.integer("since");
    const auto deadline = EventFeed::Clock::now() + std::chrono::seconds(call.integer("wait"));
    std::vector<store::Event> events = service.store.events(study, since);
    while (events.empty() && EventFeed::Clock::now() < deadline &&
           !call.request().stop.stop_requested()) {
        service.events.wait(service.kept.last_seq(), deadline, call.request().stop);
        events = service.store.events(study, since);
    }
    Json lines = Json::array();
    std::int64_t next = since;
    const auto limit = static_cast<std::size_t>(call.integer("limit"));
    for (const store::Event& event : events) {
        if (lines.size() == limit)
            break;
        next = event.seq;
        lines.push_back({{"seq", event.seq},
                         {"time", to_rfc3339(event.time)},
                         {"level", event.kind.ends_with("expired") ? "warning" : "info"},
                         {"text", event.kind + " " + event.body}});
    }
    return http::make_json(200, {{"lines", std::move(lines)}, {"next", next}});
}

// The search of a job begins with what others found; those have to be studies that the caller sees.
void check_warm_start(const Call& call, const Json& document, const Service& service) {
    const auto warm_start = document.find("warm_start");
    if (warm_start == document.end() || !warm_start->is_object() || !warm_start->contains("study"))
        return;
    const Json& studies = (*warm_start)["study"];
    for (const Json& study : studies.is_array() ? studies : Json::array({studies})) {
        if (!study.is_string())
            continue;  // the reader of the job says so
        const auto name = study.get<std::string>();
        try {
            find_study(call.caller(), service.store, name);
        } catch (const http::HttpError&) {
            throw Error(ErrorKind::invalid_input,
                        fmt::format("there is no study '{}'", name),
                        "/warm_start/study");
        }
    }
}

// --- changing -----------------------------------------------------------------------------

http::Response accepted(const store::JobRecord& job, const std::string& study) {
    http::Response response = http::make_json(202, submitted_json(job, study));
    response.headers.set("Location", "/v1/jobs/" + job.id);
    return response;
}

http::Response dry_run(const Json& document, const service::Jobs& jobs) {
    const search::PreparedStudy study = jobs.check(document);
    Json json{{"study", study.job.name},
              {"job", parse_json(search::to_job_document(study.job), study.job.name)}};
    if (study.job.budget.trials)
        json["trials"] = *study.job.budget.trials;
    return http::make_json(200, json);
}

// Of the request; `study` is what its answer names.
service::Submission submission_of(const Call& call,
                                  const std::string& id,
                                  const std::string& study) {
    const store::JobRecord job{.id = id, .state = store::JobState::queued};
    const Json& body = call.body();
    return {.id = id,
            .project = body.value("project", "default"),
            .token = call.caller().token,
            .workers = body.value("workers", 0),
            .answer = call.key() ? std::optional(to_store_answer(*call.key(), accepted(job, study)))
                                 : std::nullopt};
}

http::Response submit_document(const Call& call,
                               const Json& document,
                               const Service& service,
                               service::Jobs& jobs) {
    with_pointer("/study", [&] { check_warm_start(call, document, service); });
    if (call.body().value("dry_run", false))
        return with_pointer("/study", [&] { return dry_run(document, jobs); });
    const auto name = document["name"].get<std::string>();
    const service::Submission with = submission_of(call, jobs.make_id(), name);
    if (!call.caller().may_see(name, with.project))
        throw http::HttpError(403, "the token is not good for this project or study");
    store::JobRecord job = with_pointer("/study", [&]() -> store::JobRecord {
        try {
            return jobs.submit(document, with);
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::conflict)
                throw name_taken(name);
            throw;
        }
    });
    job.state = store::JobState::queued;  // as whoever repeats the request is told
    return accepted(job, name);
}

http::Response submit_job(const Call& call, const Service& service, service::Jobs& jobs) {
    const Json& study = call.body()["study"];
    if (study.is_object())
        return submit_document(call, study, service, jobs);
    const SeenStudy seen = find_study(call.caller(), service.store, study.get<std::string>());
    const std::string& name = seen.record.spec.name;
    if (call.body().value("dry_run", false))
        return with_pointer("/study",
                            [&] { return dry_run(parse_json(seen.record.spec.job, name), jobs); });
    store::JobRecord job = jobs.submit(seen.record.id, submission_of(call, jobs.make_id(), name));
    job.state = store::JobState::queued;
    return accepted(job, name);
}

// Tags in the place of those that the study has.
store::AnnotationChange annotation_of(const Json& body, const SeenStudy& study) {
    store::AnnotationChange change;
    if (body.contains("note"))
        change.note = body["note"].get<std::string>();
    if (body.contains("tags")) {
        change.tag = body["tags"].get<std::vector<std::string>>();
        for (const std::string& tag : store::annotations_of_study(study.attributes).tags)
            if (std::ranges::find(change.tag, tag) == change.tag.end())
                change.untag.push_back(tag);
    }
    return change;
}

http::Response create_study(const Call& call, const Service& service, service::Jobs& jobs) {
    const Json& document = call.body()["job"];
    const auto name = document["name"].get<std::string>();
    const service::Submission with = submission_of(call, jobs.make_id(), name);
    if (!call.caller().may_see(name, with.project))
        throw http::HttpError(403, "the token is not good for this project or study");
    with_pointer("/job", [&] { check_warm_start(call, document, service); });
    const auto answer = [&](int status) {
        return answer_study(status, find_study(call.caller(), service.store, name), service);
    };
    return with_pointer("/job", [&] {
        try {
            service::Submission unanswered = with;
            unanswered.answer.reset();
            const StudyId made = jobs.submit(document, unanswered).study;
            if (call.body().contains("tags") || call.body().contains("note"))
                jobs.annotate(made, annotation_of(call.body(), {}));
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::conflict)
                throw;
            if (call.text("on_conflict") != "get")
                throw name_taken(name);
            return answer(200);
        }
        return answer(201);
    });
}

// As one that came whole would have been. Throws Error(invalid_input), with pointers into it.
void check_document(const Json& document, const Service& service) {
    const std::string at = "/job";
    Faults faults;
    service.contract.operation("create_study")
        .body->json->check(Json{{"job", document}}, "", faults);
    if (faults.empty())
        return;
    std::vector<Fault> own = faults.list();
    for (Fault& fault : own)
        fault.where.erase(0, at.size());
    throw Error(ErrorKind::invalid_input, std::move(own));
}

// The job of a study with the request's overrides (RFC 7396).
Json clone_document(const Call& call, const store::StudyRecord& from) {
    if (from.spec.job.empty())
        throw Error(ErrorKind::conflict,
                    "another program made the study: it has no job to clone",
                    from.spec.name);
    const Json& body = call.body();
    const Json overrides = body.value("overrides", Json::object());
    if (overrides.contains("name"))
        refuse_document({ErrorKind::invalid_input, "is beside `overrides`", "/name"}, "/overrides");
    Json document = shown_job(from.spec.job);
    if (body.value("warm_start", false))
        document["warm_start"] = {{"study", from.spec.name}};
    document.merge_patch(overrides);
    document["name"] = body["name"];
    return document;
}

http::Response clone_study(const Call& call, const Service& service, service::Jobs& jobs) {
    const SeenStudy from = find_study(call, service.store);
    const Json document = clone_document(call, from.record);
    const auto name = document["name"].get<std::string>();
    service::Submission with = submission_of(call, jobs.make_id(), name);
    with.project = project_of(from.attributes);
    with.cloned_from = from.record.spec.name;
    with.answer.reset();
    if (!call.caller().may_see(name, with.project))
        throw http::HttpError(403, "the token is not good for this project or study");
    return with_pointer("/overrides", [&] {
        check_document(document, service);
        check_warm_start(call, document, service);
        try {
            jobs.submit(document, with);
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::conflict)
                throw name_taken(name);
            throw;
        }
        return answer_study(201, find_study(call.caller(), service.store, name), service);
    });
}

std::optional<search::Budget> read_new_budget(const Json& body) {
    if (!body.contains("budget"))
        return std::nullopt;
    const Json part{{"budget", body["budget"]}};
    Faults faults;
    ObjectReader reader(part, "", faults);
    const search::Budget budget = search::read_budget(reader);
    throw_unprocessable(faults);
    return budget;
}

http::Response update_study(const Call& call, const Service& service, service::Jobs& jobs) {
    const SeenStudy study = find_study(call, service.store);
    require_revision(call.request(), revision_of(study));
    const Json& body = call.body();
    if (const auto budget = read_new_budget(body))
        jobs.change_budget(study.record, *budget, actor_of(call.caller()));
    if (body.contains("state"))
        jobs.pause(study.record.id, body["state"] == "paused");
    if (body.contains("tags") || body.contains("note"))
        jobs.annotate(study.record.id, annotation_of(body, study));
    return answer_study(200, find_study(call, service.store), service);
}

http::Response delete_study(const Call& call, const Service& service, service::Jobs& jobs) {
    const SeenStudy study = find_study(call, service.store);
    require_revision(call.request(), revision_of(study));
    jobs.remove(study.record.id, actor_of(call.caller()));
    return {.status = 204};
}

}  // namespace

void add_jobs(Operations& operations, const Service& service, service::Jobs& jobs) {
    operations["submit_job"] = Operation(
        [&](const Call& call) { return submit_job(call, service, jobs); }, Recorded::by_operation);
    operations["cancel_job"] = [&](const Call& call) {
        const SeenJob seen = find_job(call, service);
        return http::make_json(202, submitted_json(jobs.cancel(seen.job.id), seen.study.spec.name));
    };
    operations["get_job_logs"] = [&](const Call& call) { return get_logs(call, service); };
    operations["create_study"] = [&](const Call& call) {
        return create_study(call, service, jobs);
    };
    operations["clone_study"] = [&](const Call& call) { return clone_study(call, service, jobs); };
    operations["delete_study"] = [&](const Call& call) {
        return delete_study(call, service, jobs);
    };
    operations["update_study"] = [&](const Call& call) {
        return update_study(call, service, jobs);
    };
}

}  // namespace parnas::rest
