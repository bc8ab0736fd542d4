// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/stores.h"
#include "cli/study_summary.h"

namespace parnas::cli {

int run(const StudiesOptions&, const GlobalOptions& global, Console& console) {
    const auto store = open_to_read(global);
    Table table{.columns = {{"name", "study"},
                            {"state", "state"},
                            {"trials", "trials"},
                            {"objectives", "objectives"},
                            {"created", "created (UTC)"},
                            {"reason", "reason"}},
                .rows = {}};
    for (const store::StudyRecord& study : store->studies())
        table.rows.push_back({study.spec.name,
                              std::string(to_string(study.state)),
                              study.trials,
                              objectives_text(study.spec),
                              to_string(study.created).substr(0, 19),
                              study.state_reason.empty() ? Scalar() : Scalar(study.state_reason)});
    print(console, table);
    return 0;
}

int run(const StatusOptions& options, const GlobalOptions& global, Console& console) {
    const auto store = open_to_read(global);
    std::optional<store::StudyRecord> study;
    if (options.study) {
        study = find_study(*store, *options.study);
    } else {
        const std::vector<store::StudyRecord> studies = store->studies();
        if (studies.empty())
            throw Error(
                ErrorKind::not_found, "this store has no study", store_path(global).string());
        study = *std::ranges::max_element(studies, {}, &store::StudyRecord::created);
    }
    const StudySummary summary = summarise(*store, *study);
    if (console.output == OutputFormat::json)
        print(console, to_json(summary));
    else
        print_record(console, summary_table(summary));
    return 0;
}

}  // namespace parnas::cli
