// SPDX-License-Identifier: Apache-2.0
#include "search/report/report.h"

#include "cli/commands/commands.h"
#include "cli/job.h"
#include "cli/new_file.h"
#include "cli/stores.h"
#include "search/export/whole_file.h"
#include "spaces/load.h"

namespace parnas::cli {

int run(const ReportOptions& options, const GlobalOptions& global, Console& console) {
    const auto store = open_to_read(global);
    const store::StudyRecord study = find_study(*store, options.study);
    const std::filesystem::path path =
        new_file(options.out, options.study + ".html", options.overwrite);
    const bool ours = !study.spec.job.empty();
    const search::Report report = search::read_report(
        *store, study, ours ? std::optional(stored_job(study)) : std::nullopt, spaces::load_space);
    const std::string html = search::to_html(report, PARNAS_VERSION);
    search::write_whole_file(path, html);

    print_record(console,
                 {.columns = {{"trials", "trials"}, {"file", "file"}, {"bytes", "bytes"}},
                  .rows = {{static_cast<std::int64_t>(report.trials.size()),
                            path.string(),
                            static_cast<std::int64_t>(html.size())}}});
    return 0;
}

}  // namespace parnas::cli
