// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/servers.h"
#include "cli/stores.h"
#include "cli/study_summary.h"
#include "search/audit/audit_jobs.h"

namespace parnas::cli {

int run(const StudiesOptions& options, const GlobalOptions& global, Console& console) {
    const auto store = open_to_read(global, options.server);
    std::vector<StudySummary> summaries;
    for (const store::StudyRecord& study : store->studies()) {
        StudySummary summary = summarise(*store, study);
        const std::vector<std::string>& tags = summary.annotations.tags;
        if (!options.tag || std::ranges::find(tags, *options.tag) != tags.end())
            summaries.push_back(std::move(summary));
    }
    if (console.output != OutputFormat::json) {
        print(console, studies_table(summaries));
        return 0;
    }
    Json json = Json::array();
    for (const StudySummary& summary : summaries)
        json.push_back(to_json(summary));
    print(console, json);
    return 0;
}

namespace {

// The newest one that is no part of another study's audit.
store::StudyRecord latest_study(const store::Store& store, const GlobalOptions& global) {
    std::vector<store::StudyRecord> studies = store.studies();
    std::vector<std::string> names;
    for (const store::StudyRecord& study : studies)
        names.push_back(study.spec.name);
    std::erase_if(studies, [&](const store::StudyRecord& study) {
        return search::is_audit_of_another(study.spec.name, names);
    });
    if (studies.empty())
        throw Error(ErrorKind::not_found, "this store has no study", store_path(global).string());
    return *std::ranges::max_element(studies, {}, &store::StudyRecord::created);
}

}  // namespace

int run(const StatusOptions& options, const GlobalOptions& global, Console& console) {
    const auto store = open_to_read(global);
    std::optional<store::StudyRecord> study;
    if (options.study) {
        study = find_study(*store, *options.study);
    } else {
        study = latest_study(*store, global);
    }
    print(console, summarise(*store, *study));
    return 0;
}

}  // namespace parnas::cli
