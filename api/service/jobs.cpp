// SPDX-License-Identifier: Apache-2.0
#include "api/service/jobs.h"

#include <future>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/service/attributes.h"
#include "core/error.h"
#include "core/ulid.h"
#include "search/clone_study.h"
#include "store/storage_fault.h"

namespace parnas::service {
namespace {

using store::JobState;

bool has_ended(JobState state) {
    return state == JobState::completed || state == JobState::failed ||
           state == JobState::cancelled;
}

JobState ended_as(store::StudyState state) {
    return state == store::StudyState::complete ? JobState::completed
           : state == store::StudyState::failed ? JobState::failed
                                                : JobState::cancelled;
}

std::string document_of(int workers) {
    return dump_json(Json{{"workers", workers}});
}

int workers_of(const store::JobRecord& job) {
    return parse_json(job.document, job.id).value("workers", 0);
}

store::JobRecord job_of(StudyId study, const Submission& with) {
    return {.id = with.id,
            .study = study,
            .kind = "search",
            .state = JobState::queued,
            .document = document_of(with.workers),
            .token = with.token,
            .submitted = now()};
}

}  // namespace

Jobs::Jobs(store::Store& store, StudyHost& host, RequestPreparer prepare, std::uint64_t seed)
    : store_(store),
      kept_(store::service_store(store)),
      host_(host),
      prepare_(std::move(prepare)),
      rng_(seed) {}

std::string Jobs::make_id() {
    const MutexLock lock(names_);
    return "job_" + make_ulid(now(), rng_);
}

store::JobRecord Jobs::submit(const Json& document, const Submission& with) {
    search::PreparedStudy study = prepare_(document);
    search::resolve_warm_start(study, store_);
    store::Batch first;
    const auto add = [&](std::string_view key, const Json& value) {
        first.attributes.push_back({.kind = store::AttributeKind::system,
                                    .key = std::string(key),
                                    .value = dump_json(value)});
    };
    add(kProjectAttribute, with.project);
    if (with.cloned_from)
        add(search::kClonedFrom, {{"study", *with.cloned_from}, {"trials", 0}});
    first.jobs.push_back(job_of({}, with));  // the store knows its study
    if (with.answer)
        first.answers.push_back(*with.answer);
    store_.create_study(search::study_spec(study.job), first);
    store::JobRecord job = kept_.find_job(with.id);
    begin(job, with.workers);
    return job;
}

store::JobRecord Jobs::submit(StudyId study, const Submission& with) {
    const auto hosted = host_.find(study);
    if (hosted && !hosted->end())
        throw Error(ErrorKind::conflict, "the study is driven already", hosted->name());
    store::JobRecord job = put(job_of(study, with), {.answer = with.answer});
    begin(job, with.workers);
    return job;
}

void Jobs::begin(store::JobRecord& job, int workers) {
    const MutexLock lock(mutex_);
    const bool paused = job.state == JobState::paused;
    job.started = job.started.value_or(now());
    try {
        host_.drive(job.study, {.workers = workers, .paused = paused});
        job.state = paused ? JobState::paused : JobState::running;
    } catch (const Error& error) {
        job.state = JobState::failed;
        job.reason = error.what();
        job.ended = now();
    }
    job = put(std::move(job));
}

store::JobRecord Jobs::put(store::JobRecord job, const store::PutOptions& with) {
    job.revision = kept_.put(job, with);
    return job;
}

std::optional<store::JobRecord> Jobs::last_of(StudyId study) const {
    std::vector<store::JobRecord> jobs = kept_.jobs({}, INT64_MAX, study);
    return jobs.empty() ? std::nullopt : std::optional(std::move(jobs.back()));
}

store::JobRecord Jobs::cancel(std::string_view id) {
    const MutexLock lock(mutex_);
    store::JobRecord job = kept_.find_job(id);
    if (has_ended(job.state))
        throw Error(ErrorKind::conflict,
                    fmt::format("the job has ended already: {}", to_string(job.state)),
                    job.id);
    job.state = JobState::cancelled;
    job.reason = "on request";
    job.ended = now();
    job = put(std::move(job));
    host_.stop(job.study);
    return job;
}

void Jobs::pause(StudyId study, bool paused) {
    host_.pause(study, paused);
    const MutexLock lock(mutex_);
    std::optional<store::JobRecord> job = last_of(study);
    if (!job || has_ended(job->state))
        return;
    job->state = paused ? JobState::paused : JobState::running;
    put(*std::move(job));
}

void Jobs::change_budget(const store::StudyRecord& study,
                         const search::Budget& budget,
                         const std::string& actor) {
    const std::string& name = study.spec.name;
    if (study.spec.job.empty())
        throw Error(ErrorKind::conflict, "another program made the study: it has no budget", name);
    const auto hosted = host_.find(study.id);
    if ((!hosted || hosted->end()) && store_.holder(study.id))
        throw Error(ErrorKind::conflict, "another program searches the study", name);
    Json job = parse_json(study.spec.job, name);
    job["budget"] = search::budget_json(budget);
    const MutexLock lock(mutex_);  // so that drivers hear of changes in the store's order
    kept_.change_job(study.id,
                     {.job = dump_json(job),
                      .expected = study.spec.job,
                      .audit = {.time = now(),
                                .actor = actor,
                                .action = "study.budget",
                                .subject = name,
                                .detail = dump_json(job["budget"])}});
    host_.allow(study.id, budget);
}

std::shared_ptr<HostedStudy> Jobs::need_driven(StudyId study) const {
    std::shared_ptr<HostedStudy> hosted = host_.find(study);
    if (!hosted || (hosted->end() && !host_.stopping()))
        throw Error(ErrorKind::conflict,
                    "nobody searches the study now: submit a job for it first",
                    store_.study(study).spec.name);
    return hosted;
}

std::vector<TrialNumber> Jobs::add(StudyId study, search::AddedTrials trials) {
    const std::shared_ptr<HostedStudy> hosted = need_driven(study);
    try {
        return hosted->desk()->add(std::move(trials)).get();
    } catch (const std::future_error&) {
        // The driver ended before it could write them.
        const Error error(ErrorKind::unavailable, "nobody drives the study now: try again later");
        if (const std::optional<store::StorageFault> fault = kept_.fault())
            throw store::StorageError(fault->trouble, error);
        need_driven(study);
        throw Error(error);
    }
}

void Jobs::remove(StudyId study, const std::string& actor) {
    const store::StudyRecord record = store_.study(study);
    host_.forget(study);
    const MutexLock lock(mutex_);
    kept_.delete_study(study,
                       {.time = now(),
                        .actor = actor,
                        .action = "study.deleted",
                        .subject = record.spec.name,
                        .detail = dump_json(Json{{"trials", record.trials}})});
}

std::vector<std::string> Jobs::resume() {
    std::vector<std::string> failed;
    for (store::JobRecord job : kept_.jobs()) {
        if (has_ended(job.state))
            continue;
        begin(job, workers_of(job));
        if (job.state == JobState::failed)
            failed.push_back(fmt::format("{}: {}", job.id, job.reason));
    }
    return failed;
}

void Jobs::end(StudyId study, const search::StudyEnd& end) {
    if (host_.stopping())
        return;  // the next server goes on
    const MutexLock lock(mutex_);
    std::optional<store::JobRecord> job = last_of(study);
    if (!job || has_ended(job->state))
        return;
    job->state = ended_as(end.state);
    job->reason = end.reason;
    job->ended = now();
    put(*std::move(job));
}

}  // namespace parnas::service
