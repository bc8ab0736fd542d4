// SPDX-License-Identifier: Apache-2.0
#include "hw_models/target_card.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "hw_models/target_words.h"

namespace parnas::hw_models {
namespace {

constexpr std::size_t kLongestName = 100;

bool is_date(std::string_view text) {
    constexpr std::string_view kPattern = "dddd-dd-dd";
    return std::ranges::equal(text, kPattern, [](unsigned char c, char wanted) {
        return wanted == 'd' ? std::isdigit(c) != 0 : c == '-';
    });
}

// Names of keys that the document has.
std::vector<std::string> read_assumed(ObjectReader& reader) {
    std::vector<std::string> keys;
    const Json* list = reader.find("assumed");
    if (list == nullptr)
        return keys;
    if (!list->is_array()) {
        reader.fault("assumed", fmt::format("expected a list of keys, found {}", type_name(*list)));
        return keys;
    }
    for (const Json& each : *list) {
        if (each.is_string() && reader.has(each.get_ref<const std::string&>()))
            keys.push_back(each.get<std::string>());
        else
            reader.fault("assumed",
                         fmt::format("expected keys of this document, found {}", dump_json(each)));
    }
    return keys;
}

}  // namespace

std::string_view to_string(Provenance provenance) {
    switch (provenance) {
        case Provenance::calibrated:
            return "calibrated";
        case Provenance::imported:
            return "imported";
        case Provenance::sheet:
            break;
    }
    return "sheet";
}

bool is_target_name(std::string_view name) {
    const auto is_word = [](unsigned char c) { return c < 0x80 && std::isalnum(c) != 0; };
    return !name.empty() && name.size() <= kLongestName && is_word(name.front()) &&
           std::ranges::all_of(
               name, [&](char c) { return is_word(c) || c == '-' || c == '_' || c == '.'; });
}

TargetCard read_card(ObjectReader& reader) {
    TargetCard card;
    reader.find("kind");
    card.target.name = reader.text("name");
    if (reader.has("name") && !card.target.name.empty() && !is_target_name(card.target.name))
        reader.fault("name",
                     fmt::format("expected letters, digits, '-', '_' and '.', found '{}'",
                                 card.target.name));
    constexpr std::array kProvenances{
        Provenance::sheet, Provenance::calibrated, Provenance::imported};
    card.provenance =
        kProvenances[reader.word("provenance", {"sheet", "calibrated", "imported"}, "sheet")];
    card.source = reader.text("source");
    card.date = reader.text("date");
    if (reader.has("date") && !card.date.empty() && !is_date(card.date))
        reader.fault("date", fmt::format("expected YYYY-MM-DD, found '{}'", card.date));
    card.assumed = read_assumed(reader);
    card.target.hardware = reader.text("hardware");
    card.target.runtime = reader.text("runtime");
    card.target.threads = static_cast<int>(reader.integer("threads", {1, 1'000'000}));
    card.target.dtype = read_dtype(reader);
    card.target.batch = reader.integer("batch", 1, {1, 1'000'000});
    card.target.figures = read_cost_figures(reader, card.target.dtype);
    return card;
}

}  // namespace parnas::hw_models
