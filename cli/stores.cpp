// SPDX-License-Identifier: Apache-2.0
#include "cli/stores.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/object_reader.h"
#include "store/sqlite_store.h"

namespace parnas::cli {
namespace {

constexpr std::size_t kFewStudies = 10;  // as many as a message may list

}  // namespace

std::filesystem::path store_path(const GlobalOptions& options) {
    if (!options.store.empty())
        return options.store;
    const char* path = std::getenv("PARNAS_STORE");
    return path != nullptr && *path != '\0' ? path : "parnas.db";
}

std::unique_ptr<store::Store> open_to_read(const GlobalOptions& options) {
    return store::make_sqlite_store(
        {.path = store_path(options), .mode = store::OpenMode::read_only});
}

std::unique_ptr<store::Store> open_to_write(const GlobalOptions& options) {
    return store::make_sqlite_store(
        {.path = store_path(options), .mode = store::OpenMode::existing});
}

store::StudyRecord find_study(const store::Store& store, std::string_view name) {
    try {
        return store.find_study(name);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::not_found)
            throw;
    }
    std::vector<std::string> names;
    for (const store::StudyRecord& study : store.studies())
        names.push_back(study.spec.name);
    const std::string near = nearest(name, names);
    std::string message = "no study has this name";
    if (!near.empty())
        message += fmt::format("; did you mean '{}'?", near);
    else if (names.size() <= kFewStudies && !names.empty())
        message += fmt::format("; there are: {}", fmt::join(names, ", "));
    else
        message += fmt::format("; `parnas studies` lists all {}", names.size());
    throw Error(ErrorKind::not_found, message, std::string(name));
}

}  // namespace parnas::cli
