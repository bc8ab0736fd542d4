// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite_store.h"

#include <optional>
#include <utility>

#include "store/rules.h"
#include "store/service_rules.h"
#include "store/sqlite/access_queries.h"
#include "store/sqlite/answer_queries.h"
#include "store/sqlite/artifact_queries.h"
#include "store/sqlite/batch_writer.h"
#include "store/sqlite/drivers.h"
#include "store/sqlite/job_queries.h"
#include "store/sqlite/lease_queries.h"
#include "store/sqlite/phase_queries.h"
#include "store/sqlite/readers.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/sqlite_optuna_store.h"
#include "store/sqlite/study_queries.h"
#include "store/sqlite/study_removal.h"
#include "store/sqlite/trial_queries.h"
#include "store/sqlite/worker_queries.h"
#include "store/sqlite/writer.h"

namespace parnas::store {
namespace {

using sqlite::Access;
using sqlite::Beside;
using sqlite::Database;

// Answers that are forgotten in one transaction: others do not wait for more.
constexpr std::int64_t kForgottenAtOnce = 1000;

// Trials that a batch changes or makes.
std::vector<TrialNumber> numbers_in(const Batch& batch) {
    std::vector<TrialNumber> numbers;
    for (const TrialStart& start : batch.starts)
        numbers.push_back(start.number);
    for (const TrialRetry& retry : batch.retries)
        numbers.push_back(retry.number);
    for (const TrialReport& report : batch.reports)
        numbers.push_back(report.number);
    for (const TrialFinish& finish : batch.finishes)
        numbers.push_back(finish.number);
    return numbers;
}

std::vector<TrialNumber> numbers_in(std::span<const AttributeChange> changes) {
    std::vector<TrialNumber> numbers;
    for (const AttributeChange& change : changes)
        if (change.trial)
            numbers.push_back(*change.trial);
    return numbers;
}

class SqliteStore final : public Store, public ServiceStore, public HasOptunaStore {
    sqlite::Writer& writer() {
        if (!writer_)
            throw Error(
                ErrorKind::conflict, "the store was opened for reading only", path_.string());
        return *writer_;
    }

    template <typename Work>
    auto write(const Work& work) {
        std::optional<std::invoke_result_t<Work, Database&>> result;
        writer().run([&](Database& db) { result = work(db); });
        return *result;
    }

    template <typename Record>
    std::int64_t put_record(const Record& record, const PutOptions& with) {
        check_record(record);
        check_put(with);
        return write([&](Database& db) {
            if (with.answer)
                sqlite::write_answer(db, *with.answer);
            if (with.audit)
                sqlite::append_audit(db, *with.audit);
            return sqlite::put(db, record, with.expected);
        });
    }

  public:
    explicit SqliteStore(const SqliteOptions& options)
        : path_(options.path), readers_(path_, beside(options.mode), options.busy_timeout) {
        if (options.mode == OpenMode::read_only)
            readers_([](Database& db) { return sqlite::read_studies(db).size(); });
        else
            writer_.emplace(path_, access(options.mode), options.busy_timeout, options.for_long);
        optuna_.emplace(writer_ ? &*writer_ : nullptr, readers_);
    }

    OptunaStore& optuna() override { return *optuna_; }

    StudyId create_study(const StudySpec& spec, const Batch& first) override {
        check_study(spec);
        return write([&](Database& db) {
            const StudyId id = sqlite::insert_study(db, spec);
            if (!first.empty())
                sqlite::write_first_batch(db, id, first);
            return id;
        });
    }

    void adopt_study(StudyId id, const StudySpec& spec) override {
        writer().run([&](Database& db) { sqlite::adopt_study(db, id, spec); });
    }

    std::vector<StudyRecord> studies() const override { return readers_(sqlite::read_studies); }

    StudyRecord study(StudyId id) const override {
        return readers_([&](Database& db) { return sqlite::read_study(db, id); });
    }

    StudyRecord find_study(std::string_view name) const override {
        return readers_(
            [&](Database& db) { return sqlite::read_study(db, sqlite::find_study_id(db, name)); });
    }

    Driver acquire_study(StudyId id, const Holder& holder, Seconds ttl) override {
        return write([&](Database& db) { return sqlite::acquire(db, id, holder, ttl); });
    }

    void renew(const Driver& driver) override {
        writer().run([&](Database& db) {
            sqlite::count_objectives(db, driver.study);
            sqlite::extend(db, driver);
        });
    }

    void release(const Driver& driver) override {
        writer().run([&](Database& db) {
            sqlite::count_objectives(db, driver.study);
            sqlite::release(db, driver);
        });
    }

    std::optional<Holder> holder(StudyId id) const override {
        return readers_([&](Database& db) { return sqlite::read_holder(db, id); });
    }

    void commit(const Batch& batch) override {
        writer().run([&](Database& db) { sqlite::write_batch(db, batch); },
                     [&] {
                         const StudyId study = batch.driver.study;
                         optuna_->changed(study, numbers_in(batch));
                         optuna_->changed(study, numbers_in(batch.attributes));
                     });
    }

    void set_attributes(StudyId id, std::span<const AttributeChange> changes) override {
        writer().run([&](Database& db) { sqlite::write_attributes(db, id, changes); },
                     [&] { optuna_->changed(id, numbers_in(changes)); });
    }

    StudyAttributes attributes(StudyId id) const override {
        return readers_([&](Database& db) { return sqlite::read_attributes(db, id); });
    }

    std::vector<TrialRecord> trials(StudyId id,
                                    TrialNumber first,
                                    std::int64_t limit) const override {
        return readers_([&](Database& db) { return sqlite::read_trials(db, id, first, limit); });
    }

    TrialRecord trial(StudyId id, TrialNumber number) const override {
        if (number < 0)
            throw unknown_trial(number);
        auto found = trials(id, number, 1);
        if (found.empty())
            throw unknown_trial(number);
        return std::move(found.front());
    }

    std::vector<PhaseRecord> phases(StudyId id) const override {
        return readers_([&](Database& db) { return sqlite::read_phases(db, id); });
    }

    std::vector<FrontChange> front_history(StudyId id) const override {
        return readers_([&](Database& db) { return sqlite::read_fronts(db, id); });
    }

    std::vector<TrialNumber> front(StudyId id) const override {
        return readers_([&](Database& db) { return sqlite::read_last_front(db, id); });
    }

    std::optional<TrialRecord> find_result(const Digest& reuse_key) const override {
        return readers_([&](Database& db) { return sqlite::read_result(db, reuse_key); });
    }

    std::vector<Event> events(StudyId id, std::int64_t after_seq) const override {
        return readers_([&](Database& db) { return sqlite::read_events(db, id, after_seq); });
    }

    std::string artifact(const ArtifactId& id) const override {
        return readers_([&](Database& db) { return sqlite::read_artifact(db, id); });
    }

    void grant(StudyId id,
               std::span<const AttemptStart> attempts,
               const std::optional<Answer>& answer) override {
        check_starts(attempts);
        if (answer)
            check_answer(*answer);
        writer().run([&](Database& db) {
            sqlite::write_grants(db, id, attempts);
            if (answer)
                sqlite::write_answer(db, *answer);
        });
    }

    std::vector<AttemptRecord> attempts(StudyId id, TrialNumber number) const override {
        return readers_([&](Database& db) { return sqlite::read_attempts(db, id, number); });
    }

    std::vector<AttemptRecord> open_attempts(StudyId id) const override {
        return readers_([&](Database& db) { return sqlite::read_open_attempts(db, id); });
    }

    AttemptRecord find_lease(std::string_view lease) const override {
        return readers_([&](Database& db) { return sqlite::read_lease(db, lease); });
    }

    void keep_late(const LateReport& report) override {
        check_report(report);
        writer().run([&](Database& db) { sqlite::write_late_report(db, report); });
    }

    std::vector<LateReport> late_reports(std::string_view lease) const override {
        return readers_([&](Database& db) { return sqlite::read_late_reports(db, lease); });
    }

    void record(const Answer& answer) override {
        check_answer(answer);
        writer().run([&](Database& db) { sqlite::write_answer(db, answer); });
    }

    std::optional<Answer> find_answer(std::string_view scope, std::string_view key) const override {
        return readers_([&](Database& db) { return sqlite::read_answer(db, scope, key); });
    }

    std::int64_t forget_answers(TimePoint before) override {
        std::int64_t forgotten = 0;
        std::int64_t deleted = 0;
        do {
            deleted = write(
                [&](Database& db) { return sqlite::delete_answers(db, before, kForgottenAtOnce); });
            forgotten += deleted;
        } while (deleted == kForgottenAtOnce);
        return forgotten;
    }

    std::int64_t put(const WorkerRecord& worker, const PutOptions& with) override {
        return put_record(worker, with);
    }

    std::int64_t put(const TokenRecord& token, const PutOptions& with) override {
        return put_record(token, with);
    }

    std::int64_t put(const JobRecord& job, const PutOptions& with) override {
        return put_record(job, with);
    }

    WorkerRecord find_worker(std::string_view id) const override {
        return readers_([&](Database& db) { return sqlite::read_worker(db, id); });
    }

    TokenRecord find_token(std::string_view id) const override {
        return readers_([&](Database& db) { return sqlite::read_token(db, id); });
    }

    JobRecord find_job(std::string_view id) const override {
        return readers_([&](Database& db) { return sqlite::read_job(db, id); });
    }

    std::vector<WorkerRecord> workers(std::string_view after, std::int64_t limit) const override {
        return readers_([&](Database& db) { return sqlite::read_workers(db, after, limit); });
    }

    std::vector<TokenRecord> tokens(std::string_view after, std::int64_t limit) const override {
        return readers_([&](Database& db) { return sqlite::read_tokens(db, after, limit); });
    }

    std::vector<JobRecord> jobs(std::string_view after,
                                std::int64_t limit,
                                std::optional<StudyId> study) const override {
        return readers_([&](Database& db) { return sqlite::read_jobs(db, after, limit, study); });
    }

    void change_job(StudyId id, const JobChange& change) override {
        check_record(change.audit);
        writer().run([&](Database& db) {
            check_job(sqlite::read_study(db, id).spec, change);
            sqlite::change_job(db, id, change.job);
            sqlite::append_audit(db, change.audit);
        });
    }

    void delete_study(StudyId id, const AuditRecord& audit) override {
        check_record(audit);
        writer().run(
            [&](Database& db) {
                sqlite::delete_study(db, id);
                sqlite::append_audit(db, audit);
            },
            [&] { optuna_->deleted(id); });
    }

    std::int64_t append(const AuditRecord& record) override {
        check_record(record);
        return write([&](Database& db) { return sqlite::append_audit(db, record); });
    }

    std::vector<AuditRecord> audit(std::int64_t after_seq, std::int64_t limit) const override {
        return readers_([&](Database& db) { return sqlite::read_audit(db, after_seq, limit); });
    }

    std::map<TrialState, std::int64_t> count_trials(StudyId id) const override {
        return readers_([&](Database& db) { return sqlite::count_trials(db, id); });
    }

    std::optional<StorageFault> fault() const override {
        return writer_ ? writer_->fault() : std::nullopt;
    }

    void try_writing() override { writer().run(sqlite::write_nothing_new); }

    std::vector<StudyEvent> events_after(std::int64_t seq, std::int64_t limit) const override {
        return readers_([&](Database& db) { return sqlite::read_all_events(db, seq, limit); });
    }

    std::int64_t last_seq() const override { return readers_(sqlite::read_last_seq); }

  private:
    static Beside beside(OpenMode mode) {
        return mode == OpenMode::read_only ? Beside::unknown : Beside::a_writer;
    }

    static Access access(OpenMode mode) {
        return mode == OpenMode::create ? Access::create : Access::read_write;
    }

    std::filesystem::path path_;
    // Declared before the readers, so that it closes last: the last connection writes the
    // WAL back into the file and removes it, which a reading one could not.
    std::optional<sqlite::Writer> writer_;
    sqlite::Readers readers_;
    std::optional<sqlite::SqliteOptunaStore> optuna_;
};

}  // namespace

std::unique_ptr<Store> make_sqlite_store(const SqliteOptions& options) {
    sqlite::check_path(options.path);
    if (options.mode != OpenMode::create)
        sqlite::require_file(options.path);
    return std::make_unique<SqliteStore>(options);
}

}  // namespace parnas::store
