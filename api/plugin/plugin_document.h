// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/document.h"
#include "core/units.h"
#include "evaluators/command/process.h"

namespace parnas::plugin {

struct SharedLibrary {
    std::filesystem::path path;
};
struct Url {
    std::string text;
};

// How to reach a plugin, as its document says (docs/adding-parts/README.md):
//
//   plugin: my-parts
//   command: [python3, my_parts.py]    or  library: libmy_parts.so   or  url: http://...
//   environment: {KEY: text}           with a command
//   timeout: 60s                       of one call
//
// Paths are relative to the document's folder, where a command works.
struct PluginDocument {
    std::string name;
    std::filesystem::path file;
    std::variant<SharedLibrary, evaluators::Program, Url> where;
    Seconds timeout{60.0};
    // Of the files that it consists of: another digest, other results.
    std::string digest;
};

// Throws Error(not_found), Error(invalid_input) with all faults.
PluginDocument read_plugin_document(const std::filesystem::path& file);

// The documents that a path names: itself, or the files *.plugin.yaml of a folder and of the
// folders in it, by path. None if there is no such folder.
std::vector<std::filesystem::path> find_plugin_documents(const std::filesystem::path& path);

}  // namespace parnas::plugin
