// SPDX-License-Identifier: Apache-2.0
#include "cli/parser.h"

namespace parnas::cli {
namespace {

void add_check(Parser& parser, CLI::App& plugin) {
    const auto options = std::make_shared<PluginCheckOptions>();
    CLI::App* check = parser.add(plugin,
                                 "check",
                                 "Try all that a plugin offers, and say in words what is wrong",
                                 "parnas plugin check my-space",
                                 options);
    check->add_option("plugin", options->plugin, "Name, document or folder of the plugin")
        ->required()
        ->type_name("PLUGIN");
    check->add_option("--seed", options->seed, "Seed of the draws")
        ->check(at_least<std::uint64_t>(0));
}

void add_new(Parser& parser, CLI::App& plugin) {
    const auto options = std::make_shared<PluginNewOptions>();
    CLI::App* made = parser.add(
        plugin,
        "new",
        "Write a folder with a plugin to start from, which builds, runs and passes check",
        "parnas plugin new space my_space --language cpp",
        options);
    made->add_option("role", options->role, "space, evaluator, sampler, target or operator")
        ->required()
        ->type_name("ROLE")
        ->check(CLI::IsMember({"space", "evaluator", "sampler", "target", "operator"}));
    made->add_option("name", options->name, "Name of the part and of the folder")
        ->required()
        ->type_name("NAME");
    made->add_option("--language", options->language, "python or cpp")
        ->type_name("LANGUAGE")
        ->check(CLI::IsMember({"python", "cpp"}));
    made->add_option("--out", options->out, "Folder to make instead")->type_name("FOLDER");
}

}  // namespace

void add_plugin_commands(Parser& parser) {
    CLI::App* plugin = parser.app.add_subcommand(
        "plugin", "Use spaces, evaluators, samplers, targets and operators of your own");
    plugin->footer("Example:\n  parnas plugin new space my_space");
    plugin->fallthrough();
    plugin->require_subcommand(1);
    parser.add(*plugin,
               "list",
               "List the plugins that were found and what they offer",
               "parnas plugin list",
               std::make_shared<PluginListOptions>());
    add_check(parser, *plugin);
    add_new(parser, *plugin);
}

}  // namespace parnas::cli
