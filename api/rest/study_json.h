// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "api/rest/study_access.h"
#include "core/json.h"
#include "store/attempt.h"

// Studies and trials as the interface shows them.
namespace parnas::rest {

using TrialCounts = std::map<TrialState, std::int64_t>;

// Names what PATCH can change, of a study or of a trial; two of them are equal if and only if that
// is. In [0, 2^53), which every client has as an integer.
std::int64_t revision_of(const SeenStudy& study);
std::int64_t revision_of(const SeenStudy& study, const store::TrialRecord& trial);

Json summary_json(const SeenStudy& study);
Json study_json(const SeenStudy& study, const TrialCounts& counts, std::size_t front);
// The job document, but for what is of the server's machine.
Json shown_job(const std::string& text);
Json objectives_json(const store::StudySpec& spec);

enum class TrialDetail { listed, whole };  // `listed`: without its reports
Json trial_json(const SeenStudy& study, const store::TrialRecord& trial, TrialDetail detail);
Json attempts_json(const std::vector<store::AttemptRecord>& attempts);
}  // namespace parnas::rest
