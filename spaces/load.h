// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/json.h"
#include "spaces/search_space.h"

namespace parnas::spaces {

// A space by its reference, as a job file has it:
//
//   cell201                          a built-in space; its newest version without @N
//   spaces/mine.yaml                 a file, relative to `base`
//   {name|file|document: ..., with: {argument: value}}
//
// SearchSpace::document() is such a reference. Throws Error(not_found) for an unknown name
// or file, Error(invalid_input) with all faults of a document.
std::unique_ptr<SearchSpace> load_space(const Json& reference, const std::filesystem::path& base);

struct LibrarySpace {
    std::string name;   // "cell201@1"
    std::string about;  // one sentence
    std::string text;   // the document
};
// The built-in spaces, by name.
std::vector<LibrarySpace> library_spaces();

}  // namespace parnas::spaces
