// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/front_view.h"
#include "cli/servers.h"
#include "cli/stores.h"
#include "cli/trial_view.h"
#include "search/observed_front.h"
#include "search/reestimates.h"

namespace parnas::cli {
namespace {

// Nothing: there is no front yet.
std::optional<store::FrontChange> find_version(const store::Store& store,
                                               const store::StudyRecord& study,
                                               const std::optional<std::int64_t>& version) {
    const std::vector<store::FrontChange> history = store.front_history(study.id);
    if (!version)
        return history.empty() ? std::nullopt : std::optional(history.back());
    const auto found = std::ranges::find(history, *version, &store::FrontChange::version);
    if (found == history.end())
        throw Error(ErrorKind::not_found,
                    history.empty() ? std::string("the front has no version yet")
                                    : fmt::format("the front has the versions 1 to {}, not {}",
                                                  history.back().version,
                                                  *version),
                    "--at");
    return *found;
}

}  // namespace

int run(const FrontOptions& options, const GlobalOptions& global, Console& console) {
    const auto store = open_to_read(global, options.server);
    const store::StudyRecord study = find_study(*store, options.study);
    const auto change = find_version(*store, study, options.version);
    std::vector<store::TrialRecord> trials =
        search::current_trials(*store, study.id, options.version);
    if (options.version)
        std::erase_if(trials, [&](const store::TrialRecord& trial) {
            return !trial.finished || *trial.finished > change->time;
        });
    std::vector<TrialNumber> numbers = change ? change->members : std::vector<TrialNumber>();
    if (!change && study.spec.job.empty())  // another program's study: nobody keeps its front
        numbers = search::observed_front(study.spec, trials);
    const FrontView front = view_front(study.spec, numbers, std::move(trials));

    const auto reason = search::front_figures(*store, study.id, options.version).reason;
    if (console.output == OutputFormat::json) {
        Json members = Json::array();
        for (const store::TrialRecord& trial : front.members)
            members.push_back(trial_json(study.spec, trial, Detail::everything));
        print(console,
              Json{{"version", change ? change->version : 0},
                   {"reason", reason ? Json(*reason) : Json()},
                   {"hypervolume",
                    change && change->hypervolume ? Json(*change->hypervolume) : Json()},
                   {"members", std::move(members)}});
    } else if (console.output == OutputFormat::csv) {
        print(console, wide_trials_table(study.spec, front.members, Detail::everything));
    } else if (front.members.empty()) {
        console.out << "The front is empty: no trial is complete yet.\n";
    } else {
        print(console, front_table(front, console.columns));
        if (reason == search::kReestimated)
            console.out << "\nWith what the target's model has learnt from measurements.\n";
        const std::string plot = front_plot(front, console);
        console.out << (plot.empty() ? "" : "\n") << plot;
    }
    return 0;
}

}  // namespace parnas::cli
