// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "store/attempt.h"

namespace parnas::store::memory {

// The attempts of one study's trials.
class Attempts {
  public:
    // Throws Error(conflict) for an attempt that was given before, or a trial that is given.
    void check_grant(const AttemptStart& start) const;
    void grant(StudyId study, const AttemptStart& start);

    // Throws Error(conflict) for attempts that are over, or end twice.
    void check_ends(std::span<const AttemptEnd> ends) const;
    // Passes over an attempt that was never granted.
    void end(const AttemptEnd& end);
    // Ends the trial's open attempt, if there is one.
    void supersede(TrialNumber number, TimePoint time);

    // The attempt must be there.
    const AttemptRecord& at(TrialNumber number, std::int64_t attempt) const;
    std::vector<AttemptRecord> of(TrialNumber number) const;
    std::vector<AttemptRecord> open() const;

  private:
    std::map<std::pair<TrialNumber, std::int64_t>, AttemptRecord> records_;
    std::map<TrialNumber, std::int64_t> open_;  // the attempt, by trial
};

}  // namespace parnas::store::memory
