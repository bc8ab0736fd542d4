// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fstream>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/optuna/journal/replay.h"
#include "api/optuna/journal/writer.h"
#include "cli/commands/commands.h"
#include "cli/new_file.h"
#include "cli/stores.h"
#include "core/draft_file.h"
#include "store/optuna_store.h"
#include "store/sqlite_store.h"

namespace parnas::cli {
namespace {

constexpr TrialNumber kPage = 1000;  // trials that are in memory at once

struct Moved {
    std::string study;
    std::int64_t trials = 0;
};

optuna::Journal read_journal(const OptunaImportOptions& options) {
    std::ifstream file(options.file, std::ios::binary);
    if (!file)
        throw Error(ErrorKind::not_found, "cannot be read", options.file.string());
    optuna::Journal journal = optuna::replay_journal(file, options.file.string());
    if (!options.study)
        return journal;
    std::erase_if(journal.studies,
                  [&](const optuna::JournalStudy& study) { return study.name != *options.study; });
    if (journal.studies.empty())
        throw Error(ErrorKind::not_found, "the journal has no study of this name", *options.study);
    return journal;
}

// Before anything is written, since studies are written one by one.
void refuse_taken_names(const optuna::Journal& journal, const store::OptunaStore& store) {
    std::set<std::string, std::less<>> taken;
    for (const store::OptunaStudy& study : store.studies())
        taken.insert(study.name);
    Faults faults;
    for (const optuna::JournalStudy& study : journal.studies)
        if (taken.contains(study.name))
            faults.add(study.name,
                       "the store has a study of this name; nothing was imported (--study takes "
                       "one study alone)");
    faults.throw_if_any(ErrorKind::conflict);
}

store::OptunaTrial as_optuna_has_it(const store::TrialRecord& trial) {
    return {.state = trial.state,
            .values = trial.values,
            .params = trial.params,
            .reports = trial.reports,
            .user_attributes = trial.user_attributes,
            .system_attributes = trial.system_attributes,
            .started = trial.started,
            .finished = trial.finished};
}

void write_attributes(StudyId id,
                      store::AttributeKind kind,
                      const store::Attributes& attributes,
                      store::OptunaStore& store) {
    std::vector<store::OptunaChange> changes;
    for (const auto& [key, value] : attributes)
        changes.emplace_back(
            store::StudyAttributeSet{.study = id, .kind = kind, .key = key, .value = value});
    if (!changes.empty())
        store.apply(changes);
}

Moved write_study(const optuna::JournalStudy& study, store::OptunaStore& store) {
    const StudyId id = store.create_study(study.name, study.directions);
    write_attributes(id, store::AttributeKind::user, study.attributes.user, store);
    write_attributes(id, store::AttributeKind::system, study.attributes.system, store);
    for (const store::TrialRecord& trial : study.trials)
        store.create_trial(id, as_optuna_has_it(trial));
    return {.study = study.name, .trials = static_cast<std::int64_t>(study.trials.size())};
}

void show(const std::vector<Moved>& moved,
          const std::filesystem::path& file,
          Json more,
          Console& console) {
    if (console.output == OutputFormat::json) {
        Json studies = Json::array();
        for (const Moved& each : moved)
            studies.push_back({{"study", each.study}, {"trials", each.trials}});
        Json json{{"file", file.string()}, {"studies", std::move(studies)}};
        json.update(more);
        print(console, json);
        return;
    }
    for (const Moved& each : moved)
        console.out << fmt::format("{}: {} trials\n", printable(each.study), each.trials);
    if (moved.empty())
        console.out << "There are no studies.\n";
}

}  // namespace

int run(const OptunaImportOptions& options, const GlobalOptions& global, Console& console) {
    const optuna::Journal journal = read_journal(options);
    const auto store =
        store::make_sqlite_store({.path = store_path(global), .mode = store::OpenMode::create});
    store::OptunaStore& written = store::optuna_store(*store);
    refuse_taken_names(journal, written);
    std::vector<Moved> moved;
    for (const optuna::JournalStudy& study : journal.studies)
        moved.push_back(write_study(study, written));
    show(moved,
         options.file,
         {{"operations", journal.operations},
          {"passed_over", journal.passed_over},
          {"cut_off", journal.cut_off ? Json(journal.cut_off->where) : Json()}},
         console);
    if (journal.cut_off && console.output != OutputFormat::json)
        console.err << fmt::format(
            "{}: {}; it was left out\n", journal.cut_off->where, journal.cut_off->message);
    return 0;
}

int run(const OptunaExportOptions& options, const GlobalOptions& global, Console& console) {
    const auto store = open_to_read(global);
    std::vector<store::StudyRecord> studies;
    if (options.study)
        studies.push_back(find_study(*store, *options.study));
    else
        studies = store->studies();
    DraftFile draft(new_file(options.file, options.file.string(), options.overwrite));
    optuna::JournalWriter writer([&](std::string_view lines) { draft.write(lines); });
    std::vector<Moved> moved;
    for (const store::StudyRecord& study : studies) {
        writer.begin_study(study.spec, store->attributes(study.id));
        Moved each{.study = study.spec.name};
        for (TrialNumber first = 0; first < study.trials; first += kPage)
            for (const store::TrialRecord& trial : store->trials(study.id, first, kPage)) {
                writer.write_trial(trial);
                ++each.trials;
            }
        moved.push_back(std::move(each));
    }
    draft.keep();
    show(moved, options.file, Json::object(), console);
    return 0;
}

}  // namespace parnas::cli
