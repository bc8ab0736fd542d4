// SPDX-License-Identifier: Apache-2.0
#include "cli/console.h"

#include <cstdlib>
#include <iostream>
#include <sys/ioctl.h>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace parnas::cli {
namespace {

// As setlocale() would find it: the first that is set decides.
bool utf8_locale() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
        if (const char* value = std::getenv(name); value != nullptr && *value != '\0') {
            const std::string_view text(value);
            return text.find("UTF-8") != std::string_view::npos ||
                   text.find("utf8") != std::string_view::npos;
        }
    return false;
}

std::size_t terminal_columns() {
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

}  // namespace

Console make_console(const GlobalOptions& options) {
    return {.out = std::cout,
            .err = std::cerr,
            .output = options.output,
            .columns = terminal_columns(),
            .glyphs = !options.ascii && utf8_locale() ? Glyphs::braille : Glyphs::ascii,
            .live = isatty(STDERR_FILENO) == 1,
            .screen = isatty(STDOUT_FILENO) == 1};
}

void print(Console& console, const Table& table) {
    switch (console.output) {
        case OutputFormat::table:
            console.out << to_text(table);
            break;
        case OutputFormat::json:
            print(console, to_json(table));
            break;
        case OutputFormat::csv:
            console.out << to_csv(table);
            break;
    }
}

void print_record(Console& console, const Table& table) {
    if (console.output == OutputFormat::table)
        console.out << to_record(table);
    else if (console.output == OutputFormat::json)
        print(console, to_json(table).at(0));
    else
        print(console, table);
}

void print(Console& console, const Json& json) {
    console.out << dump_json(json) << '\n';
}

std::string error_text(const Error& error, OutputFormat output) {
    if (output == OutputFormat::json) {
        Json faults = Json::array();
        for (const Fault& fault : error.faults())
            faults.push_back({{"where", fault.where}, {"message", fault.message}});
        const Json json = {
            {"error", {{"kind", std::string(to_string(error.kind()))}, {"faults", faults}}}};
        return dump_json(json) + '\n';
    }
    std::string text;
    for (const Fault& fault : error.faults())
        text +=
            fault.where.empty()
                ? fmt::format("error: {}\n", printable(fault.message))
                : fmt::format("error: {}: {}\n", printable(fault.where), printable(fault.message));
    return text;
}

}  // namespace parnas::cli
