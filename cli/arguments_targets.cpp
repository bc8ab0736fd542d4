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
    command.add_option("--dtype", runtime.dtype, "fp32, or what else the runtime has")
        ->type_name("TYPE")
        ->check(CLI::IsMember({"fp32", "fp16", "bf16", "int8"}));
    command.add_option("--layout", runtime.layout, "Of images: nchw or nhwc")
        ->type_name("ORDER")
        ->check(CLI::IsMember({"nchw", "nhwc"}));
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

// What only makes sense with a space, and with a runtime of this machine.
void add_onboard_choices(CLI::App& onboard, TargetsOnboardOptions& options) {
    CLI::Option* space = onboard.add_option("--space", options.space, "Name or file of the space")
                             ->type_name("SPACE");
    add_runtime(onboard, options.runtime);
    add_measuring(onboard, options.measuring);
    CLI::Option* runtime = onboard.get_option("--runtime");
    runtime->description("Measure here, in this runtime: libtorch, libtorch-frozen, ...");
    onboard.add_option("--name", options.name, "What the target is to be called")
        ->type_name("NAME");
    onboard.add_option("--hardware", options.hardware, "What it is, for people")
        ->type_name("WORDS")
        ->excludes(runtime);
    onboard.add_option("--runtime-name", options.runtime_name, "Its runtime, for people")
        ->type_name("WORDS")
        ->excludes(runtime);
    onboard.add_option("--samples", options.samples, "Networks to measure")->check(at_least(2));
    onboard
        .add_option("--most", options.most, "Measure more until the error is met, so many at most")
        ->check(at_least(2));
    onboard.add_option("--seed", options.seed, "Of the networks and their weights")
        ->check(at_least<std::uint64_t>(0));
    for (const char* each : {"--runtime",
                             "--threads",
                             "--batch",
                             "--dtype",
                             "--layout",
                             "--name",
                             "--hardware",
                             "--runtime-name",
                             "--samples",
                             "--seed"})
        onboard.get_option(each)->needs(space);
    for (const char* each : {"--most", "--mark-disturbed", "--canary-tolerance"})
        onboard.get_option(each)->needs(runtime);
}

void add_onboard(Parser& parser, CLI::App& targets) {
    const auto options = std::make_shared<TargetsOnboardOptions>();
    CLI::App* onboard =
        parser.add(targets,
                   "onboard",
                   "Make a new target known by measuring some networks of a space on it",
                   "parnas targets onboard --space mobile --name my-phone --probes my-phone\n"
                   "  parnas targets onboard --probes my-phone\n"
                   "  parnas targets onboard --space mobile --runtime libtorch-frozen",
                   options);
    add_onboard_choices(*onboard, *options);
    onboard->add_option("--probes", options->probes, "Folder of the networks and measurements")
        ->type_name("FOLDER");
    CLI::Option* more = onboard->add_option("--more", options->more, "Design so many networks more")
                            ->check(at_least(1))
                            ->needs("--probes")
                            ->excludes("--space");
    CLI::Option* no_known =
        onboard->add_flag("--no-known", options->no_known, "Learn nothing from other targets");
    onboard
        ->add_option("--known",
                     options->known,
                     "A predictor of another target, to learn from; may be repeated; all of your "
                     "own if left out")
        ->type_name("TARGET")
        ->allow_extra_args(false)
        ->excludes(no_known);
    onboard->add_option("--error", options->error, "Mean relative error that is good enough")
        ->check(CLI::Range(0.001, 10.0));
    onboard
        ->add_option(
            "--out,-o", options->out, "File; the target's and the space's name if left out")
        ->type_name("FILE");
    for (const char* each : {"--known", "--no-known", "--error", "--out"})
        more->excludes(onboard->get_option(each));
    add_force(*onboard, options->overwrite);
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
    add_onboard(parser, *targets);
}

}  // namespace parnas::cli
