// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/json.h"
#include "spaces/custom_op.h"
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
// The built-in spaces and those that were offered, by name.
std::vector<LibrarySpace> library_spaces();

// The one of that name, "text@1", or of several versions of it, "text", the newest; null if there
// is none.
const LibrarySpace* find_space(std::span<const LibrarySpace> spaces, const std::string& name);

// A space of somebody else that this program has beside its own: a plugin's.
struct OfferedSpace {
    LibrarySpace entry;
    // `arguments`: an object, or null.
    std::function<std::unique_ptr<SearchSpace>(const Json& arguments)> make;
};

struct Offers {
    // Asked for names that are not built in, and to list all.
    std::function<std::vector<OfferedSpace>()> spaces;
    // Definitions, {NAME: {arguments, body}}, that documents may `use` without having them; what
    // is used becomes part of the space's own document.
    std::function<Json()> blocks;
    // Layers that documents may have besides the built-in ones.
    OpSource operators;
};

// For the program's start, before there are threads: what load_space() finds besides.
void set_offers(Offers offers);

}  // namespace parnas::spaces
