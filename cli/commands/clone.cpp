// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/client/service_client.h"
#include "cli/commands/commands.h"
#include "cli/interrupts.h"
#include "cli/job.h"
#include "cli/servers.h"
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

// A server searches what it clones.
void clone_at_server(const client::HttpClientOptions& server, const CloneOptions& options) {
    if (options.trials != "none")
        throw Error(ErrorKind::invalid_input,
                    "a server clones no trials: --warm-start tries the best of them again",
                    "--trials");
    client::HttpClient http(server);
    client::ServiceClient client(http);
    client.post(fmt::format("/v1/studies/{}/clones", client::percent_encoded(options.study)),
                {{"name", options.name},
                 {"overrides", overrides_of(options.set)},
                 {"warm_start", options.warm_start}},
                short_patience());
}

}  // namespace

int run(const CloneOptions& options, const GlobalOptions& global, Console& console) {
    if (const auto server = find_server(options.server, global)) {
        clone_at_server(*server, options);
        const auto studies = open_to_read(global, options.server);
        print(console, summarise(*studies, find_study(*studies, options.name)));
        return 0;
    }
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
