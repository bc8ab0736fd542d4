// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "cli/options.h"

// The command line's grammar, for the files that tell parts of it. Takes long to compile.
namespace parnas::cli {

// The parser and what it writes to. A command's callback, run when the command line is
// complete, keeps the command's options as `command`.
struct Parser {
    CLI::App app{
        "Finds neural networks, and hyperparameters to train them with, within a budget on your "
        "hardware.",
        "parnas"};
    GlobalOptions global;
    std::string output = "table";
    std::optional<Command> command;

    // `options` must live as long as the parser: the callbacks hold it.
    template <typename Options>
    CLI::App* add(CLI::App& parent,
                  const std::string& name,
                  const std::string& about,
                  const std::string& example,
                  const std::shared_ptr<Options>& options) {
        CLI::App* added = parent.add_subcommand(name, about);
        added->footer("Example:\n  " + example);
        added->fallthrough();
        added->callback([this, options] { command = *options; });
        return added;
    }
};

// --force, which lets a file be overwritten.
void add_force(CLI::App& command, Overwrite& overwrite);

// CLI11's own checks of ranges print bounds that nobody set.
template <typename Integer = std::int64_t>
auto at_least(Integer least) {
    return [least](const std::string& text) {
        Integer value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        const bool number = error == std::errc() && end == text.data() + text.size();
        return number && value >= least ? std::string()
                                        : "expected a whole number of at least " +
                                              std::to_string(least) + ", got '" + text + "'";
    };
}

// --server, --token-file and --ca-file.
void add_server(CLI::App& command, ServerOptions& options);
CLI::Option* add_ca_file(CLI::App& command, std::filesystem::path& file);
// --preset, which limits what a network may cost.
CLI::Option* add_preset(CLI::App& command, std::optional<std::string>& preset);
// --mark-disturbed and --canary-tolerance.
void add_measuring(CLI::App& command, MeasuringChoice& measuring);

// What studies have found: studies, status, trials, phases, front, export, report.
void add_results_commands(Parser& parser);
// What keeps a store and its studies in order: annotate, clone, db.
void add_store_commands(Parser& parser);
// Who may use a server: tokens.
void add_tokens_commands(Parser& parser);
// Who works for a server: workers.
void add_workers_commands(Parser& parser);
// What studies can be asked: importance, compare.
void add_analysis_commands(Parser& parser);
// What is known of hardware: targets.
void add_targets_commands(Parser& parser);
// Parts of others: plugin.
void add_plugin_commands(Parser& parser);
// What serves others: serve.
void add_service_commands(Parser& parser);
// What is asked of a server: submit, jobs, top, logs.
void add_client_commands(Parser& parser);
// What works for a server: worker.
void add_worker_command(Parser& parser);
// What measures this installation: bench.
void add_bench_commands(Parser& parser);

}  // namespace parnas::cli
