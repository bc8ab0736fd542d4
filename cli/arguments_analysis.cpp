// SPDX-License-Identifier: Apache-2.0
#include "cli/parser.h"

namespace parnas::cli {
namespace {

void add_importance(Parser& parser) {
    const auto options = std::make_shared<ImportanceOptions>();
    CLI::App* importance = parser.add(parser.app,
                                      "importance",
                                      "Show which parameters decide a study's results",
                                      "parnas importance my-search --target accuracy",
                                      options);
    importance->add_option("study", options->study, "Name of the study")
        ->required()
        ->type_name("STUDY");
    importance
        ->add_option("--method",
                     options->method,
                     "fanova: shares of the variance over the whole space; ped_anova: what makes "
                     "a trial one of the best")
        ->check(CLI::IsMember({"fanova", "ped_anova"}))
        ->type_name("METHOD");
    importance->add_option("--target", options->target, "This metric; all objectives if left out")
        ->type_name("METRIC");
    importance
        ->add_option("--quantile", options->quantile, "Of ped_anova: the share that is the best")
        ->type_name("SHARE");
    importance
        ->add_option("--region",
                     options->region,
                     "Of ped_anova: the share with which the best are compared; 1: all trials")
        ->type_name("SHARE");
    importance->add_option("--seed", options->seed, "Of fanova: seed of the forest")
        ->check(at_least<std::uint64_t>(0));
}

void add_compare(Parser& parser) {
    const auto options = std::make_shared<CompareOptions>();
    CLI::App* compare =
        parser.add(parser.app,
                   "compare",
                   "Compare two groups of studies, one study for each seed, after as many trials "
                   "and at the same cost",
                   "parnas compare 'tpe-*' 'random-*' --html tpe.html",
                   options);
    compare->add_option("A", options->first, "Studies: names and patterns, commas between them")
        ->required()
        ->type_name("NAMES");
    compare->add_option("B", options->second, "The others")->required()->type_name("NAMES");
    compare->add_option("--other-store", options->other_store, "File of the store that B is in")
        ->type_name("FILE");
    compare
        ->add_option("--target",
                     options->target,
                     "By the best value of this metric; the objective, or the hypervolume of "
                     "several, if left out")
        ->type_name("METRIC");
    compare->add_option("--html", options->html, "Write the comparison with its charts to a file")
        ->type_name("FILE");
    add_force(*compare, options->overwrite);
}

}  // namespace

void add_force(CLI::App& command, Overwrite& overwrite) {
    command.add_flag_callback(
        "--force", [&overwrite] { overwrite = Overwrite::yes; }, "Overwrite the file");
}

void add_analysis_commands(Parser& parser) {
    add_importance(parser);
    add_compare(parser);
}

}  // namespace parnas::cli
