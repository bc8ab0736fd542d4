// SPDX-License-Identifier: Apache-2.0
#include "api/client/worker.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "api/client/evaluation.h"
#include "api/client/held_leases.h"
#include "api/client/service_error.h"
#include "core/mutex.h"

namespace parnas::client {
namespace {

constexpr int kErrorsInRow = 3;
constexpr Seconds kToGiveBack{10.0};  // a server that is away longer notices without being told
constexpr Seconds kBetweenRequests{1.0};

using Clock = std::chrono::steady_clock;

// One run of a worker. Slots are threads; what they share is below the mutex or atomic.
class Session {
  public:
    Session(const WorkerParts& parts, const WorkerOptions& options)
        : client_(parts.client),
          observer_(parts.observer),
          options_(options),
          studies_(parts.client, parts.make_parts) {}

    WorkerEnd run(const std::stop_token& stop) {
        const Patience first{.longest = options_.first_contact, .stop = stop};
        if (options_.study)
            studies_.find(*options_.study, first);
        const Registration registration = enrol(first);
        held_.emplace(client_, registration.heartbeat);
        run_slots(stop);
        const MutexLock lock(mutex_);
        if (error_)
            std::rethrow_exception(error_);
        return end_.value_or(stop.stop_requested() ? WorkerEnd::interrupted
                                                   : WorkerEnd::max_trials);
    }

  private:
    Registration enrol(const Patience& patience) {
        const Registration registration = client_.register_worker(options_.card, patience);
        {
            const MutexLock lock(mutex_);
            id_ = registration.id;
        }
        observer_.registered(options_.card, registration);
        return registration;
    }

    void run_slots(const std::stop_token& stop) {
        {
            const MutexLock lock(mutex_);
            running_ = options_.slots;
        }
        std::vector<std::jthread> slots;
        for (int i = 0; i < options_.slots; ++i)
            slots.emplace_back([this] { run_slot(); });
        wait_for_slots(stop, std::nullopt);
        requests_.request_stop();
        wait_for_slots({}, options_.grace);
        held_->request_stop();
    }

    // Until they have ended, or the stop, or the end of `longest`.
    void wait_for_slots(const std::stop_token& stop, std::optional<Seconds> longest) {
        const std::stop_callback wake(stop, [this] {
            const MutexLock lock(mutex_);
            changed_.notify_all();
        });
        const auto end =
            Clock::now() + std::chrono::ceil<Clock::duration>(longest.value_or(Seconds(0.0)));
        const MutexLock lock(mutex_);
        while (running_ > 0 && !stop.stop_requested() && !(longest && Clock::now() >= end))
            if (longest)
                changed_.wait_until(mutex_, end);
            else
                changed_.wait(mutex_);
    }

    void run_slot() {
        try {
            while (!requests_.stop_requested() && reserve())
                take_and_work();
        } catch (...) {
            fail(std::current_exception());
        }
        const MutexLock lock(mutex_);
        --running_;
        changed_.notify_all();
    }

    // False if the last trials of max_trials are taken.
    bool reserve() {
        const MutexLock lock(mutex_);
        if (options_.max_trials && reserved_ >= *options_.max_trials)
            return false;
        ++reserved_;
        return true;
    }

    void release_reservation() {
        const MutexLock lock(mutex_);
        --reserved_;
    }

    void take_and_work() {
        const auto asked = Clock::now();
        const LeaseAnswer answer = ask();
        if (answer.leases.empty()) {
            release_reservation();
            if (!requests_.stop_requested())
                idle(answer, Clock::now() - asked);
            return;
        }
        ++busy_;
        // Of one lease, as was asked for; the next may come with the answer to its result.
        for (std::optional<LeaseGrant> lease = answer.leases.front(); lease;)
            lease = work_on(*lease);
        --busy_;
        last_work_ = Clock::now().time_since_epoch().count();
        if (held_->should_drain())
            end(WorkerEnd::drained);
    }

    LeaseAnswer ask() {
        const LeaseRequest request{.study = options_.study, .wait = options_.wait};
        const std::string key = client_.new_key();
        try {
            return ask_enrolled(request, key);
        } catch (const Error& error) {
            // Also a busy server's last answer: the stop ended the wait for a better one.
            if (error.kind() != ErrorKind::unavailable || !requests_.stop_requested())
                throw;
            return look_up(id(), request, key);
        }
    }

    LeaseAnswer ask_enrolled(const LeaseRequest& request, const std::string& key) {
        const Patience patience{.stop = requests_.get_token()};
        const std::string worker = id();
        try {
            return client_.lease(worker, request, key, patience);
        } catch (const ServiceError& error) {
            if (error.status() != 404)
                throw;
            enrol_again(worker);
            return client_.lease(id(), request, key, patience);
        }
    }

    // What an interrupted request was granted after all, so that it can be given back.
    LeaseAnswer look_up(const std::string& worker,
                        const LeaseRequest& request,
                        const std::string& key) {
        try {
            return client_.look_up_lease(worker, request, key);
        } catch (const Error&) {
            return {};
        }
    }

    // The server does not know `worker`: its store is another than it was.
    void enrol_again(const std::string& worker) {
        const MutexLock one_at_a_time(enrolling_);
        if (id() == worker)
            enrol({.stop = requests_.get_token()});
    }

    // Nothing was granted, after `waited`.
    void idle(const LeaseAnswer& answer, Seconds waited) {
        if (answer.reason == "study_ended")
            return end(WorkerEnd::study_ended);
        if (answer.reason == "draining")
            return end(WorkerEnd::drained);
        if (answer.reason == "no_study" && options_.study)
            throw Error(ErrorKind::not_found, "the study is gone", *options_.study);
        observer_.waiting(answer.reason);
        const Clock::duration since =
            Clock::now().time_since_epoch() - Clock::duration(last_work_.load());
        if (options_.idle_exit && busy_ == 0 && since >= *options_.idle_exit)
            return end(WorkerEnd::idle);
        // A server that answered at once is not asked again at once.
        pause(std::max(answer.retry_after.value_or(Seconds(0.0)), kBetweenRequests - waited));
    }

    void pause(Seconds time) {
        const std::stop_callback wake(requests_.get_token(), [this] {
            const MutexLock lock(mutex_);
            changed_.notify_all();
        });
        const auto until = Clock::now() + std::chrono::ceil<Clock::duration>(time);
        const MutexLock lock(mutex_);
        while (!requests_.stop_requested() && Clock::now() < until)
            changed_.wait_until(mutex_, until);
    }

    // These return the next lease, if there is one.
    std::optional<LeaseGrant> work_on(const LeaseGrant& grant) {
        const std::shared_ptr<HeldLease> lease = held_->hold(grant);
        std::optional<LeaseGrant> next;
        try {
            if (requests_.stop_requested())
                give_back(*lease, "the worker ends");
            else
                next = evaluate_and_send(*lease);
        } catch (...) {
            held_->release(*lease);
            throw;
        }
        held_->release(*lease);
        return next;
    }

    std::optional<LeaseGrant> evaluate_and_send(HeldLease& lease) {
        EvaluationEnd ended;
        try {
            const StudyParts parts =
                studies_.find(lease.grant().study, {.stop = requests_.get_token()});
            observer_.trial_started(lease.grant());
            ended = evaluate(lease, parts, client_);
        } catch (const Error& error) {
            give_back(lease, error.what());
            if (!passes(error))
                throw;
            return std::nullopt;
        }
        const bool broken = ended.error && ++errors_ >= kErrorsInRow;
        if (!ended.error && ended.result.kind != ResultKind::preempted)
            errors_ = 0;
        if (!broken)
            return send(lease, ended.result);
        give_back(lease, *ended.error);
        throw Error(
            ErrorKind::unavailable,
            fmt::format(
                "the evaluator failed {} times in a row, at last: {}", kErrorsInRow, *ended.error));
    }

    // Whether an error that kept a trial from being evaluated is none of the worker: it ends
    // anyway, or the study of a worker for all studies is gone.
    bool passes(const Error& error) const {
        const auto* refused = dynamic_cast<const ServiceError*>(&error);
        return (requests_.stop_requested() && error.kind() == ErrorKind::unavailable) ||
               (!options_.study && refused != nullptr && is_lost(*refused));
    }

    void give_back(HeldLease& lease, const std::string& reason) {
        send(lease, {.kind = ResultKind::preempted, .reason = reason});
    }

    // Until it is acknowledged, or turns out to be of no use.
    std::optional<LeaseGrant> send(HeldLease& lease, const TrialResult& result) {
        lease.end_evaluation();
        const bool given_back = result.kind == ResultKind::preempted;
        if (lease.lost().stop_requested()) {
            observer_.lease_lost(lease.grant(), lease.why_lost());
            return std::nullopt;
        }
        try {
            const bool more =
                !given_back && !requests_.stop_requested() && !held_->should_drain() && reserve();
            if (more)
                return send_and_take(lease.grant(), result);
            send_or_fail(lease.grant(),
                         result,
                         {.longest = given_back ? std::optional(kToGiveBack) : std::nullopt});
        } catch (const ServiceError& error) {
            if (!is_lost(error) && !given_back)
                throw;
            observer_.lease_lost(lease.grant(), error.what());
        } catch (const Error& error) {
            if (!given_back)
                throw;
            observer_.lease_lost(lease.grant(), error.what());
        }
        return std::nullopt;
    }

    // In one request, which waits for no trial. One is reserved; it stays so with a lease.
    std::optional<LeaseGrant> send_and_take(const LeaseGrant& lease, const TrialResult& result) {
        LeaseAnswer answer;
        try {
            answer = client_.lease(
                id(),
                {.study = options_.study, .results = {{lease.lease, lease.fence, result}}},
                client_.new_key(),
                {});
        } catch (const ServiceError& error) {
            release_reservation();
            if (error.status() != 404)  // the worker is not known: ask() sees to it
                throw;
            send_or_fail(lease, result, {});
            return std::nullopt;
        }
        if (answer.leases.empty())
            release_reservation();
        const ResultAnswer& answered = answer.results.front();
        if (!answered.refused)
            observer_.trial_ended(lease, result, answered.state);
        else if (is_lost(*answered.refused))
            observer_.lease_lost(lease, answered.refused->what());
        else
            send_as_failed(lease, result, *answered.refused, {});
        return answer.leases.empty() ? std::nullopt : std::optional(answer.leases.front());
    }

    void send_or_fail(const LeaseGrant& lease,
                      const TrialResult& result,
                      const Patience& patience) {
        try {
            observer_.trial_ended(lease, result, client_.send_result(lease, result, patience));
        } catch (const ServiceError& error) {
            send_as_failed(lease, result, error, patience);
        }
    }

    // A result that the server does not take becomes a failed trial that says why. Throws `refusal`
    // if that is no use.
    void send_as_failed(const LeaseGrant& lease,
                        const TrialResult& result,
                        const ServiceError& refusal,
                        const Patience& patience) {
        if (refusal.kind() != ErrorKind::invalid_input || result.kind == ResultKind::failed ||
            result.kind == ResultKind::preempted)
            throw ServiceError(refusal);
        const TrialResult failed{
            .kind = ResultKind::failed,
            .failure = FailureKind::crashed,
            .reason = fmt::format("the result was refused: {}", refusal.what()),
            .cost = result.cost};
        observer_.trial_ended(lease, failed, client_.send_result(lease, failed, patience));
    }

    std::string id() {
        const MutexLock lock(mutex_);
        return id_;
    }

    void end(WorkerEnd why) {
        {
            const MutexLock lock(mutex_);
            if (!end_)
                end_ = why;
        }
        requests_.request_stop();
    }

    // The first error ends the worker; running evaluations are given back.
    void fail(std::exception_ptr error) {
        {
            const MutexLock lock(mutex_);
            if (!error_)
                error_ = std::move(error);
        }
        requests_.request_stop();
        held_->request_stop();
    }

    ServiceClient& client_;
    WorkerObserver& observer_;
    const WorkerOptions& options_;
    StudyCache studies_;
    std::optional<HeldLeases> held_;
    std::stop_source requests_;  // no further leases
    std::atomic<int> busy_ = 0;
    std::atomic<int> errors_ = 0;  // in a row, over all slots
    std::atomic<Clock::rep> last_work_ = Clock::now().time_since_epoch().count();
    Mutex enrolling_;
    Mutex mutex_;
    std::condition_variable_any changed_;
    std::string id_ PARNAS_GUARDED_BY(mutex_);
    int running_ PARNAS_GUARDED_BY(mutex_) = 0;  // slots
    std::int64_t reserved_ PARNAS_GUARDED_BY(mutex_) = 0;
    std::optional<WorkerEnd> end_ PARNAS_GUARDED_BY(mutex_);
    std::exception_ptr error_ PARNAS_GUARDED_BY(mutex_);
};

}  // namespace

std::string_view to_string(WorkerEnd end) {
    switch (end) {
        case WorkerEnd::study_ended:
            return "study_ended";
        case WorkerEnd::max_trials:
            return "max_trials";
        case WorkerEnd::idle:
            return "idle";
        case WorkerEnd::drained:
            return "drained";
        case WorkerEnd::interrupted:
            return "interrupted";
    }
    return "";
}

WorkerEnd run_worker(const WorkerParts& parts,
                     const WorkerOptions& options,
                     const std::stop_token& stop) {
    Session session(parts, options);
    return session.run(stop);
}

}  // namespace parnas::client
