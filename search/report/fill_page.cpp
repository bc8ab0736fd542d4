// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "search/report/report_parts.h"

namespace parnas::search {
namespace {

constexpr std::string_view kDataMark = "@REPORT_DATA@";

// JSON that stays inside of a <script>: all of these stand in strings only.
std::string for_script(const Json& json) {
    const std::string text = dump_json(json);
    std::string safe;
    safe.reserve(text.size());
    for (const char c : text)
        if (c == '<')
            safe += "\\u003c";
        else if (c == '>')
            safe += "\\u003e";
        else if (c == '&')
            safe += "\\u0026";
        else
            safe += c;
    return safe;
}

}  // namespace

std::string fill_page(std::string_view name, const Json& data) {
    const auto file = std::ranges::find(report_pages(), name, &EmbeddedFile::name);
    check(file != report_pages().end(), "the page is embedded");
    const std::size_t mark = file->text.find(kDataMark);
    check(mark != std::string_view::npos, "the page has a place for the data");
    std::string html(file->text.substr(0, mark));
    html += for_script(data);
    html += file->text.substr(mark + kDataMark.size());
    return html;
}

}  // namespace parnas::search
