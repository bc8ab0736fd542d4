// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/answer.h"
#include "store/attempt.h"
#include "store/service_records.h"
#include "store/storage_fault.h"
#include "store/store.h"

namespace parnas::store {

// What goes with a record that is put, in the same commit.
struct PutOptions {
    std::optional<std::int64_t> expected;  // the present revision; 0: there is no such record
    std::optional<Answer> answer;
    std::optional<AuditRecord> audit;
};

// Another job document for a study.
struct JobChange {
    std::string job;
    std::string expected;  // the present one
    AuditRecord audit;
};

// An event and whose it is.
struct StudyEvent {
    StudyId study{};
    Event event;
};

// What a server keeps beside studies and trials: who works on what, and what was answered.
// Every call is all or nothing, and what returned is there after a kill, as with Store, whose
// remarks on threads and errors hold here too. Besides, Error(invalid_input) for records that
// are not as their comments say, with all faults.
class ServiceStore {
  public:
    virtual ~ServiceStore() = default;

    // Gives trials to workers, each at its present attempt. Error(conflict), and nothing is
    // given, if a trial is finished, is at another attempt or is open already, if an attempt
    // was given before, and if the answer's key is taken.
    virtual void grant(StudyId id,
                       std::span<const AttemptStart> attempts,
                       const std::optional<Answer>& answer = std::nullopt) = 0;
    // Of a trial, by attempt. Those that no worker had a lease for are not among them.
    virtual std::vector<AttemptRecord> attempts(StudyId id, TrialNumber number) const = 0;
    // By trial.
    virtual std::vector<AttemptRecord> open_attempts(StudyId id) const = 0;
    // Error(not_found) also for those of studies that were deleted.
    virtual AttemptRecord find_lease(std::string_view lease) const = 0;
    // Error(not_found) if there was no such lease.
    virtual void keep_late(const LateReport& report) = 0;
    // In the order in which they were kept.
    virtual std::vector<LateReport> late_reports(std::string_view lease) const = 0;

    // Error(conflict) if the scope has an answer for this key.
    virtual void record(const Answer& answer) = 0;
    virtual std::optional<Answer> find_answer(std::string_view scope,
                                              std::string_view key) const = 0;
    // Those from before that time, some after others; how many they were.
    virtual std::int64_t forget_answers(TimePoint before) = 0;

    // A new record, or instead of the one with its id; the new revision. Error(conflict) if the
    // present one is not expected, if the name of a token or the key of the answer is taken.
    virtual std::int64_t put(const WorkerRecord& worker, const PutOptions& with = {}) = 0;
    virtual std::int64_t put(const TokenRecord& token, const PutOptions& with = {}) = 0;
    virtual std::int64_t put(const JobRecord& job, const PutOptions& with = {}) = 0;
    virtual WorkerRecord find_worker(std::string_view id) const = 0;
    virtual TokenRecord find_token(std::string_view id) const = 0;
    virtual JobRecord find_job(std::string_view id) const = 0;
    // Those with ids after `after`, in the order of ids, at most `limit`.
    virtual std::vector<WorkerRecord> workers(std::string_view after = {},
                                              std::int64_t limit = INT64_MAX) const = 0;
    virtual std::vector<TokenRecord> tokens(std::string_view after = {},
                                            std::int64_t limit = INT64_MAX) const = 0;
    // Of one study, or of all.
    virtual std::vector<JobRecord> jobs(std::string_view after = {},
                                        std::int64_t limit = INT64_MAX,
                                        std::optional<StudyId> study = std::nullopt) const = 0;

    // What a study is by its job's other members stays as it was created. Error(conflict) if the
    // present document is not the expected one.
    virtual void change_job(StudyId id, const JobChange& change) = 0;

    // The study with all that is of it: its trials, attempts, jobs and events, and artifacts that
    // nobody else has. Neither its id nor those of its trials are given again. Error(conflict)
    // while somebody drives it.
    virtual void delete_study(StudyId id, const AuditRecord& audit) = 0;

    // Its sequence number.
    virtual std::int64_t append(const AuditRecord& record) = 0;
    virtual std::vector<AuditRecord> audit(std::int64_t after_seq = 0,
                                           std::int64_t limit = INT64_MAX) const = 0;

    // States that no trial is in are left out. Looks at each trial of the study.
    virtual std::map<TrialState, std::int64_t> count_trials(StudyId id) const = 0;

    // Why the last change could not be written. A full disk is tried again with each change; a
    // disk or file that failed is not, until the store is opened again.
    virtual std::optional<StorageFault> fault() const = 0;
    // Writes what changes nothing. Throws as every change does.
    virtual void try_writing() = 0;

    // Of all studies, by sequence number.
    virtual std::vector<StudyEvent> events_after(std::int64_t seq, std::int64_t limit) const = 0;
    // The last that was given, also if its study is gone; 0: none.
    virtual std::int64_t last_seq() const = 0;
};

// The same store, asked for what a server needs. Every store that parnas makes can do it;
// throws Error(invalid_input) for another one.
ServiceStore& service_store(Store& store);

}  // namespace parnas::store
