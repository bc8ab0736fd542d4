// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/writer.h"

#include <utility>

#include "core/error.h"
#include "core/mutation.h"
#include "store/sqlite/log_room.h"
#include "store/sqlite/schema.h"

namespace parnas::store::sqlite {
namespace {

bool may_be_tried_again(const StorageError& error) {
    return error.trouble() == StorageTrouble::full;
}

void try_to_reserve_log(Database& database) {
    try {
        reserve_log(database);
    } catch (const StorageError&) {
        // The first commit says what is wrong with the disk, if it still is.
    }
}

}  // namespace

Writer::Writer(const std::filesystem::path& path,
               Access access,
               std::chrono::milliseconds busy_timeout,
               bool for_long)
    : database_(path, access, busy_timeout) {
    prepare_writer(database_);
    if (for_long)
        try_to_reserve_log(database_);
    thread_ = std::thread([this] { loop(); });
}

Writer::~Writer() {
    {
        const MutexLock lock(mutex_);
        closing_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void Writer::run(Work work, Published published) {
    submit({.work = std::move(work), .published = std::move(published)});
}

std::int64_t Writer::foreign_changes() {
    submit({});
    return foreign_changes_;
}

void Writer::submit(Job job) {
    std::future<std::exception_ptr> done = job.done.get_future();
    {
        const MutexLock lock(mutex_);
        queue_.push_back(std::move(job));
    }
    wake_.notify_one();
    if (const std::exception_ptr error = done.get())
        std::rethrow_exception(error);
}

void Writer::loop() {
    for (std::vector<Job> jobs = wait_for_jobs(); !jobs.empty(); jobs = wait_for_jobs()) {
        look_for_foreign_changes();
        answer_questions(jobs);
        if (!jobs.empty())
            write(jobs);
    }
}

// Other connections of this process never write, so what this one did not write others did.
void Writer::look_for_foreign_changes() {
    try {
        Query query = database_.query("PRAGMA data_version");
        query.next();
        if (std::exchange(data_version_, query.integer(0)) == query.integer(0))
            return;
    } catch (const Error&) {
        // What cannot be known may have changed; the next commit says what is wrong.
    }
    ++foreign_changes_;
}

void Writer::answer_questions(std::vector<Job>& jobs) {
    for (Job& job : jobs)
        if (!job.work)
            job.done.set_value(nullptr);
    std::erase_if(jobs, [](const Job& job) { return !job.work; });
}

void Writer::write(std::vector<Job>& jobs) {
    if (const std::optional<StorageError> refused = refusal())
        fail_all(jobs, *refused);
    else if (jobs.size() == 1)
        commit_alone(jobs.front());
    else
        commit_together(jobs);
    for (Job& job : jobs) {
        if (!job.error && job.published)
            job.published();
        job.done.set_value(mutated("ignore_failed_commit") ? nullptr : std::move(job.error));
    }
}

std::vector<Writer::Job> Writer::wait_for_jobs() {
    const MutexLock lock(mutex_);
    while (queue_.empty() && !closing_)
        wake_.wait(mutex_);
    return std::exchange(queue_, {});
}

void Writer::commit_together(std::vector<Job>& jobs) {
    if (!commit_at_once(jobs))
        commit_apart(jobs);
}

// Without savepoints, each of which would copy all pages that its job writes. False, and nothing
// was written, if a job or the commit failed.
bool Writer::commit_at_once(std::vector<Job>& jobs) {
    try {
        Transaction transaction(database_, Begin::immediate);
        for (const Job& job : jobs)
            job.work(database_);
        transaction.commit();
        note_success();
        return true;
    } catch (const StorageError& error) {
        if (may_be_tried_again(error))
            return false;
        note(error);
        fail_all(jobs, error);
        return true;
    } catch (...) {
        return false;  // it fails again on its own, and its caller hears of it then
    }
}

void Writer::commit_apart(std::vector<Job>& jobs) {
    try {
        Transaction transaction(database_, Begin::immediate);
        for (Job& job : jobs)
            run_in_savepoint(job);
        transaction.commit();
        note_success();
    } catch (const StorageError& error) {
        if (may_be_tried_again(error)) {
            // Nothing was written. One large batch may have filled the disk: the others get
            // their own chance.
            commit_each(jobs);
            return;
        }
        note(error);
        fail_all(jobs, error);
    } catch (const Error&) {
        commit_each(jobs);
    }
}

void Writer::commit_each(std::vector<Job>& jobs) {
    for (Job& job : jobs)
        commit_alone(job);
}

void Writer::commit_alone(Job& job) {
    job.error = nullptr;
    try {
        if (const std::optional<StorageError> refused = refusal())
            throw *refused;
        Transaction transaction(database_, Begin::immediate);
        job.work(database_);
        transaction.commit();
        note_success();
    } catch (const StorageError& error) {
        note(error);
        job.error = std::current_exception();
    } catch (...) {
        job.error = std::current_exception();
    }
}

// Each gets an exception of its own.
void Writer::fail_all(std::vector<Job>& jobs, const StorageError& error) {
    for (Job& job : jobs)
        job.error = std::make_exception_ptr(error);
}

void Writer::note(const StorageError& error) {
    if (!may_be_tried_again(error))
        database_.keep_wal();
    const MutexLock lock(mutex_);
    if (!fault_ || may_be_tried_again(*fault_))
        fault_ = error;
}

void Writer::note_success() {
    const MutexLock lock(mutex_);
    fault_.reset();
}

std::optional<StorageError> Writer::refusal() const {
    const MutexLock lock(mutex_);
    return fault_ && !may_be_tried_again(*fault_) ? fault_ : std::nullopt;
}

std::optional<StorageFault> Writer::fault() const {
    const MutexLock lock(mutex_);
    if (!fault_)
        return std::nullopt;
    return StorageFault{.trouble = fault_->trouble(), .reason = fault_->what()};
}

void Writer::run_in_savepoint(Job& job) {
    database_.execute("SAVEPOINT job");
    try {
        job.work(database_);
    } catch (const StorageError&) {
        throw;
    } catch (...) {
        // After some errors SQLite has given up the whole transaction.
        if (!database_.in_transaction())
            throw;
        database_.execute("ROLLBACK TO job");
        job.error = std::current_exception();
    }
    database_.execute("RELEASE job");
}

}  // namespace parnas::store::sqlite
