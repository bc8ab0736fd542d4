// SPDX-License-Identifier: Apache-2.0
#include "api/service/study_host.h"

#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "core/error.h"
#include "search/local_workers.h"
#include "search/observer.h"
#include "store/storage_fault.h"

namespace parnas::service {
namespace {

using Clock = search::LeaseDesk::Clock;

// Between two tries to drive a study whose store is unavailable.
constexpr std::chrono::seconds kBetweenTries{2};
// For the store, until those who wait for a commit hear that it cannot be made now.
constexpr Seconds kPatience{0.5};

bool may_pass(const Error& error) {
    return error.kind() == ErrorKind::unavailable ||
           dynamic_cast<const store::StorageError*>(&error) != nullptr;
}

void sleep(std::chrono::seconds time, const std::stop_token& stop) {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any never;
    never.wait_for(lock, stop, time, [] { return false; });
}

class CommitListener final : public search::Observer {
  public:
    explicit CommitListener(const std::function<void()>& on_commit) : on_commit_(on_commit) {}

    void trial_finished(const Candidate&, const store::TrialFinish&) override {}
    void phase_progress(const search::PhaseProgress&) override {}
    void phase_finished(const store::PhaseRecord&) override {}
    void front_changed(std::span<const TrialNumber>) override {}
    void progress(const search::Progress&) override {
        if (on_commit_)
            on_commit_();
    }
    void store_unavailable(const Error&) override {}

  private:
    const std::function<void()>& on_commit_;
};

}  // namespace

class StudyHost::Hosted final : public HostedStudy {
  public:
    Hosted(StudyId id,
           search::PreparedStudy prepared,
           const Start& start,
           search::LeaseDesk::Options desk)
        : id_(id),
          prepared_(std::move(prepared)),
          workers_(start.workers),
          desk_options_(std::move(desk)),
          paused_(start.paused),
          budget_(prepared_.job.budget) {
        open_desk();
    }

    StudyId id() const override { return id_; }
    const std::string& name() const override { return prepared_.job.name; }
    const search::PreparedStudy& prepared() const override { return prepared_; }
    int workers() const { return workers_; }

    std::shared_ptr<search::LeaseDesk> desk() const override {
        const MutexLock lock(mutex_);
        return desk_;
    }
    std::optional<search::StudyEnd> end() const override {
        const MutexLock lock(mutex_);
        return end_;
    }
    bool paused() const override {
        const MutexLock lock(mutex_);
        return paused_;
    }

    // For the next time that it is driven.
    void open_desk() {
        const auto desk = std::make_shared<search::LeaseDesk>(desk_options_);
        bool paused = false;
        {
            const MutexLock lock(mutex_);
            desk_ = desk;
            paused = paused_;
        }
        // It tells the host, which asks this object while it holds a mutex of its own.
        if (paused)
            desk->pause(true);
    }
    std::optional<std::string> trouble() const override {
        const MutexLock lock(mutex_);
        return trouble_;
    }

    void set_trouble(std::optional<std::string> trouble) {
        const MutexLock lock(mutex_);
        trouble_ = std::move(trouble);
    }
    void set_end(search::StudyEnd end) {
        const MutexLock lock(mutex_);
        end_ = std::move(end);
    }
    void pause(bool paused) {
        std::shared_ptr<search::LeaseDesk> desk;
        {
            const MutexLock lock(mutex_);
            paused_ = paused;
            desk = desk_;
        }
        desk->pause(paused);
    }

    // With the budget of now.
    search::PreparedStudy to_drive() const {
        search::PreparedStudy study = prepared_;
        const MutexLock lock(mutex_);
        study.job.budget = budget_;
        return study;
    }
    void allow(const search::Budget& budget) {
        std::shared_ptr<search::LeaseDesk> desk;
        {
            const MutexLock lock(mutex_);
            budget_ = budget;
            desk = desk_;
        }
        desk->allow(budget);
    }

    // By several at once.
    void join() {
        const MutexLock lock(joining_);
        if (thread.joinable())
            thread.join();
    }

    std::jthread thread;

  private:
    Mutex joining_;
    const StudyId id_;
    const search::PreparedStudy prepared_;
    const int workers_;
    const search::LeaseDesk::Options desk_options_;
    mutable Mutex mutex_;
    std::shared_ptr<search::LeaseDesk> desk_ PARNAS_GUARDED_BY(mutex_);
    std::optional<search::StudyEnd> end_ PARNAS_GUARDED_BY(mutex_);
    bool paused_ PARNAS_GUARDED_BY(mutex_);
    search::Budget budget_ PARNAS_GUARDED_BY(mutex_);
    std::optional<std::string> trouble_ PARNAS_GUARDED_BY(mutex_);
};

StudyHost::StudyHost(store::Store& store, Preparer prepare, Options options)
    : store_(store), prepare_(std::move(prepare)), options_(std::move(options)) {}

StudyHost::~StudyHost() {
    stop_all();
}

void StudyHost::drive(StudyId id, const Start& start) {
    const auto study =
        std::make_shared<Hosted>(id,
                                 prepare_(store_.study(id), std::stop_token()),
                                 start,
                                 search::LeaseDesk::Options{.on_ready = [this] { tell_ready(); },
                                                            .pause = options_.pause,
                                                            .ahead = true,
                                                            .restores = true});
    std::shared_ptr<Hosted> before;
    const MutexLock lock(mutex_);
    if (stopping_)
        throw Error(ErrorKind::unavailable, "the server stops");
    std::shared_ptr<Hosted>& place = studies_[id];
    if (place && !place->end())
        throw Error(ErrorKind::conflict, "the study is driven already", study->name());
    before = std::exchange(place, study);
    study->thread =
        std::jthread([this, &hosted = *study](const std::stop_token& stop) { run(hosted, stop); });
}

void StudyHost::run(Hosted& study, const std::stop_token& stop) {
    search::StudyEnd end;
    if (options_.on_start)
        options_.on_start(study);
    std::string told;
    for (bool again = true; again;) {
        const Clock::time_point begin = Clock::now();
        try {
            again = false;
            end = drive_once(study, stop);
        } catch (const Error& error) {
            again = may_pass(error) && !stop.stop_requested();
            end = {.state = store::StudyState::stopped, .reason = error.what()};
        } catch (const std::exception& error) {
            end = {.state = store::StudyState::failed, .reason = error.what()};
        }
        if (again) {
            study.set_trouble(end.reason);
            // The same trouble is told once, not with each try.
            const bool is_new = told != end.reason || Clock::now() - begin > kBetweenTries;
            if (options_.on_wait && is_new)
                options_.on_wait(study, end.reason);
            told = end.reason;
            study.open_desk();
            sleep(kBetweenTries, stop);
            study.set_trouble(std::nullopt);
        }
    }
    // First: whoever sees the end may have the study driven again.
    tell_end(study, end, stop);
    study.set_end(end);
    tell_ready();
}

void StudyHost::tell_end(const Hosted& study,
                         const search::StudyEnd& end,
                         const std::stop_token& stop) {
    for (bool told = !options_.on_end; !told;) {
        try {
            options_.on_end(study.id(), end);
            told = true;
        } catch (const Error& error) {
            // Whoever goes on with the store later finds the study's end in it.
            told = !may_pass(error) || stop.stop_requested();
            if (!told)
                sleep(kBetweenTries, stop);
        }
    }
}

search::StudyEnd StudyHost::drive_once(Hosted& study, const std::stop_token& stop) {
    const search::RemoteLeases remote = remote_leases(study);
    const std::shared_ptr<search::LeaseDesk> desk = study.desk();
    const search::PreparedStudy prepared = study.to_drive();
    search::LocalWorkers local(
        {.desk = *desk,
         .evaluator = *prepared.evaluator,
         .space = *prepared.space,
         .store = store_,
         .workers = study.workers(),
         .threads = prepared.job.threads,
         .phase_threads = search::phase_thread_count(prepared.job, std::max(1, study.workers()))});
    const std::stop_callback stop_workers(stop, [&local] { local.request_stop(); });
    CommitListener listener(options_.on_commit);
    const std::vector<search::Observer*> observers{&listener};
    return search::drive_prepared(
        prepared,
        store_,
        study.id(),
        *desk,
        {.remote = &remote, .observers = observers, .patience = kPatience},
        stop);
}

search::RemoteLeases StudyHost::remote_leases(const Hosted& study) const {
    const store::ServiceStore& kept = store::service_store(store_);
    const StudyId id = study.id();
    search::RemoteLeases remote{
        .lost_workers =
            [&kept, id](TrialNumber number) {
                std::vector<std::string> lost;
                for (const store::AttemptRecord& attempt : kept.attempts(id, number))
                    if (attempt.state == store::AttemptState::expired)
                        lost.push_back(attempt.worker);
                return lost;
            },
        .on_expired =
            [this, &kept, &study](const search::LeaseKey& key) {
                if (!options_.on_expired)
                    return;
                for (const store::AttemptRecord& attempt : kept.attempts(study.id(), key.number))
                    if (attempt.attempt == key.attempt)
                        options_.on_expired(study, attempt);
            },
        .most_lost = study.prepared().job.leases.max_attempts.value_or(options_.most_lost)};
    for (const store::AttemptRecord& attempt : kept.open_attempts(id))
        remote.out.push_back({attempt.number, attempt.attempt, attempt.ttl});
    return remote;
}

void StudyHost::pause(StudyId id, bool paused) {
    if (const std::shared_ptr<Hosted> study = find_hosted(id))
        study->pause(paused);
}

void StudyHost::allow(StudyId id, const search::Budget& budget) {
    if (const std::shared_ptr<Hosted> study = find_hosted(id))
        study->allow(budget);
}

void StudyHost::stop(StudyId id) {
    const MutexLock lock(mutex_);
    if (const auto found = studies_.find(id); found != studies_.end())
        found->second->thread.request_stop();
}

void StudyHost::forget(StudyId id) {
    std::shared_ptr<Hosted> study;
    {
        const MutexLock lock(mutex_);
        const auto found = studies_.find(id);
        if (found == studies_.end())
            return;
        study = found->second;
        studies_.erase(found);
    }
    study->thread.request_stop();
    study->join();
    tell_ready();
}

void StudyHost::stop_all() {
    std::map<StudyId, std::shared_ptr<Hosted>> studies;
    {
        const MutexLock lock(mutex_);
        stopping_ = true;
        studies = studies_;
    }
    for (auto& [id, study] : studies)
        study->thread.request_stop();
    for (auto& [id, study] : studies)
        study->join();
    tell_ready();
}

bool StudyHost::stopping() const {
    const MutexLock lock(mutex_);
    return stopping_;
}

std::shared_ptr<StudyHost::Hosted> StudyHost::find_hosted(StudyId id) const {
    const MutexLock lock(mutex_);
    const auto found = studies_.find(id);
    return found == studies_.end() ? nullptr : found->second;
}

std::shared_ptr<HostedStudy> StudyHost::find(StudyId id) const {
    return find_hosted(id);
}

std::shared_ptr<HostedStudy> StudyHost::find_driven(std::string_view name) const {
    const MutexLock lock(mutex_);
    for (const auto& [id, study] : studies_)
        if (study->name() == name && !study->end())
            return study;
    return nullptr;
}

std::vector<std::shared_ptr<HostedStudy>> StudyHost::driven() const {
    std::vector<std::shared_ptr<HostedStudy>> driven;
    const MutexLock lock(mutex_);
    for (const auto& [id, study] : studies_)
        if (!study->end())
            driven.push_back(study);
    return driven;
}

std::uint64_t StudyHost::changes() const {
    const MutexLock lock(mutex_);
    return changes_;
}

void StudyHost::wait_for_change(std::uint64_t seen,
                                const std::stop_token& stop,
                                Clock::time_point until) {
    const std::stop_callback wake(stop, [this] {
        const MutexLock lock(mutex_);
        ready_.notify_all();
    });
    const MutexLock lock(mutex_);
    while (changes_ == seen && !stopping_ && !stop.stop_requested() &&
           ready_.wait_until(mutex_, until) == std::cv_status::no_timeout) {
    }
}

void StudyHost::tell_ready() {
    const MutexLock lock(mutex_);
    ++changes_;
    ready_.notify_all();
}

}  // namespace parnas::service
