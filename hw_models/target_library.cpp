// SPDX-License-Identifier: Apache-2.0
#include "hw_models/target_library.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/draft_file.h"
#include "core/error.h"
#include "core/object_reader.h"

namespace parnas::hw_models {
namespace {

namespace fs = std::filesystem;

bool is_document(const fs::path& path) {
    return std::ranges::any_of(std::array{".yaml", ".yml", ".json"},
                               [&](const char* ending) { return path.extension() == ending; });
}

std::string_view stem(std::string_view file) {
    return file.substr(0, file.rfind('.'));
}

std::vector<TargetEntry> own_entries(const fs::path& folder) {
    std::vector<TargetEntry> entries;
    std::error_code ignored;  // no folder: no documents
    for (const fs::directory_entry& each : fs::directory_iterator(folder, ignored))
        if (is_document(each.path()) && each.is_regular_file(ignored))
            entries.push_back({each.path().stem().string(), TargetOrigin::own, each.path()});
    // Two endings of one name: the first one counts, on every file system.
    std::ranges::sort(entries, {}, [](const TargetEntry& entry) { return entry.file; });
    return entries;
}

// Null if no such document came with the program.
const EmbeddedFile* shipped(std::string_view name) {
    const std::span<const EmbeddedFile> files = target_documents();
    const auto found =
        std::ranges::find(files, name, [](const EmbeddedFile& file) { return stem(file.name); });
    return found == files.end() ? nullptr : &*found;
}

std::string read_text(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file || !text)
        throw Error(ErrorKind::not_found, "cannot be read", path.string());
    return std::move(text).str();
}

}  // namespace

std::string_view to_string(TargetOrigin origin) {
    return origin == TargetOrigin::own ? "own" : "shipped";
}

std::vector<TargetEntry> TargetLibrary::list() const {
    std::vector<TargetEntry> entries = own_entries(own_);
    for (const EmbeddedFile& file : target_documents())
        entries.push_back({std::string(stem(file.name)), TargetOrigin::shipped, {}});
    std::ranges::stable_sort(entries, {}, &TargetEntry::name);
    const auto same_name = [](const TargetEntry& a, const TargetEntry& b) {
        return a.name == b.name;
    };
    entries.erase(std::unique(entries.begin(), entries.end(), same_name), entries.end());
    return entries;
}

Document TargetLibrary::open(const TargetEntry& entry) const {
    if (entry.origin == TargetOrigin::own)
        return Document::read(entry.file);
    const EmbeddedFile* file = shipped(entry.name);
    check(file != nullptr, "a target that came with the program is one of its documents");
    return Document::parse(file->text, std::string(file->name));
}

TargetEntry TargetLibrary::find(const std::string& name) const {
    const std::vector<TargetEntry> entries = list();
    const auto found = std::ranges::find(entries, name, &TargetEntry::name);
    if (found != entries.end())
        return *found;
    std::vector<std::string> names;
    for (const TargetEntry& entry : entries)
        names.push_back(entry.name);
    throw Error(ErrorKind::not_found,
                fmt::format("no target is named '{}'{}; known are: {}; a target of your own is a "
                            "path that ends with .yaml, .yml or .json, or is added by `parnas "
                            "targets add`",
                            name,
                            did_you_mean(name, names),
                            fmt::join(names, ", ")));
}

Document TargetLibrary::resolve(const std::string& reference, const fs::path& base) const {
    return is_document(reference) ? Document::read(base / reference) : open(find(reference));
}

std::string TargetLibrary::text(const std::string& reference, const fs::path& base) const {
    if (is_document(reference))
        return read_text(base / reference);
    const TargetEntry entry = find(reference);
    if (entry.origin == TargetOrigin::own)
        return read_text(entry.file);
    return std::string(shipped(entry.name)->text);
}

fs::path TargetLibrary::add(const std::string& file_name,
                            std::string_view text,
                            Replace replace) const {
    const fs::path path = own_ / file_name;
    const std::string name = path.stem().string();
    check(is_document(path), "a target's file ends with .yaml, .yml or .json");
    if (own_.empty())
        throw Error(ErrorKind::unavailable, "there is no folder for targets of your own", name);
    if (shipped(name) != nullptr)
        throw Error(ErrorKind::conflict,
                    "a target of this name comes with parnas: choose another name",
                    name);
    const std::vector<TargetEntry> entries = own_entries(own_);
    const auto there = std::ranges::find(entries, name, &TargetEntry::name);
    if (there != entries.end() && replace == Replace::no)
        throw Error(ErrorKind::conflict,
                    "there is a target of this name already; replace it with --force",
                    there->file.string());
    std::error_code failure;
    fs::create_directories(own_, failure);
    if (failure)
        throw Error(ErrorKind::unavailable, "cannot be made: " + failure.message(), own_.string());
    DraftFile draft(path);
    draft.write(text);
    draft.keep();
    for (const TargetEntry& entry : entries)  // the name with other endings
        if (entry.name == name && entry.file != path)
            fs::remove(entry.file, failure);
    return path;
}

}  // namespace parnas::hw_models
