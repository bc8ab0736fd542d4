// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <future>
#include <optional>
#include <thread>
#include <vector>

#include "core/mutex.h"
#include "store/sqlite/database.h"
#include "store/storage_fault.h"

namespace parnas::store::sqlite {

// The thread that owns the only writing connection. All work that waits when it comes
// round is committed in one transaction, so that many callers share one sync of the disk.
// Any thread may call run(); the last call must have returned before the destructor.
//
// After a failed sync, or any failure of the disk but a full one, and after damage, nothing is
// written any more: a sync that is tried again may succeed without what the first one lost.
class Writer {
  public:
    // What is to be written. It may be run again after a rollback, so its only effects are
    // on the database and on results that it sets anew.
    using Work = std::function<void(Database&)>;
    // Called by the writing thread once the work was committed, in the order of the commits. It
    // must not throw.
    using Published = std::function<void()>;

    // `for_long` as in SqliteOptions.
    Writer(const std::filesystem::path& path,
           Access access,
           std::chrono::milliseconds busy_timeout,
           bool for_long);
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    // Returns when `work` has been committed and published. What it throws is thrown here, and
    // nothing of it remains; other work in the same transaction is not concerned.
    void run(Work work, Published published = {});

    // A number that is another one whenever other programs have changed the file.
    std::int64_t foreign_changes();
    // As it was when the writing thread looked last.
    std::int64_t known_foreign_changes() const { return foreign_changes_; }

    const std::filesystem::path& path() const { return database_.path(); }
    std::chrono::milliseconds busy_timeout() const { return database_.busy_timeout(); }
    // Of the last work that was written, or could not be.
    std::optional<StorageFault> fault() const;

  private:
    struct Job {
        Work work;  // none: only to look for what other programs changed
        Published published;
        std::exception_ptr error;
        // Becomes `error` when the work is over. As a value it is handed over whole: no
        // thread is left holding an exception that another one is reading.
        std::promise<std::exception_ptr> done;
    };

    void loop();
    std::vector<Job> wait_for_jobs();
    void submit(Job job);
    void look_for_foreign_changes();
    static void answer_questions(std::vector<Job>& jobs);
    void write(std::vector<Job>& jobs);
    void commit_together(std::vector<Job>& jobs);
    bool commit_at_once(std::vector<Job>& jobs);
    void commit_apart(std::vector<Job>& jobs);
    void commit_each(std::vector<Job>& jobs);
    void commit_alone(Job& job);
    void run_in_savepoint(Job& job);
    void fail_all(std::vector<Job>& jobs, const StorageError& error);
    void note(const StorageError& error);
    void note_success();
    std::optional<StorageError> refusal() const;

    Database database_;
    std::int64_t data_version_ = 0;  // the writing thread's
    std::atomic<std::int64_t> foreign_changes_ = 0;
    mutable Mutex mutex_;
    std::condition_variable_any wake_;
    std::vector<Job> queue_ PARNAS_GUARDED_BY(mutex_);
    std::optional<StorageError> fault_ PARNAS_GUARDED_BY(mutex_);
    bool closing_ PARNAS_GUARDED_BY(mutex_) = false;
    std::thread thread_;
};

}  // namespace parnas::store::sqlite
