// SPDX-License-Identifier: Apache-2.0
#include "cli/parser.h"

namespace parnas::cli {
namespace {

void add_show(Parser& parser, CLI::App& targets) {
    const auto options = std::make_shared<TargetsShowOptions>();
    CLI::App* show = parser.add(targets,
                                "show",
                                "Show what is known of a target, and where it comes from",
                                "parnas targets show raspberry-pi-5",
                                options);
    show->add_option("target", options->target, "Name or file of the target")
        ->required()
        ->type_name("TARGET");
    show->add_flag("--document", options->document, "Print the document as it is written");
}

void add_add(Parser& parser, CLI::App& targets) {
    const auto options = std::make_shared<TargetsAddOptions>();
    CLI::App* add = parser.add(targets,
                               "add",
                               "Check a document and keep it under its name in your folder",
                               "parnas targets add my-board.yaml",
                               options);
    add->add_option("file", options->file, "Document of a target")->required()->type_name("FILE");
    add_force(*add, options->overwrite);
}

}  // namespace

void add_targets_commands(Parser& parser) {
    CLI::App* targets =
        parser.app.add_subcommand("targets", "Look at hardware to search for, and add your own");
    targets->footer("Example:\n  parnas targets list");
    targets->fallthrough();
    targets->require_subcommand(1);
    parser.add(*targets,
               "list",
               "List the targets that jobs can name",
               "parnas targets list",
               std::make_shared<TargetsListOptions>());
    add_show(parser, *targets);
    add_add(parser, *targets);
}

}  // namespace parnas::cli
