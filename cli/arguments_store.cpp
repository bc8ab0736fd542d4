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

void add_clone(Parser& parser) {
    const auto options = std::make_shared<CloneOptions>();
    CLI::App* clone =
        parser.add(parser.app,
                   "clone",
                   "Make a study with the job of another, and its trials if asked for",
                   "parnas clone my-search second-try --set seed=2",
                   options);
    clone->add_option("study", options->study, "Name of the study")->required()->type_name("STUDY");
    clone->add_option("name", options->name, "Name of the clone")->required()->type_name("NAME");
    add_server(*clone, options->server);
    CLI::Option* trials =
        clone
            ->add_option(
                "--trials", options->trials, "Which trials it begins with: none, all or front")
            ->check(CLI::IsMember({"none", "all", "front"}))
            ->type_name("WHICH");
    clone
        ->add_flag("--warm-start", options->warm_start, "Try the points of the study's front first")
        ->excludes(trials);
    clone->add_option("--set", options->set, "Change a value of the job; may be repeated")
        ->type_name("KEY.PATH=VALUE")
        ->allow_extra_args(false);
}

void add_db(Parser& parser) {
    CLI::App* db = parser.app.add_subcommand("db", "Keep the file of a store in order");
    db->footer("Example:\n  parnas db backup monday.db && parnas db check --store monday.db");
    db->fallthrough();
    db->require_subcommand(1);

    parser.add(*db,
               "check",
               "Look for damage, also while searches run; ends with 7 if there is any",
               "parnas db check --store lab.db",
               std::make_shared<DbCheckOptions>());

    const auto backup = std::make_shared<DbBackupOptions>();
    CLI::App* backed_up = parser.add(*db,
                                     "backup",
                                     "Write a checked copy of the store, also while searches run",
                                     "parnas db backup monday.db",
                                     backup);
    backed_up->add_option("file", backup->file, "File to write")->required()->type_name("FILE");
    backed_up->add_flag("--force", backup->force, "Overwrite the file");

    const auto restore = std::make_shared<DbRestoreOptions>();
    parser
        .add(*db,
             "restore",
             "Put a backup in the place of the store, whose present file is kept",
             "parnas db restore monday.db --store lab.db",
             restore)
        ->add_option("file", restore->file, "The backup")
        ->required()
        ->type_name("FILE");

    parser.add(*db,
               "migrate",
               "Bring a file of Optuna's or of an older parnas to this version, after a backup",
               "parnas db migrate --store old.db",
               std::make_shared<DbMigrateOptions>());
    const auto adopt = std::make_shared<DbAdoptOptions>();
    parser
        .add(*db,
             "adopt",
             "Make a file of Optuna 3.0 to 5.0 a store, in place and after a backup",
             "parnas db adopt study.db",
             adopt)
        ->add_option("file", adopt->file, "Optuna's SQLite file")
        ->required()
        ->type_name("FILE");
    const auto compact = std::make_shared<DbCompactOptions>();
    parser
        .add(*db,
             "compact",
             "Rewrite the store without what is free in it, while nobody else uses it",
             "parnas db compact lab.db",
             compact)
        ->add_option("file", compact->file, "File to compact instead of the store")
        ->type_name("FILE");
    parser.add(*db,
               "stats",
               "Show what the store holds and what takes its space",
               "parnas db stats",
               std::make_shared<DbStatsOptions>());
}

void add_optuna(Parser& parser) {
    CLI::App* optuna =
        parser.app.add_subcommand("optuna", "Take over journal files, or write them");
    optuna->footer("Example:\n  parnas optuna import journal.log && parnas studies");
    optuna->fallthrough();
    optuna->require_subcommand(1);

    const auto import = std::make_shared<OptunaImportOptions>();
    CLI::App* imported = parser.add(*optuna,
                                    "import",
                                    "Copy the studies of an Optuna journal file into the store",
                                    "parnas optuna import journal.log",
                                    import);
    imported->add_option("file", import->file, "The journal")->required()->type_name("FILE");
    imported->add_option("--study", import->study, "This study alone")->type_name("NAME");

    const auto written = std::make_shared<OptunaExportOptions>();
    CLI::App* exported = parser.add(*optuna,
                                    "export",
                                    "Write studies as a journal file that Optuna opens",
                                    "parnas optuna export journal.log --study my-search",
                                    written);
    exported->add_option("file", written->file, "File to write")->required()->type_name("FILE");
    exported->add_option("--study", written->study, "This study alone")->type_name("NAME");
    add_force(*exported, written->overwrite);
}

}  // namespace

void add_store_commands(Parser& parser) {
    add_annotate(parser);
    add_clone(parser);
    add_db(parser);
    add_optuna(parser);
}

}  // namespace parnas::cli
