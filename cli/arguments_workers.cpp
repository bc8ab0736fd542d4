// SPDX-License-Identifier: Apache-2.0
#include "cli/parser.h"

namespace parnas::cli {
namespace {

void add_change(Parser& parser,
                CLI::App& workers,
                const std::string& name,
                const std::string& about,
                bool drain) {
    const auto options = std::make_shared<WorkersDrainOptions>();
    options->drain = drain;
    CLI::App* change = parser.add(workers,
                                  name,
                                  about,
                                  "parnas workers " + name + " gpu-3 --server http://lab:8080",
                                  options);
    change->add_option("worker", options->worker, "Id of the worker, or its name")
        ->required()
        ->type_name("WORKER");
    add_server(*change, options->server);
}

}  // namespace

void add_workers_commands(Parser& parser) {
    CLI::App* workers =
        parser.app.add_subcommand("workers", "Look at a server's workers, and drain them");
    workers->footer("Example:\n  parnas workers list --server http://lab:8080");
    workers->fallthrough();
    workers->require_subcommand(1);
    const auto list = std::make_shared<WorkersListOptions>();
    CLI::App* listed = parser.add(*workers,
                                  "list",
                                  "List all workers that came, oldest first",
                                  "parnas workers list --server http://lab:8080 --state active",
                                  list);
    listed->add_option("--state", list->state, "Only those in this state: active, draining, lost")
        ->type_name("STATE")
        ->check(CLI::IsMember({"active", "draining", "lost"}));
    add_server(*listed, list->server);
    add_change(
        parser, *workers, "drain", "Let a worker finish its trials, take no more, and end", true);
    add_change(
        parser, *workers, "undrain", "Let a worker that is drained take trials again", false);
}

}  // namespace parnas::cli
