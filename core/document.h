// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/json.h"

namespace parnas {

struct DocumentLines;

// A YAML or JSON text as plain JSON, with the line of every value (YAML only). What is
// named *.json is strict JSON, all else is YAML.
//
// YAML is read by its 1.2 core schema: `true` and `false` are the only truth values, so
// `no`, `off` and a quoted 'no' are text; a quoted scalar is always text. Refused, each
// with its line: duplicate keys, more than 100,000 values or 8 MiB of text after aliases
// are followed, nesting deeper than 64, keys that are not text, merge keys, tags other
// than !!str, files over 8 MiB.
class Document {
  public:
    // Throws Error(not_found) if the file cannot be read, Error(invalid_input) if it is
    // not a document.
    static Document read(const std::filesystem::path& path);
    // `source` names the text in messages.
    static Document parse(std::string_view text, std::string source);

    const Json& root() const { return *root_; }
    const std::string& source() const { return source_; }
    // "job.yaml:12 /budget/trials"; the line is that of the nearest value that has one.
    std::string place(std::string_view pointer) const;
    // Throws Error(kind) with every fault's pointer turned into a place, if there are any.
    void throw_if_any(const Faults& faults, ErrorKind kind = ErrorKind::invalid_input) const;

  private:
    std::shared_ptr<const Json> root_;
    std::string source_;
    std::shared_ptr<const DocumentLines> lines_;  // null for JSON
};

}  // namespace parnas
