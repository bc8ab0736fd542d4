// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/trial.h"

// A store's file as a whole, for those who keep it in order. Any thread may call these,
// also while searches run, except where it says otherwise. They throw as make_sqlite_store()
// does.
namespace parnas::store {

// Everything that is wrong with the file, each with its place: SQLite's own checks, and
// what parnas promises of its tables (docs/store-schema.md). Empty: it is sound. Reads all of
// it, and writes nothing. Fronts are compared with their trials elsewhere: that takes the job.
std::vector<Fault> check_file(const std::filesystem::path& store);

struct FileSummary {
    std::uintmax_t bytes = 0;
    std::int64_t studies = 0;
    std::int64_t trials = 0;
};

enum class Overwrite { no, yes };

// Writes what the store holds now to one file that appears whole or not at all, after it
// was checked. Error(conflict) if the file is there and may not be overwritten,
// Error(damaged) with all faults if the store has any.
FileSummary back_up(const std::filesystem::path& store,
                    const std::filesystem::path& backup,
                    Overwrite overwrite);

struct Restored {
    FileSummary summary;
    std::optional<std::filesystem::path> previous;  // where the present file went
};

// Puts a checked copy of the backup in the place of the store, whose present file keeps its
// content under another name. Error(conflict) while somebody drives one of its studies,
// Error(unavailable) while another program has it open.
Restored restore(const std::filesystem::path& store, const std::filesystem::path& backup);

struct Migrated {
    std::int64_t from = 0;  // 0: a file of Optuna's, without parnas tables
    std::int64_t to = 0;
    std::optional<std::filesystem::path> backup;  // made before the change; none without one
};

// Brings the tables to this program's version. Error(conflict) for those of a newer one.
Migrated migrate(const std::filesystem::path& store);

struct Compacted {
    std::uintmax_t before = 0;  // bytes of the file and its WAL
    std::uintmax_t after = 0;   // of the file, which has none then
    FileSummary summary;
};

// Rewrites the file without what is free in it, in one transaction: what breaks off leaves the
// file as it was. Nobody else has it meanwhile. Error(conflict) while somebody drives one of its
// studies, Error(unavailable) while another program has it open or if there is too little room,
// Error(damaged) with all faults if it has any.
Compacted compact(const std::filesystem::path& store);

struct Adopted {
    std::string revision;  // of Optuna's schema, before: "v3.0.0.d"; empty: nothing was to do
    FileSummary summary;
    std::optional<std::filesystem::path> backup;  // made before the change; none without one
    // What of its content parnas would not have written (check_file()).
    std::vector<Fault> faults;
};

// Makes a file of Optuna 3.0 to 5.0 a store, in place and after a backup. Error(conflict), with
// advice, for one of another Optuna.
Adopted adopt(const std::filesystem::path& file);

struct TableStatistics {
    std::string name;
    std::int64_t rows = 0;
    std::optional<std::int64_t> bytes;  // with its indexes; none if SQLite was built without dbstat
};

struct StudyStatistics {
    std::string name;
    std::map<TrialState, std::int64_t> trials;
    std::int64_t reused = 0;  // trials that took the result of another
    std::int64_t phases = 0;
};

struct FileStatistics {
    std::uintmax_t bytes = 0;      // of the file
    std::uintmax_t wal_bytes = 0;  // beside it, not yet written back
    std::int64_t page_bytes = 0;
    std::int64_t pages = 0;
    std::int64_t free_pages = 0;
    std::int64_t artifacts = 0;
    std::int64_t artifact_bytes = 0;
    std::vector<TableStatistics> tables;  // by name
    std::vector<StudyStatistics> studies;
};

FileStatistics statistics(const std::filesystem::path& store);

}  // namespace parnas::store
