// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/mutex.h"
#include "search/lease_desk.h"
#include "search/run_study.h"
#include "store/service_store.h"
#include "store/store.h"

namespace parnas::service {

// A study's job with everything that it names, made from what the store has of it.
using Preparer =
    std::function<search::PreparedStudy(const store::StudyRecord& study, const std::stop_token&)>;

// A study that this process drives, or drove last.
class HostedStudy {
  public:
    virtual ~HostedStudy() = default;

    virtual StudyId id() const = 0;
    virtual const std::string& name() const = 0;
    virtual const search::PreparedStudy& prepared() const = 0;
    // A new one whenever it is driven again, as after trouble with the store.
    virtual std::shared_ptr<search::LeaseDesk> desk() const = 0;
    // Nullopt while it is driven.
    virtual std::optional<search::StudyEnd> end() const = 0;
    virtual bool paused() const = 0;
    // Why it waits to be driven again: what the store said. Nullopt while it need not wait.
    virtual std::optional<std::string> trouble() const = 0;
};

// Many studies at once, each driven by a thread of its own, with a desk at which workers of
// this process and remote ones meet. Thread-safe.
class StudyHost {
  public:
    struct Options {
        std::size_t most_lost = 3;  // search::RemoteLeases
        Seconds pause{1.0};         // LeaseDesk::Options
        // A study is driven from now on; called by its thread.
        std::function<void(const HostedStudy&)> on_start;
        // As HostedStudy::trouble() says, once for each trouble; called by its thread.
        std::function<void(const HostedStudy&, const std::string& trouble)> on_wait;
        // Nothing was heard of a worker, and its lease goes to another; called by the study's
        // thread.
        std::function<void(const HostedStudy&, const store::AttemptRecord&)> on_expired;
        std::function<void()> on_commit;  // a study's driver has written; called by its thread
        // A study has ended, or stopped, or was given up; called by its thread. Where it throws
        // what the store throws while it cannot be written, it is called again later.
        std::function<void(StudyId, const search::StudyEnd&)> on_end;
    };
    struct Start {
        int workers = 0;  // of this process
        bool paused = false;
    };

    // `store` is a service's store too, and outlives the host as `prepare` does.
    StudyHost(store::Store& store, Preparer prepare, Options options);
    // Stops all.
    ~StudyHost();

    // Drives the study from where it stands; leases that are out go on. While the store is
    // unavailable, or its disk or file is to blame, it tries again. Throws Error: conflict if it is
    // driven here already, what `prepare` throws, and unavailable while the host stops.
    void drive(StudyId id, const Start& start);
    // Of a study that is driven; no error for another one.
    void pause(StudyId id, bool paused);
    // Another budget for a study that is driven; no error for another one.
    void allow(StudyId id, const search::Budget& budget);
    // Asks the study to stop: evaluations in this process end, leases of others stay theirs.
    void stop(StudyId id);
    // Stops the study if it is driven, waits for that, and knows it no more.
    void forget(StudyId id);
    // Asks all, and waits for them. From then on the host is stopping.
    void stop_all();
    bool stopping() const;

    // Null if it was never driven here. Lives on in whoever has it.
    std::shared_ptr<HostedStudy> find(StudyId id) const;
    // Of those that are driven now.
    std::shared_ptr<HostedStudy> find_driven(std::string_view name) const;
    // That are driven now, by id.
    std::vector<std::shared_ptr<HostedStudy>> driven() const;

    // How often trials became ready or studies ended.
    std::uint64_t changes() const;
    // Waits for more changes than `seen`, at most until `until`. For those who take any trial.
    void wait_for_change(std::uint64_t seen,
                         const std::stop_token& stop,
                         search::LeaseDesk::Clock::time_point until);

  private:
    class Hosted;

    std::shared_ptr<Hosted> find_hosted(StudyId id) const;
    void run(Hosted& study, const std::stop_token& stop);
    void tell_end(const Hosted& study, const search::StudyEnd& end, const std::stop_token& stop);
    search::StudyEnd drive_once(Hosted& study, const std::stop_token& stop);
    search::RemoteLeases remote_leases(const Hosted& study) const;
    void tell_ready();

    store::Store& store_;
    Preparer prepare_;
    Options options_;
    mutable Mutex mutex_;
    std::condition_variable_any ready_;
    std::uint64_t changes_ PARNAS_GUARDED_BY(mutex_) = 0;
    bool stopping_ PARNAS_GUARDED_BY(mutex_) = false;
    std::map<StudyId, std::shared_ptr<Hosted>> studies_ PARNAS_GUARDED_BY(mutex_);
};

}  // namespace parnas::service
