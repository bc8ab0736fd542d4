// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>

#include "cli/options.h"
#include "cli/text/plots.h"
#include "cli/text/tables.h"
#include "core/error.h"
#include "core/json.h"

namespace parnas::cli {

// Where a command writes, and how. Belongs to one thread.
struct Console {
    std::ostream& out;
    std::ostream& err;
    OutputFormat output = OutputFormat::table;
    std::size_t columns = 80;  // of the terminal
    Glyphs glyphs = Glyphs::ascii;
    bool live = false;    // err is a terminal: lines may be rewritten
    bool screen = false;  // out is a terminal
};

// For standard output and error as they are.
Console make_console(const GlobalOptions& options);

// In the format that was asked for.
void print(Console& console, const Table& table);
// As print(), but a table of one row: as lines for people, as one object in JSON.
void print_record(Console& console, const Table& table);
// One compact JSON document per line.
void print(Console& console, const Json& json);

// "error: where: message", one line per fault, or a JSON object.
std::string error_text(const Error& error, OutputFormat output);

}  // namespace parnas::cli
