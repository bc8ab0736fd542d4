// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "store/holder.h"
#include "store/memory/attempts.h"
#include "store/store.h"

namespace parnas::store::memory {

// A study with all that belongs to it.
struct Study {
    StudyRecord record;
    StudyAttributes attributes;
    std::deque<TrialRecord> trials;
    Attempts attempts;
    std::vector<PhaseRecord> phases;
    std::vector<FrontChange> fronts;
    std::vector<Event> events;
    std::int64_t epoch = 0;
    std::optional<Claim> claim;
};

// Everything that can be wrong with a batch, before anything of it is written.
void check_against(const Study& study, const Batch& batch);
// The same for an attribute. `next`: the number of the first trial that there is not, nor in
// the batch of the change.
void check_attribute(const Study& study, const AttributeChange& change, TrialNumber next);
void set_attribute(Study& study, const AttributeChange& change);

TrialRecord started(const TrialStart& start, std::int64_t id);
void finish_trial(TrialRecord& trial, const TrialFinish& finish);
FrontChange next_front(const Study& study, const Batch& batch);

}  // namespace parnas::store::memory
