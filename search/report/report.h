// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "search/job_spec.h"
#include "search/run_study.h"
#include "spaces/network.h"
#include "store/store.h"

namespace parnas::search {

// What a report draws: the trial that export would write, if it has a network.
struct ReportNetwork {
    TrialNumber trial = 0;
    std::shared_ptr<const spaces::Network> network;
};

// Everything that a report shows of a study, as it was at `written`.
struct Report {
    store::StudyRecord study;
    std::optional<JobSpec> job;  // none: another program made the study
    store::StudyAttributes attributes;
    std::vector<store::TrialRecord> trials;
    std::vector<store::PhaseRecord> phases;
    std::vector<store::FrontChange> fronts;
    std::vector<store::Event> sessions;  // their starts and ends
    std::optional<ReportNetwork> network;
    TimePoint written;
};

// `job`: the study's, if it has one.
Report read_report(const store::Store& store,
                   const store::StudyRecord& study,
                   std::optional<JobSpec> job,
                   const SpaceLoader& load_space);

// One HTML file without any other: styles, scripts and data are in it, and its content
// security policy allows nothing else. `version`: of parnas.
std::string to_html(const Report& report, std::string_view version);

}  // namespace parnas::search
