// SPDX-License-Identifier: Apache-2.0
#include "cli/parser.h"

namespace parnas::cli {
namespace {

void add_comparable(CLI::App& command, Detail& detail) {
    command.add_flag_callback(
        "--comparable",
        [&detail] { detail = Detail::comparable; },
        "Leave out what differs between two runs of one job: times, durations, attempts");
}

void add_listings(Parser& parser) {
    const auto studies = std::make_shared<StudiesOptions>();
    CLI::App* all = parser.add(parser.app,
                               "studies",
                               "List the studies of a store or server",
                               "parnas studies --store lab.db --tag paper",
                               studies);
    all->add_option("--tag", studies->tag, "Only those with this tag")->type_name("TAG");
    add_server(*all, studies->server);

    const auto status = std::make_shared<StatusOptions>();
    parser.add(parser.app, "status", "Show how far a study is", "parnas status my-search", status)
        ->add_option(
            "study", status->study, "Name of the study; the latest one, audits aside, if left out")
        ->type_name("STUDY");

    const auto trials = std::make_shared<TrialsOptions>();
    CLI::App* list =
        parser.add(parser.app,
                   "trials",
                   "List the trials of a study",
                   "parnas trials my-search --state complete --sort latency_ms --limit 10",
                   trials);
    list->add_option("study", trials->study, "Name of the study")->required()->type_name("STUDY");
    list->add_option("--state",
                     trials->states,
                     "waiting, running, complete, pruned or fail; may be repeated")
        ->type_name("STATE")
        ->allow_extra_args(false)
        ->delimiter(',');
    list->add_option("--sort", trials->sort, "Best first by this metric")->type_name("METRIC");
    list->add_option("--tag", trials->tag, "Only those with this tag")->type_name("TAG");
    list->add_option("--limit", trials->limit, "Show this many")->check(at_least(0));
    add_comparable(*list, trials->detail);
    add_server(*list, trials->server);

    const auto phases = std::make_shared<PhasesOptions>();
    CLI::App* done = parser.add(parser.app,
                                "phases",
                                "List what a weight-sharing search did besides its trials",
                                "parnas phases my-search --output json",
                                phases);
    done->add_option("study", phases->study, "Name of the study")->required()->type_name("STUDY");
    add_comparable(*done, phases->detail);

    const auto front = std::make_shared<FrontOptions>();
    CLI::App* show = parser.add(parser.app,
                                "front",
                                "Show the trials that no other one dominates",
                                "parnas front my-search --at 3",
                                front);
    show->add_option("study", front->study, "Name of the study")->required()->type_name("STUDY");
    show->add_option("--at", front->version, "An earlier version of the front, from 1")
        ->type_name("VERSION");
    add_server(*show, front->server);
}

void add_export(Parser& parser) {
    const auto options = std::make_shared<ExportOptions>();
    CLI::App* added =
        parser.add(parser.app,
                   "export",
                   "Write the best network within limits to a file",
                   "parnas export my-search --max latency_ms=8 --format torchscript --out net.pt",
                   options);
    added->add_option("study", options->study, "Name of the study")->required()->type_name("STUDY");
    CLI::Option* trial =
        added->add_option("--trial", options->trial, "This trial")->type_name("NUMBER");
    added->add_option("--max", options->limits, "Limit of a metric; may be repeated")
        ->type_name("METRIC=VALUE")
        ->allow_extra_args(false)
        ->excludes(trial);
    add_preset(*added, options->preset)->excludes(trial);
    added
        ->add_option("--confidence",
                     options->confidence,
                     "Probability that the latency is within its limit, 0.5 to 0.9999")
        ->type_name("PROBABILITY")
        ->check(CLI::Range(0.5, 0.9999))
        ->excludes(trial);
    added
        ->add_option("--target",
                     options->target,
                     "Choose for this target instead of the study's: its name or file")
        ->type_name("TARGET")
        ->excludes(trial);
    added->add_option("--format", options->format, "json, dot, csv, torchscript or onnx")
        ->type_name("FORMAT");
    added->add_option("--out", options->out, "File; STUDY-TRIAL.FORMAT if left out")
        ->type_name("FILE");
    add_force(*added, options->overwrite);
    added->add_flag("--fold-batch-norm",
                    options->fold_batch_norm,
                    "onnx: batch norms become part of the convolutions before them");
    added->add_option("--opset", options->opset, "onnx: operator set; the oldest that suits")
        ->type_name("13..17");
    added->add_option("--batch", options->batch, "onnx: size of the batch; any if left out")
        ->type_name("SAMPLES")
        ->check(CLI::PositiveNumber);
    added
        ->add_option("--random-weights",
                     options->random_weights,
                     "onnx: weights drawn from this seed instead of trained ones")
        ->type_name("SEED");
    add_server(*added, options->server);
}

void add_report(Parser& parser) {
    const auto options = std::make_shared<ReportOptions>();
    CLI::App* added = parser.add(parser.app,
                                 "report",
                                 "Write a study as one HTML file that needs no server",
                                 "parnas report my-search -o my-search.html",
                                 options);
    added->add_option("study", options->study, "Name of the study")->required()->type_name("STUDY");
    added->add_option("-o,--out", options->out, "File; STUDY.html if left out")->type_name("FILE");
    add_force(*added, options->overwrite);
}

}  // namespace

void add_results_commands(Parser& parser) {
    add_listings(parser);
    add_export(parser);
    add_report(parser);
}

}  // namespace parnas::cli
