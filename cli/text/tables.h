// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/scalar.h"

namespace parnas::cli {

struct Column {
    std::string key;    // in JSON and CSV: "latency_ms"
    std::string title;  // for people: "latency (ms)"
};

// Rows have one cell per column.
struct Table {
    std::vector<Column> columns;
    std::vector<std::vector<Scalar>> rows;
};

// Aligned text, columns with a number to the right, each line with its end; a title alone if there
// are no rows. Control characters of texts are shown as \xNN: they come from strangers' files.
std::string to_text(const Table& table);
// One thing told at length: for every row its columns as lines "title  value".
std::string to_record(const Table& table);
// RFC 4180 with a header of keys, numbers in full.
std::string to_csv(const Table& table);
// An array of objects.
Json to_json(const Table& table);

// A cell: nothing for an empty text.
Scalar text_or_nothing(std::string text);
// `text` without control characters, which could rewrite the terminal.
std::string printable(std::string_view text);
// At most 60 bytes of it: longer texts would push the rest of a table out of sight.
std::string shortened(std::string text);

}  // namespace parnas::cli
