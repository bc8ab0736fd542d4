// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <utility>

#include "core/mutex.h"
#include "store/memory/answers.h"
#include "store/memory/records.h"
#include "store/memory/studies.h"
#include "store/rules.h"
#include "store/service_rules.h"

namespace parnas::store {
namespace {

using memory::Study;

class MemoryStore final : public Store, public ServiceStore {
  public:
    StudyId create_study(const StudySpec& spec, const Batch& first) override {
        const MutexLock lock(mutex_);
        const StudyId id = studies_.create(spec, first).record.id;
        write_records(id, first);
        return id;
    }

    void adopt_study(StudyId id, const StudySpec& spec) override {
        const MutexLock lock(mutex_);
        studies_.adopt(id, spec);
    }

    std::vector<StudyRecord> studies() const override {
        const MutexLock lock(mutex_);
        std::vector<StudyRecord> records;
        for (const auto& [id, study] : studies_.all())
            records.push_back(record_of(study));
        return records;
    }

    StudyRecord study(StudyId id) const override {
        const MutexLock lock(mutex_);
        return record_of(studies_.find(id));
    }

    StudyRecord find_study(std::string_view name) const override {
        const MutexLock lock(mutex_);
        return record_of(studies_.find(name));
    }

    Driver acquire_study(StudyId id, const Holder& holder, Seconds ttl) override {
        const MutexLock lock(mutex_);
        Study& study = studies_.find(id);
        const TimePoint time = now();
        if (study.claim && !may_take(*study.claim, holder, time))
            throw held_by_another(study.record.spec.name, *study.claim);
        study.claim = Claim{.holder = holder, .ttl = ttl, .expires = expiry(time, ttl)};
        return {.study = id, .epoch = ++study.epoch};
    }

    void renew(const Driver& driver) override {
        const MutexLock lock(mutex_);
        studies_.extend(driver);
    }

    void release(const Driver& driver) override {
        const MutexLock lock(mutex_);
        Study& study = studies_.find(driver.study);
        if (study.epoch == driver.epoch)
            study.claim.reset();
    }

    std::optional<Holder> holder(StudyId id) const override {
        const MutexLock lock(mutex_);
        const std::optional<Claim>& claim = studies_.find(id).claim;
        return claim && is_held(*claim, now()) ? std::optional(claim->holder) : std::nullopt;
    }

    void commit(const Batch& batch) override {
        const MutexLock lock(mutex_);
        studies_.commit(batch);
        write_records(batch.driver.study, batch);
    }

    void set_attributes(StudyId id, std::span<const AttributeChange> changes) override {
        check_attributes(changes);
        const MutexLock lock(mutex_);
        Study& study = studies_.find(id);
        for (const AttributeChange& change : changes)
            check_attribute(study, change, static_cast<TrialNumber>(study.trials.size()));
        for (const AttributeChange& change : changes)
            set_attribute(study, change);
    }

    StudyAttributes attributes(StudyId id) const override {
        const MutexLock lock(mutex_);
        return studies_.find(id).attributes;
    }

    std::vector<TrialRecord> trials(StudyId id,
                                    TrialNumber first,
                                    std::int64_t limit) const override {
        const MutexLock lock(mutex_);
        const auto& all = studies_.find(id).trials;
        const auto count = static_cast<std::int64_t>(all.size());
        const std::int64_t begin = std::clamp<std::int64_t>(first, 0, count);
        const std::int64_t end = begin + std::clamp<std::int64_t>(limit, 0, count - begin);
        return {all.begin() + begin, all.begin() + end};
    }

    TrialRecord trial(StudyId id, TrialNumber number) const override {
        const MutexLock lock(mutex_);
        const auto& all = studies_.find(id).trials;
        if (number < 0 || number >= static_cast<TrialNumber>(all.size()))
            throw unknown_trial(number);
        return all[static_cast<std::size_t>(number)];
    }

    std::vector<PhaseRecord> phases(StudyId id) const override {
        const MutexLock lock(mutex_);
        return studies_.find(id).phases;
    }

    std::vector<FrontChange> front_history(StudyId id) const override {
        const MutexLock lock(mutex_);
        return studies_.find(id).fronts;
    }

    std::vector<TrialNumber> front(StudyId id) const override {
        const MutexLock lock(mutex_);
        const auto& fronts = studies_.find(id).fronts;
        return fronts.empty() ? std::vector<TrialNumber>{} : fronts.back().members;
    }

    std::optional<TrialRecord> find_result(const Digest& reuse_key) const override {
        const MutexLock lock(mutex_);
        return studies_.result(reuse_key);
    }

    std::vector<Event> events(StudyId id, std::int64_t after_seq) const override {
        const MutexLock lock(mutex_);
        const auto& all = studies_.find(id).events;
        const auto begin = std::ranges::upper_bound(all, after_seq, {}, &Event::seq);
        return {begin, all.end()};
    }

    std::string artifact(const ArtifactId& id) const override {
        const MutexLock lock(mutex_);
        return studies_.artifact(id);
    }

    void grant(StudyId id,
               std::span<const AttemptStart> attempts,
               const std::optional<Answer>& answer) override {
        check_starts(attempts);
        if (answer)
            check_answer(*answer);
        const MutexLock lock(mutex_);
        Study& study = studies_.find(id);
        studies_.check_grants(study, attempts);
        answers_.check_free(answer);
        studies_.grant(study, attempts);
        if (answer)
            answers_.keep(*answer);
    }

    std::vector<AttemptRecord> attempts(StudyId id, TrialNumber number) const override {
        const MutexLock lock(mutex_);
        const Study& study = studies_.find(id);
        if (number < 0 || number >= static_cast<TrialNumber>(study.trials.size()))
            throw unknown_trial(number);
        return study.attempts.of(number);
    }

    std::vector<AttemptRecord> open_attempts(StudyId id) const override {
        const MutexLock lock(mutex_);
        return studies_.find(id).attempts.open();
    }

    AttemptRecord find_lease(std::string_view lease) const override {
        const MutexLock lock(mutex_);
        return studies_.lease(lease);
    }

    void keep_late(const LateReport& report) override {
        check_report(report);
        const MutexLock lock(mutex_);
        studies_.lease(report.lease);
        late_reports_[report.lease].push_back(report);
    }

    std::vector<LateReport> late_reports(std::string_view lease) const override {
        const MutexLock lock(mutex_);
        studies_.lease(lease);
        const auto found = late_reports_.find(lease);
        return found == late_reports_.end() ? std::vector<LateReport>{} : found->second;
    }

    void record(const Answer& answer) override {
        check_answer(answer);
        const MutexLock lock(mutex_);
        answers_.check_free(answer);
        answers_.keep(answer);
    }

    std::optional<Answer> find_answer(std::string_view scope, std::string_view key) const override {
        const MutexLock lock(mutex_);
        return answers_.find(scope, key);
    }

    std::int64_t forget_answers(TimePoint before) override {
        const MutexLock lock(mutex_);
        return answers_.forget(before);
    }

    std::int64_t put(const WorkerRecord& worker, const PutOptions& with) override {
        const MutexLock lock(mutex_);
        return put_record(workers_, worker, with);
    }

    std::int64_t put(const TokenRecord& token, const PutOptions& with) override {
        const MutexLock lock(mutex_);
        const auto has_its_name = [&](const TokenRecord& other) {
            return other.name == token.name && other.id != token.id && !other.revoked;
        };
        if (!token.revoked && !tokens_.list({}, 1, has_its_name).empty())
            throw taken_token_name(token.name);
        return put_record(tokens_, token, with);
    }

    std::int64_t put(const JobRecord& job, const PutOptions& with) override {
        const MutexLock lock(mutex_);
        studies_.find(job.study);
        return put_record(jobs_, job, with);
    }

    WorkerRecord find_worker(std::string_view id) const override {
        const MutexLock lock(mutex_);
        return workers_.find(id);
    }

    TokenRecord find_token(std::string_view id) const override {
        const MutexLock lock(mutex_);
        return tokens_.find(id);
    }

    JobRecord find_job(std::string_view id) const override {
        const MutexLock lock(mutex_);
        return jobs_.find(id);
    }

    std::vector<WorkerRecord> workers(std::string_view after, std::int64_t limit) const override {
        const MutexLock lock(mutex_);
        return workers_.list(after, limit);
    }

    std::vector<TokenRecord> tokens(std::string_view after, std::int64_t limit) const override {
        const MutexLock lock(mutex_);
        return tokens_.list(after, limit);
    }

    std::vector<JobRecord> jobs(std::string_view after,
                                std::int64_t limit,
                                std::optional<StudyId> study) const override {
        const MutexLock lock(mutex_);
        return jobs_.list(
            after, limit, [&](const JobRecord& job) { return !study || job.study == *study; });
    }

    void change_job(StudyId id, const JobChange& change) override {
        check_record(change.audit);
        const MutexLock lock(mutex_);
        Study& study = studies_.find(id);
        check_job(study.record.spec, change);
        study.record.spec.job = change.job;
        append_audit(change.audit);
    }

    void delete_study(StudyId id, const AuditRecord& audit) override {
        check_record(audit);
        const MutexLock lock(mutex_);
        const Study& study = studies_.find(id);
        if (study.claim && is_held(*study.claim, now()))
            throw held_by_another(study.record.spec.name, *study.claim);
        for (const std::string& lease : studies_.erase(id))
            late_reports_.erase(lease);
        jobs_.erase_if([&](const JobRecord& job) { return job.study == id; });
        append_audit(audit);
    }

    std::int64_t append(const AuditRecord& record) override {
        check_record(record);
        const MutexLock lock(mutex_);
        return append_audit(record);
    }

    std::vector<AuditRecord> audit(std::int64_t after_seq, std::int64_t limit) const override {
        const MutexLock lock(mutex_);
        const auto begin = std::ranges::upper_bound(audit_, after_seq, {}, &AuditRecord::seq);
        return {begin, begin + std::clamp<std::int64_t>(limit, 0, audit_.end() - begin)};
    }

    std::map<TrialState, std::int64_t> count_trials(StudyId id) const override {
        const MutexLock lock(mutex_);
        std::map<TrialState, std::int64_t> counts;
        for (const TrialRecord& trial : studies_.find(id).trials)
            ++counts[trial.state];
        return counts;
    }

    std::optional<StorageFault> fault() const override { return std::nullopt; }
    void try_writing() override {}

    std::vector<StudyEvent> events_after(std::int64_t seq, std::int64_t limit) const override {
        const MutexLock lock(mutex_);
        return studies_.events_after(seq, limit);
    }

    std::int64_t last_seq() const override {
        const MutexLock lock(mutex_);
        return studies_.last_seq();
    }

  private:
    static StudyRecord record_of(const Study& study) {
        StudyRecord record = study.record;
        record.trials = static_cast<std::int64_t>(study.trials.size());
        record.phases = static_cast<std::int64_t>(study.phases.size());
        return record;
    }

    // What a batch holds that is of no study's tables.
    void write_records(StudyId study, const Batch& batch) PARNAS_REQUIRES(mutex_) {
        for (const Answer& answer : batch.answers)
            answers_.keep(answer);
        for (JobRecord job : batch.jobs) {
            job.study = study;  // a study that was made just now got its id here
            jobs_.put(job, jobs_.next_revision(job.id, std::nullopt));
        }
    }

    template <typename Record>
    std::int64_t put_record(memory::Records<Record>& records,
                            const Record& record,
                            const PutOptions& with) PARNAS_REQUIRES(mutex_) {
        check_record(record);
        check_put(with);
        const std::int64_t revision = records.next_revision(record.id, with.expected);
        answers_.check_free(with.answer);
        records.put(record, revision);
        if (with.answer)
            answers_.keep(*with.answer);
        if (with.audit)
            append_audit(*with.audit);
        return revision;
    }

    std::int64_t append_audit(AuditRecord record) PARNAS_REQUIRES(mutex_) {
        record.seq = static_cast<std::int64_t>(audit_.size()) + 1;
        audit_.push_back(std::move(record));
        return audit_.back().seq;
    }

    mutable Mutex mutex_;
    memory::Studies studies_ PARNAS_GUARDED_BY(mutex_);
    memory::Answers answers_ PARNAS_GUARDED_BY(mutex_);
    std::map<std::string, std::vector<LateReport>, std::less<>> late_reports_
        PARNAS_GUARDED_BY(mutex_);  // by lease
    memory::Records<WorkerRecord> workers_ PARNAS_GUARDED_BY(mutex_);
    memory::Records<TokenRecord> tokens_ PARNAS_GUARDED_BY(mutex_);
    memory::Records<JobRecord> jobs_ PARNAS_GUARDED_BY(mutex_);
    std::vector<AuditRecord> audit_ PARNAS_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<Store> make_memory_store() {
    return std::make_unique<MemoryStore>();
}

}  // namespace parnas::store
