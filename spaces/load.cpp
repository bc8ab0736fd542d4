// SPDX-License-Identifier: Apache-2.0
#include "spaces/load.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/document.h"
#include "core/embedded.h"
#include "core/object_reader.h"
#include "spaces/library_documents.h"
#include "spaces/space_document.h"

namespace parnas::spaces {
namespace {

bool is_file_name(const std::string& text) {
    return text.ends_with(".yaml") || text.ends_with(".yml") || text.ends_with(".json");
}

Document library_document(const std::string& name) {
    std::vector<std::string> known;
    for (const EmbeddedFile& file : library_documents()) {
        Document document = Document::parse(file.text, std::string(file.name));
        const auto full = document.root()["name"].get<std::string>();
        if (full == name || full.substr(0, full.find('@')) == name)
            return document;
        known.push_back(full);
    }
    std::ranges::sort(known);
    throw Error(
        ErrorKind::not_found,
        fmt::format(
            "no space is named '{}'; built in are {}; a file's name ends in .yaml, .yml or .json",
            name,
            fmt::join(known, ", ")));
}

}  // namespace

std::unique_ptr<SearchSpace> load_space(const Json& reference, const std::filesystem::path& base) {
    if (reference.is_string()) {
        const auto text = reference.get<std::string>();
        const Json key{{is_file_name(text) ? "file" : "name", text}};
        return load_space(key, base);
    }
    Faults faults;
    ObjectReader reader(reference, "", faults);
    const Json nothing;
    const Json* with = reader.find("with");
    if (with != nullptr && !with->is_object())
        reader.fault("with", fmt::format("expected an object, got {}", type_name(*with)));
    const auto name = reader.optional_text("name");
    const auto file = reader.optional_text("file");
    const Json* document = reader.find("document");
    reader.finish();
    if (reference.is_object() && (name.has_value() + file.has_value() + (document != nullptr)) != 1)
        faults.add("", "expected exactly one of `name`, `file` and `document`");
    faults.throw_if_any();
    const Json& arguments = with == nullptr ? nothing : *with;
    if (name)
        return make_space(library_document(*name), arguments);
    if (file)
        return make_space(Document::read(base / *file), arguments);
    return make_space(Document::parse(dump_json(*document), "space"), arguments);
}

std::vector<LibrarySpace> library_spaces() {
    std::vector<LibrarySpace> spaces;
    for (const EmbeddedFile& file : library_documents()) {
        const Document document = Document::parse(file.text, std::string(file.name));
        spaces.push_back({.name = document.root()["name"].get<std::string>(),
                          .about = document.root()["about"].get<std::string>(),
                          .text = std::string(file.text)});
    }
    std::ranges::sort(spaces, {}, &LibrarySpace::name);
    return spaces;
}

}  // namespace parnas::spaces
