// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/commands.h"
#include "cli/interrupts.h"
#include "cli/job.h"
#include "cli/stores.h"
#include "cli/study_summary.h"
#include "search/clone_study.h"

namespace parnas::cli {
namespace {

search::CloneTrials which_trials(const std::string& word) {
    if (word == "all")
        return search::CloneTrials::all;
    return word == "front" ? search::CloneTrials::front : search::CloneTrials::none;
}

}  // namespace

int run(const CloneOptions& options, const GlobalOptions& global, Console& console) {
    const Interrupts interrupts;
    const auto store = open_to_write(global);
    const store::StudyRecord from = find_study(*store, options.study);
    search::PreparedStudy study = prepare_clone(from, options, interrupts.token());
    search::resolve_warm_start(study, *store);
    const StudyId id = search::clone_study(*store, from, study.job, which_trials(options.trials));
    print(console, summarise(*store, store->study(id)));
    return 0;
}

}  // namespace parnas::cli
