// SPDX-License-Identifier: Apache-2.0
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/stores.h"
#include "search/check_fronts.h"
#include "store/sqlite_file.h"

namespace parnas::cli {
namespace {

std::vector<Fault> faults_of(const GlobalOptions& global) {
    std::vector<Fault> faults = store::check_file(store_path(global));
    try {
        std::vector<Fault> of_fronts = search::check_fronts(*open_to_read(global));
        faults.insert(faults.end(), of_fronts.begin(), of_fronts.end());
    } catch (const Error& error) {
        // What cannot be read is among the faults.
        if (error.kind() != ErrorKind::damaged || faults.empty())
            throw;
    }
    return faults;
}

Json to_json(const store::FileSummary& summary) {
    return {{"bytes", summary.bytes}, {"studies", summary.studies}, {"trials", summary.trials}};
}

std::string to_text(const store::FileSummary& summary) {
    return fmt::format(
        "{} bytes, studies: {}, trials: {}", summary.bytes, summary.studies, summary.trials);
}

Json to_json(const store::FileStatistics& statistics) {
    Json tables = Json::array();
    for (const store::TableStatistics& table : statistics.tables)
        tables.push_back({{"name", table.name},
                          {"rows", table.rows},
                          {"bytes", table.bytes ? Json(*table.bytes) : Json()}});
    Json studies = Json::array();
    for (const store::StudyStatistics& study : statistics.studies) {
        Json trials = Json::object();
        for (const auto& [state, count] : study.trials)
            trials[std::string(to_string(state))] = count;
        studies.push_back({{"name", study.name},
                           {"trials", std::move(trials)},
                           {"reused", study.reused},
                           {"phases", study.phases}});
    }
    return {{"bytes", statistics.bytes},
            {"wal_bytes", statistics.wal_bytes},
            {"page_bytes", statistics.page_bytes},
            {"pages", statistics.pages},
            {"free_pages", statistics.free_pages},
            {"artifacts", statistics.artifacts},
            {"artifact_bytes", statistics.artifact_bytes},
            {"tables", std::move(tables)},
            {"studies", std::move(studies)}};
}

Table file_table(const store::FileStatistics& statistics) {
    const auto number = [](std::uintmax_t value) { return static_cast<std::int64_t>(value); };
    return {.columns = {{"bytes", "bytes"},
                        {"wal_bytes", "of its WAL"},
                        {"pages", "pages"},
                        {"free_pages", "free pages"},
                        {"artifacts", "artifacts"},
                        {"artifact_bytes", "of artifacts"}},
            .rows = {{number(statistics.bytes),
                      number(statistics.wal_bytes),
                      statistics.pages,
                      statistics.free_pages,
                      statistics.artifacts,
                      statistics.artifact_bytes}}};
}

Table tables_table(const store::FileStatistics& statistics) {
    Table table{.columns = {{"name", "table"}, {"rows", "rows"}, {"bytes", "bytes with indexes"}},
                .rows = {}};
    for (const store::TableStatistics& each : statistics.tables)
        table.rows.push_back({each.name, each.rows, each.bytes ? Scalar(*each.bytes) : Scalar()});
    return table;
}

Table studies_table(const store::FileStatistics& statistics) {
    Table table{.columns = {{"name", "study"}}, .rows = {}};
    constexpr std::array kStates{TrialState::waiting,
                                 TrialState::running,
                                 TrialState::complete,
                                 TrialState::pruned,
                                 TrialState::fail};
    for (const TrialState state : kStates)
        table.columns.push_back({std::string(to_string(state)), std::string(to_string(state))});
    table.columns.push_back({"reused", "reused"});
    table.columns.push_back({"phases", "phases"});
    for (const store::StudyStatistics& study : statistics.studies) {
        std::vector<Scalar> row{study.name};
        for (const TrialState state : kStates) {
            const auto found = study.trials.find(state);
            row.emplace_back(found == study.trials.end() ? 0 : found->second);
        }
        row.emplace_back(study.reused);
        row.emplace_back(study.phases);
        table.rows.push_back(std::move(row));
    }
    return table;
}

}  // namespace

int run(const DbCheckOptions&, const GlobalOptions& global, Console& console) {
    const std::vector<Fault> faults = faults_of(global);
    if (console.output == OutputFormat::table && faults.empty()) {
        console.out << store_path(global).string() << " is sound.\n";
        return 0;
    }
    Table table{.columns = {{"where", "where"}, {"message", "what is wrong"}}, .rows = {}};
    for (const Fault& fault : faults)
        table.rows.push_back({fault.where, fault.message});
    if (console.output == OutputFormat::json)
        print(console, Json{{"sound", faults.empty()}, {"faults", to_json(table)}});
    else
        print(console, table);
    return faults.empty() ? 0 : exit_code(ErrorKind::damaged);
}

int run(const DbBackupOptions& options, const GlobalOptions& global, Console& console) {
    const store::FileSummary summary =
        store::back_up(store_path(global),
                       options.file,
                       options.force ? store::Overwrite::yes : store::Overwrite::no);
    if (console.output == OutputFormat::json)
        print(console, Json{{"file", options.file.string()}, {"backup", to_json(summary)}});
    else
        console.out << fmt::format("{}: {}\n", options.file.string(), to_text(summary));
    return 0;
}

int run(const DbRestoreOptions& options, const GlobalOptions& global, Console& console) {
    const std::filesystem::path path = store_path(global);
    const store::Restored restored = store::restore(path, options.file);
    if (console.output == OutputFormat::json) {
        print(console,
              Json{{"file", path.string()},
                   {"restored", to_json(restored.summary)},
                   {"previous", restored.previous ? Json(restored.previous->string()) : Json()}});
        return 0;
    }
    console.out << fmt::format("{}: {}\n", path.string(), to_text(restored.summary));
    if (restored.previous)
        console.out << fmt::format("What was there is in {}\n", restored.previous->string());
    return 0;
}

int run(const DbMigrateOptions&, const GlobalOptions& global, Console& console) {
    const std::filesystem::path path = store_path(global);
    const store::Migrated migrated = store::migrate(path);
    if (console.output == OutputFormat::json)
        print(console,
              Json{{"file", path.string()},
                   {"from", migrated.from},
                   {"to", migrated.to},
                   {"backup", migrated.backup ? Json(migrated.backup->string()) : Json()}});
    else if (!migrated.backup)
        console.out << fmt::format("{} is at version {} already.\n", path.string(), migrated.to);
    else
        console.out << fmt::format("{} is at version {} now. What was there is in {}\n",
                                   path.string(),
                                   migrated.to,
                                   migrated.backup->string());
    return 0;
}

int run(const DbAdoptOptions& options, const GlobalOptions&, Console& console) {
    const store::Adopted adopted = store::adopt(options.file);
    const std::string path = options.file.string();
    if (console.output == OutputFormat::json) {
        print(console,
              Json{{"file", path},
                   {"revision", adopted.revision.empty() ? Json() : Json(adopted.revision)},
                   {"adopted", to_json(adopted.summary)},
                   {"backup", adopted.backup ? Json(adopted.backup->string()) : Json()},
                   {"faults", adopted.faults.size()}});
        return 0;
    }
    console.out << fmt::format("{}: {}\n", path, to_text(adopted.summary));
    if (adopted.backup)
        console.out << fmt::format("What was there is in {}\n", adopted.backup->string());
    else
        console.out << "It is a store already.\n";
    if (!adopted.faults.empty())
        console.err << fmt::format(
            "Not all of its content is as parnas has it: `parnas db check "
            "--store {}` shows {} faults\n",
            path,
            adopted.faults.size());
    return 0;
}

int run(const DbCompactOptions& options, const GlobalOptions& global, Console& console) {
    const std::filesystem::path path = options.file.empty() ? store_path(global) : options.file;
    const store::Compacted compacted = store::compact(path);
    if (console.output == OutputFormat::json)
        print(console,
              Json{{"file", path.string()},
                   {"before", compacted.before},
                   {"after", compacted.after},
                   {"compacted", to_json(compacted.summary)}});
    else
        console.out << fmt::format("{}: {} bytes before, {}\n",
                                   path.string(),
                                   compacted.before,
                                   to_text(compacted.summary));
    return 0;
}

int run(const DbStatsOptions&, const GlobalOptions& global, Console& console) {
    const store::FileStatistics statistics = store::statistics(store_path(global));
    if (console.output == OutputFormat::json) {
        print(console, to_json(statistics));
    } else if (console.output == OutputFormat::csv) {
        print(console, tables_table(statistics));
    } else {
        print_record(console, file_table(statistics));
        console.out << '\n';
        print(console, tables_table(statistics));
        console.out << '\n';
        print(console, studies_table(statistics));
    }
    return 0;
}

}  // namespace parnas::cli
