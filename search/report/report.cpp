// SPDX-License-Identifier: Apache-2.0
#include "search/report/report.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "search/choose.h"
#include "search/reestimates.h"
#include "search/report/report_parts.h"
#include "search/trial_codec.h"

namespace parnas::search {
namespace {

std::optional<ReportNetwork> choose_network(const store::Store& store,
                                            StudyId study,
                                            const JobSpec& job,
                                            const SpaceLoader& load_space) {
    const std::optional<store::TrialRecord> trial =
        choose(store, study, {.of_job = job.limits}).trial;
    if (!trial || trial->genotype.empty())
        return std::nullopt;
    const auto space = load_space(parse_json(job.space, "space"), job.base);
    const Genotype genotype = TrialCodec(space->params()).from_text(trial->genotype);
    auto network = space->decode(genotype).network;
    if (!network)
        return std::nullopt;
    return ReportNetwork{.trial = trial->number, .network = std::move(network)};
}

}  // namespace

Report read_report(const store::Store& store,
                   const store::StudyRecord& study,
                   std::optional<JobSpec> job,
                   const SpaceLoader& load_space) {
    Report report{.study = study, .attributes = store.attributes(study.id), .written = now()};
    // What names trials before the trials, which a search may add meanwhile.
    if (job)
        report.network = choose_network(store, study.id, *job, load_space);
    report.fronts = store.front_history(study.id);
    report.phases = store.phases(study.id);
    report.trials = current_trials(store, study.id);
    report.sessions = store.events(study.id);
    std::erase_if(report.sessions, [](const store::Event& event) {
        return event.kind != "session_started" && event.kind != "session_ended";
    });
    report.job = std::move(job);
    return report;
}

std::string to_html(const Report& report, std::string_view version) {
    return fill_page("report.html", report_data(report, version));
}

}  // namespace parnas::search
