// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/store.h"

namespace parnas::store {

// What people write beside a study or a trial. Trials may be finished: theirs are kept with
// the study, as optuna-dashboard keeps its notes (docs/store-schema.md).
struct Annotations {
    std::string note;               // Markdown; empty: none
    std::vector<std::string> tags;  // ascending, each once
};

// `attributes`: of the trial's study.
Annotations annotations_of_study(const StudyAttributes& attributes);
Annotations annotations_of_trial(const StudyAttributes& attributes, const TrialRecord& trial);

// Puts them where annotate() would, for a study or for a trial by its id, if there are none yet.
void add_annotations(const Annotations& annotations,
                     std::optional<std::int64_t> trial_id,
                     StudyAttributes& attributes);

struct AnnotationChange {
    std::optional<std::string> note;  // instead of the present one
    std::vector<std::string> tag;     // added; 1 to 64 characters each
    std::vector<std::string> untag;   // removed; those that are not there are passed over
    Attributes user_attributes;       // set; Error(conflict) for those of a finished trial
};

// Of the study, or of one of its trials: all or nothing, also beside others who do the same.
void annotate(Store& store,
              StudyId id,
              std::optional<TrialNumber> trial,
              const AnnotationChange& change);

}  // namespace parnas::store
