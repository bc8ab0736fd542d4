// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/whole_file.h"

#include <utility>

#include <fmt/format.h>

#include "store/rules.h"
#include "store/sqlite/drivers.h"
#include "store/sqlite/study_queries.h"
#include "store/sqlite_store.h"

namespace parnas::store::sqlite {

Readers readers_of(const std::filesystem::path& path) {
    return {path, Beside::unknown, kBusyTimeout};
}

FileSummary summary_of(const std::filesystem::path& path) {
    return readers_of(path)([&](Database& database) {
        Query query =
            database.query("SELECT (SELECT count(*) FROM studies), (SELECT count(*) FROM trials)");
        query.next();
        return FileSummary{.bytes = std::filesystem::file_size(path),
                           .studies = query.integer(0),
                           .trials = query.integer(1)};
    });
}

void require_sound(const std::filesystem::path& path, const char* what) {
    std::vector<Fault> faults = check_file(path);
    if (faults.empty())
        return;
    faults.insert(faults.begin(), Fault{path.string(), what});
    throw Error(ErrorKind::damaged, std::move(faults));
}

void refuse_if_driven(const std::filesystem::path& path) {
    readers_of(path)([&](Database& database) {
        for (const StudyRecord& study : read_studies(database))
            if (const auto holder = read_holder(database, study.id))
                throw Error(ErrorKind::conflict,
                            fmt::format("{} drives the study '{}': stop it first",
                                        describe(*holder),
                                        study.spec.name),
                            path.string());
        return true;
    });
}

}  // namespace parnas::store::sqlite
