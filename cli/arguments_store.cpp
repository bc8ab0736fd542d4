// SPDX-License-Identifier: Apache-2.0
#include "cli/parser.h"

namespace parnas::cli {
namespace {

void add_annotate(Parser& parser) {
    const auto options = std::make_shared<AnnotateOptions>();
    CLI::App* annotate =
        parser.add(parser.app,
                   "annotate",
                   "Write a note, tags and attributes beside a study or a trial, or show them",
                   "parnas annotate my-search --trial 17 --note \"trained twice\" --tag keep",
                   options);
    annotate->add_option("study", options->study, "Name of the study")
        ->required()
        ->type_name("STUDY");
    annotate->add_option("--trial", options->trial, "Of this trial, instead of the study")
        ->type_name("NUMBER");
    annotate->add_option("--note", options->note, "Text instead of the present note; \"\" for none")
        ->type_name("TEXT");
    annotate->add_option("--tag", options->tag, "Add a tag; may be repeated")
        ->type_name("TAG")
        ->allow_extra_args(false);
    annotate->add_option("--untag", options->untag, "Remove a tag; may be repeated")
        ->type_name("TAG")
        ->allow_extra_args(false);
    annotate
        ->add_option("--set",
                     options->set,
                     "Set a user attribute, of a study or an unfinished trial; may be repeated")
        ->type_name("KEY=JSON")
        ->allow_extra_args(false);
}

}  // namespace

void add_store_commands(Parser& parser) {
    add_annotate(parser);
}

}  // namespace parnas::cli
