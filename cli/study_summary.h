// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/console.h"
#include "cli/text/tables.h"
#include "core/json.h"
#include "search/audit/audit.h"
#include "search/automatic/automatic.h"
#include "search/measuring_tally.h"
#include "search/terminators/yield.h"
#include "store/annotations.h"
#include "store/store.h"

namespace parnas::cli {

struct BestValue {
    std::string metric;
    Direction direction = Direction::minimize;
    double value = 0.0;
    TrialNumber trial = 0;
};

struct FailedTrial {
    TrialNumber trial = 0;
    Failure failure;
};

inline constexpr std::size_t kMoreTrials = 50;

// How far a study is.
struct StudySummary {
    store::StudyRecord study;
    std::map<TrialState, std::int64_t> trials;
    std::map<std::string, std::int64_t> phases;  // how many, by name
    std::vector<BestValue> best;                 // of each objective that some trial has
    std::optional<FailedTrial> last_failure;
    search::MeasuringTally measuring;
    std::vector<TrialNumber> front;
    std::optional<double> hypervolume;                  // of the front
    std::optional<search::ExpectedGain> expected_gain;  // of kMoreTrials more trials
    TimePoint last;                                     // when a trial last began or ended
    Seconds cost{0};                                    // of all evaluations and phases
    std::optional<store::Holder> driver;                // who drives the study now
    store::Annotations annotations;
    std::optional<search::Audit> audit;              // of shared weights
    std::optional<search::ChosenStrategy> strategy;  // that auto goes on with
};

StudySummary summarise(const store::Store& store, const store::StudyRecord& study);

// Of several studies, one row each.
Table studies_table(const std::vector<StudySummary>& summaries);
// One row.
Table summary_table(const StudySummary& summary);
Json to_json(const StudySummary& summary);
// As one of these; a table with the reason if nothing came of the study.
void print(Console& console, const StudySummary& summary);

// "minimize latency_ms, maximize accuracy"
std::string objectives_text(const store::StudySpec& study);
// "keep, paper"
std::string tags_text(const std::vector<std::string>& tags);

}  // namespace parnas::cli
