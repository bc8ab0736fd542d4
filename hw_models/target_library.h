// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/document.h"
#include "core/embedded.h"

namespace parnas::hw_models {

enum class TargetOrigin { shipped, own };
std::string_view to_string(TargetOrigin origin);

struct TargetEntry {
    std::string name;  // of the file, without its ending
    TargetOrigin origin = TargetOrigin::shipped;
    std::filesystem::path file;  // empty if it came with the program
};

enum class Replace { no, yes };

// Documents that describe targets, by name: those that come with the program and those in a
// folder of the user's own, which need not exist. Where both have a name, the user's counts.
// Const and thread-safe; the folder is looked at anew each time.
class TargetLibrary {
  public:
    // An empty path: no folder.
    explicit TargetLibrary(std::filesystem::path own = {}) : own_(std::move(own)) {}

    // By name.
    std::vector<TargetEntry> list() const;
    // Throws Error(invalid_input) if the file is no YAML or JSON, Error(not_found) if it is gone.
    Document open(const TargetEntry& entry) const;
    // Throws Error(not_found), which names what is nearest or lists what there is.
    TargetEntry find(const std::string& name) const;
    // `reference` is a name, or ends with .yaml, .yml or .json and is a file relative to
    // `base`. Throws as find() and open().
    Document resolve(const std::string& reference, const std::filesystem::path& base) const;
    // As resolve(), but the text as its author wrote it.
    std::string text(const std::string& reference, const std::filesystem::path& base) const;

    // Puts the text of a checked document into the user's folder under `file_name`, which is
    // the target's name with .yaml, .yml or .json, and returns its path.
    // Throws Error(conflict) if the name is taken and not to be replaced, or if it is one that
    // came with the program; Error(unavailable) if it cannot be written.
    std::filesystem::path add(const std::string& file_name,
                              std::string_view text,
                              Replace replace) const;

    const std::filesystem::path& own_folder() const { return own_; }

  private:
    std::filesystem::path own_;
};

// The documents that come with the program, by file name.
std::span<const EmbeddedFile> target_documents();

}  // namespace parnas::hw_models
