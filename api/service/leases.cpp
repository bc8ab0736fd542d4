// SPDX-License-Identifier: Apache-2.0
#include "api/service/leases.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/mutation.h"
#include "core/ulid.h"

namespace parnas::service {
namespace {

using Clock = search::LeaseDesk::Clock;

Error superseded(std::string_view lease) {
    return {ErrorKind::conflict,
            "the lease was taken away: nothing was heard of its worker, and another one has the "
            "trial, or it has ended",
            std::string(lease)};
}

}  // namespace

std::string_view to_string(NoTrial reason) {
    switch (reason) {
        case NoTrial::none:
            return "none";
        case NoTrial::waiting_for_results:
            return "waiting_for_results";
        case NoTrial::nothing_ready:
            return "nothing_ready";
        case NoTrial::paused:
            return "paused";
        case NoTrial::study_ended:
            return "study_ended";
        case NoTrial::no_study:
            return "no_study";
    }
    return "";
}

Leases::Leases(StudyHost& host, store::Store& store, std::uint64_t seed, Options options)
    : host_(host),
      store_(store),
      kept_(store::service_store(store)),
      options_(options),
      rng_(seed) {}

Granted Leases::take(const LeaseRequest& request,
                     const MakeAnswer& make_answer,
                     const std::stop_token& stop) {
    if (request.study) {
        const std::shared_ptr<HostedStudy> study = host_.find(*request.study);
        if (study)
            return take_from(study, request, make_answer, stop);
        const bool over = store_.study(*request.study).state != store::StudyState::running;
        return {.reason = over ? NoTrial::study_ended : NoTrial::no_study};
    }
    LeaseRequest at_once = request;
    at_once.until = Clock::now();
    for (;;) {
        const std::uint64_t seen = host_.changes();
        std::vector<std::shared_ptr<HostedStudy>> studies = host_.driven();
        if (request.may_take)
            std::erase_if(studies, [&](const std::shared_ptr<HostedStudy>& study) {
                return !request.may_take(*study);
            });
        Granted granted{.reason = NoTrial::no_study};
        if (!studies.empty()) {
            const MutexLock lock(mutex_);
            std::rotate(studies.begin(),
                        studies.begin() + static_cast<std::ptrdiff_t>(next_++ % studies.size()),
                        studies.end());
        }
        for (const std::shared_ptr<HostedStudy>& study : studies) {
            granted = take_from(study, at_once, make_answer, stop);
            if (!granted.leases.empty())
                return granted;
        }
        if (stop.stop_requested() || Clock::now() >= request.until)
            return granted;
        host_.wait_for_change(seen, stop, request.until);
    }
}

Granted Leases::take_from(const std::shared_ptr<HostedStudy>& study,
                          const LeaseRequest& request,
                          const MakeAnswer& make_answer,
                          const std::stop_token& stop) {
    const std::shared_ptr<search::LeaseDesk> desk = study->desk();
    const search::LeaseTerms& terms = study->prepared().job.leases;
    const search::LeaseTimes times{.ttl = terms.ttl.value_or(options_.ttl),
                                   .progress = terms.progress_deadline};
    Granted granted;
    for (search::Lease& lease : desk->lease_some(request.most, stop, request.until)) {
        const TimePoint time = now();
        store::AttemptStart attempt{.lease = make_id(time),
                                    .number = lease.candidate.number,
                                    .attempt = lease.attempt,
                                    .worker = request.worker,
                                    .ttl = times.ttl,
                                    .granted = time};
        granted.leases.push_back(
            {.attempt = std::move(attempt), .lease = std::move(lease), .study = study});
    }
    if (granted.leases.empty()) {
        granted.reason = why_none(*study, *desk);
        return granted;
    }
    try {
        grant(granted.leases, make_answer);
    } catch (...) {
        for (const GrantedLease& each : granted.leases)
            desk->put_back(each.lease.key());
        throw;
    }
    for (const GrantedLease& each : granted.leases)
        desk->make_remote(each.lease.key(), times);
    return granted;
}

NoTrial Leases::why_none(const HostedStudy& study, const search::LeaseDesk& desk) const {
    if (study.end() && !host_.stopping())
        return NoTrial::study_ended;
    if (study.paused())
        return NoTrial::paused;
    return desk.demand() > 0 ? NoTrial::waiting_for_results : NoTrial::nothing_ready;
}

void Leases::grant(std::span<const GrantedLease> granted, const MakeAnswer& make_answer) {
    std::vector<store::AttemptStart> attempts;
    for (const GrantedLease& each : granted)
        attempts.push_back(each.attempt);
    const StudyId study = granted.front().study->id();
    kept_.grant(study, attempts, make_answer ? make_answer(granted) : std::nullopt);
    const MutexLock lock(mutex_);
    for (const store::AttemptStart& attempt : attempts)
        open_.emplace(attempt.lease,
                      Known{.study = study,
                            .key = {attempt.number, attempt.attempt},
                            .ttl = attempt.ttl,
                            .worker = attempt.worker,
                            .settled = {}});
}

std::string Leases::make_id(TimePoint time) {
    const MutexLock lock(mutex_);
    return "lse_" + make_ulid(time, rng_);
}

std::optional<Leases::Known> Leases::find(std::string_view lease, std::int64_t fence) {
    const std::string id(lease);
    std::optional<Known> known;
    {
        const MutexLock lock(mutex_);
        if (const auto found = open_.find(id); found != open_.end())
            known = found->second;
    }
    if (!known) {
        const store::AttemptRecord record = kept_.find_lease(lease);
        known = Known{.study = record.study,
                      .key = {record.number, record.attempt},
                      .ttl = record.ttl,
                      .worker = record.worker,
                      .settled = {}};
        if (record.state != store::AttemptState::open && !mutated("no_fence")) {
            if (record.attempt != fence)
                throw superseded(lease);
            return std::nullopt;
        }
        const MutexLock lock(mutex_);
        open_.emplace(id, *known);
    }
    if (mutated("no_fence"))
        known->key.attempt = kept_.attempts(known->study, known->key.number).back().attempt;
    else if (known->key.attempt != fence)
        throw superseded(lease);
    return known;
}

// Says so if that is because the store cannot be written, or because nobody is going to.
void Leases::throw_not_driven(StudyId study) const {
    const Error error(ErrorKind::unavailable, "nobody drives the study now: try again later");
    if (const std::optional<store::StorageFault> fault = kept_.fault())
        throw store::StorageError(fault->trouble, error);
    if (!goes_on(study))
        throw Error(ErrorKind::conflict, "the search has ended, and nobody waits for the trial");
    throw Error(error);
}

// Whether the study is to be driven, now or when the server has started.
bool Leases::goes_on(StudyId study) const {
    if (const std::shared_ptr<HostedStudy> hosted = host_.find(study))
        return !hosted->end() || host_.stopping();
    const std::vector<store::JobRecord> jobs = kept_.jobs({}, INT64_MAX, study);
    return jobs.empty() || !jobs.back().ended;
}

std::shared_ptr<HostedStudy> Leases::study_of(const Known& lease) const {
    std::shared_ptr<HostedStudy> study = host_.find(lease.study);
    if (!study) {
        store_.study(lease.study);  // not found: it was deleted
        throw_not_driven(lease.study);
    }
    return study;
}

Beat Leases::renew(std::string_view lease, std::int64_t fence, std::optional<double> progress) {
    const std::optional<Known> known = find(lease, fence);
    if (!known)
        throw superseded(lease);
    const std::shared_ptr<HostedStudy> study = study_of(*known);
    switch (study->desk()->renew(known->key, progress)) {
        case search::Heard::go_on:
        case search::Heard::stop:
            break;
        case search::Heard::lost:
            throw superseded(lease);
        case search::Heard::closed:
            // Nobody can take the trial while the store cannot be written.
            if (!kept_.fault())
                throw_not_driven(known->study);
            break;
    }
    return {.worker = known->worker,
            .expires_in = known->ttl,
            .should_stop = study->end() && !host_.stopping()};
}

bool Leases::report(std::string_view lease,
                    std::int64_t fence,
                    std::span<const LeaseReport> reports) {
    const std::optional<Known> known = find(lease, fence);
    if (!known)
        throw superseded(lease);
    const std::shared_ptr<search::LeaseDesk> desk = study_of(*known)->desk();
    for (const LeaseReport& each : reports) {
        switch (desk->report(known->key, each.step, each.metrics)) {
            case search::Heard::go_on:
                break;
            case search::Heard::stop:
                return true;
            case search::Heard::lost:
                throw superseded(lease);
            case search::Heard::closed:
                throw_not_driven(known->study);
        }
    }
    return false;
}

// What is sent again waits with the first one, or finds what became of it.
HandedIn Leases::hand_in(std::string_view lease,
                         std::int64_t fence,
                         std::optional<Outcome> outcome,
                         const std::function<std::optional<std::string>()>& weights) {
    HandedIn handed{.lease = std::string(lease), .study = {}, .settled = {}};
    const std::optional<Known> known = find(lease, fence);
    if (!known)
        return handed;
    handed.study = known->study;
    const std::shared_ptr<search::LeaseDesk> desk = study_of(*known)->desk();
    const MutexLock lock(mutex_);
    const auto found = open_.find(handed.lease);
    if (found == open_.end())
        return handed;  // somebody has just heard of it
    std::shared_future<TrialState>& settled = found->second.settled;
    if (!settled.valid())
        settled =
            (outcome
                 ? desk->finish(known->key, *std::move(outcome), weights ? weights() : std::nullopt)
                 : desk->give_back(known->key))
                .share();
    handed.settled = settled;
    return handed;
}

TrialState Leases::settle(const HandedIn& handed) {
    if (!handed.settled.valid())
        return state_of(handed.lease);
    try {
        const TrialState state = handed.settled.get();
        const MutexLock lock(mutex_);
        open_.erase(handed.lease);
        return state;
    } catch (const Error&) {
        const MutexLock lock(mutex_);
        open_.erase(handed.lease);
        throw superseded(handed.lease);
    } catch (const std::future_error&) {
        // The driver ended before it could write the result.
        {
            const MutexLock lock(mutex_);
            if (const auto found = open_.find(handed.lease); found != open_.end())
                found->second.settled = {};
        }
        throw_not_driven(handed.study);
    }
}

bool Leases::was_deleted(std::string_view lease) {
    StudyId study{};
    {
        const MutexLock lock(mutex_);
        const auto found = open_.find(std::string(lease));
        if (found == open_.end())
            return false;
        study = found->second.study;
    }
    try {
        store_.study(study);
        return false;
    } catch (const Error& error) {
        return error.kind() == ErrorKind::not_found;
    }
}

LeasedTrial Leases::trial_of(std::string_view lease) {
    LeasedTrial trial;
    {
        const MutexLock lock(mutex_);
        if (const auto found = open_.find(std::string(lease)); found != open_.end())
            trial = {.id = found->second.study, .number = found->second.key.number};
    }
    if (trial.id == StudyId{}) {
        const store::AttemptRecord record = kept_.find_lease(lease);
        trial = {.id = record.study, .number = record.number};
    }
    trial.study = host_.find(trial.id);
    trial.name = trial.study ? trial.study->name() : store_.study(trial.id).spec.name;
    return trial;
}

// Of a lease whose attempt has ended, if it ended with this worker's word.
TrialState Leases::state_of(std::string_view lease) const {
    const store::AttemptRecord record = kept_.find_lease(lease);
    switch (record.state) {
        case store::AttemptState::ok:
        case store::AttemptState::error:
            return store_.trial(record.study, record.number).state;
        case store::AttemptState::preempted:
            return TrialState::running;
        case store::AttemptState::open:
        case store::AttemptState::expired:
        case store::AttemptState::superseded:
        case store::AttemptState::cancelled:
            break;
    }
    throw superseded(lease);
}

}  // namespace parnas::service
