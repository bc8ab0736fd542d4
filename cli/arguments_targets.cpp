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

void add_runtime(CLI::App& command, RuntimeChoice& runtime) {
    command.add_option("--runtime", runtime.runtime, "libtorch, libtorch-frozen, ...")
        ->type_name("NAME");
    command.add_option("--threads", runtime.threads, "Threads of the runtime")->check(at_least(1));
    command.add_option("--batch", runtime.batch, "Samples of one inference")->check(at_least(1));
    command.add_option("--dtype", runtime.dtype, "fp32, or bf16 where the runtime has it")
        ->type_name("TYPE");
    command.add_option("--layout", runtime.layout, "Of images: nchw or nhwc")->type_name("ORDER");
}

void add_calibrate(Parser& parser, CLI::App& targets) {
    const auto options = std::make_shared<TargetsCalibrateOptions>();
    CLI::App* calibrate = parser.add(targets,
                                     "calibrate",
                                     "Measure what a roofline has to know of this machine",
                                     "parnas targets calibrate --runtime libtorch --threads 2",
                                     options);
    add_runtime(*calibrate, options->runtime);
    add_measuring(*calibrate, options->measuring);
    calibrate
        ->add_option("--spread",
                     options->spread,
                     "Refused if a figure's 10 and 90 % quantiles are further apart, relative to "
                     "its median")
        ->check(CLI::Range(0.001, 100.0));
    calibrate->add_option("--out,-o", options->out, "File; the target's name if left out")
        ->type_name("FILE");
    add_force(*calibrate, options->overwrite);
}

void add_profile(Parser& parser, CLI::App& targets) {
    const auto options = std::make_shared<TargetsProfileOptions>();
    CLI::App* profile = parser.add(
        targets,
        "profile",
        "Measure the kernels of a space on this machine: a table that predicts its networks",
        "parnas targets profile --space cell201 --runtime libtorch-frozen",
        options);
    profile->add_option("--space", options->space, "Name or file of the space")
        ->required()
        ->type_name("SPACE");
    add_runtime(*profile, options->runtime);
    add_measuring(*profile, options->measuring);
    profile->add_option("--kernels", options->kernels, "At most, the most frequent ones")
        ->check(at_least(1));
    profile
        ->add_option("--networks", options->networks, "Measured whole, to see how kernels add up")
        ->check(at_least(6));
    profile->add_option("--passes", options->passes, "Over all kernels")->check(at_least(1));
    profile->add_option("--seed", options->seed, "Of the networks that are drawn");
    profile->add_flag("--warm", options->warm, "Let weights stay in the cache between runs");
    profile
        ->add_option(
            "--out,-o", options->out, "File; the target's and the space's name if left out")
        ->type_name("FILE");
    add_force(*profile, options->overwrite);
}

}  // namespace

void add_measuring(CLI::App& command, MeasuringChoice& measuring) {
    command.add_flag("--mark-disturbed",
                     measuring.mark,
                     "Measure beside other programs, and say so, instead of giving up");
    command
        .add_option("--canary-tolerance",
                    measuring.canary_tolerance,
                    "How much a fixed computation's time may change, relative to its best")
        ->check(CLI::Range(0.001, 10.0));
}

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
    add_calibrate(parser, *targets);
    add_profile(parser, *targets);
}

}  // namespace parnas::cli
