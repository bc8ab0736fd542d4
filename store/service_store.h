// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "store/answer.h"
#include "store/attempt.h"
#include "store/store.h"

namespace parnas::store {

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
    // Those from before that time; how many they were.
    virtual std::int64_t forget_answers(TimePoint before) = 0;
};

// The same store, asked for what a server needs. Every store that parnas makes can do it;
// throws Error(invalid_input) for another one.
ServiceStore& service_store(Store& store);

}  // namespace parnas::store
