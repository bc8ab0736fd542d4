// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/target_folder.h"
#include "cli/text/numbers.h"
#include "core/document.h"
#include "hw_models/target_kinds.h"
#include "spaces/dtype.h"

namespace parnas::cli {
namespace {

using hw_models::TargetCard;
using hw_models::TargetEntry;
using hw_models::TargetLibrary;

// Rows of what may be unreadable: a stranger's file does not hide the others.
void add_row(const TargetLibrary& library, const TargetEntry& entry, Table& table) {
    std::vector<Scalar> row{entry.name, std::string(to_string(entry.origin))};
    try {
        const Document document = library.open(entry);
        const hw_models::TargetKind& kind = hw_models::kind_of(document);
        const TargetCard card = kind.read(document);
        row.insert(row.end(),
                   {std::string(kind.word),
                    card.target.hardware,
                    card.target.runtime,
                    std::int64_t{card.target.threads},
                    std::string(spaces::to_string(card.target.dtype)),
                    card.target.batch,
                    card.date,
                    Scalar()});
    } catch (const Error& error) {
        row.resize(table.columns.size() - 1);
        row.emplace_back(error.faults().front().message);
    }
    table.rows.push_back(std::move(row));
}

// What of a document tells how it is used, not what the target is like.
bool is_card_key(std::string_view key) {
    return key == "kind" || key == "name" || key == "provenance" || key == "source" ||
           key == "date" || key == "assumed";
}

std::string figure_text(const Json& value) {
    if (value.is_string())
        return value.get<std::string>();
    if (value.is_number())
        return short_number(value.get<double>());
    if (value.is_array() && value.size() > 8)
        return fmt::format("{} entries", value.size());
    return shortened(dump_json(value));
}

// One row per figure, and whether it has a source.
Table figures_table(const Json& figures, const TargetCard& card) {
    Table table{.columns = {{"key", "key"}, {"value", "value"}, {"from", "from"}}, .rows = {}};
    for (const auto& [key, value] : figures.items()) {
        if (is_card_key(key))
            continue;
        const bool assumed = std::ranges::find(card.assumed, key) != card.assumed.end();
        table.rows.push_back({key,
                              figure_text(value),
                              assumed ? "assumed" : std::string(to_string(card.provenance))});
    }
    return table;
}

}  // namespace

int run(const TargetsListOptions&, const GlobalOptions&, Console& console) {
    const TargetLibrary library = target_library();
    Table table{.columns = {{"name", "target"},
                            {"origin", "origin"},
                            {"kind", "kind"},
                            {"hardware", "hardware"},
                            {"runtime", "runtime"},
                            {"threads", "threads"},
                            {"dtype", "type"},
                            {"batch", "batch"},
                            {"date", "date"},
                            {"fault", "fault"}},
                .rows = {}};
    for (const TargetEntry& entry : library.list())
        add_row(library, entry, table);
    // For people: no column that is empty as a rule.
    const bool faulty = std::ranges::any_of(table.rows, [](const auto& row) {
        return !std::holds_alternative<std::monostate>(row.back());
    });
    if (console.output == OutputFormat::table && !faulty) {
        table.columns.pop_back();
        for (auto& row : table.rows)
            row.pop_back();
    }
    print(console, table);
    return 0;
}

int run(const TargetsShowOptions& options, const GlobalOptions&, Console& console) {
    const TargetLibrary library = target_library();
    const Document document = library.resolve(options.target, std::filesystem::current_path());
    if (options.document) {
        console.out << library.text(options.target, std::filesystem::current_path());
        return 0;
    }
    const hw_models::TargetKind& kind = hw_models::kind_of(document);
    const TargetCard card = kind.read(document);
    const Table figures = figures_table(kind.figures(document), card);
    if (console.output == OutputFormat::json) {
        print(console,
              Json{{"name", card.target.name},
                   {"kind", std::string(kind.word)},
                   {"model", std::string(kind.model)},
                   {"provenance", std::string(to_string(card.provenance))},
                   {"source", card.source},
                   {"date", card.date},
                   {"file", document.source()},
                   {"figures", to_json(figures)},
                   {"document", document.root()}});
        return 0;
    }
    if (console.output == OutputFormat::table)
        console.out << fmt::format("{}: {}, for model {}\n{}\n{}, {}\n\n",
                                   printable(card.target.name),
                                   kind.about,
                                   kind.model,
                                   printable(card.source),
                                   to_string(card.provenance),
                                   card.date);
    print(console, figures);
    return 0;
}

int run(const TargetsAddOptions& options, const GlobalOptions&, Console& console) {
    const TargetLibrary library = target_library();
    // Read once: what is kept is what was checked.
    const std::string text = library.text(options.file.string(), {});
    const Document document = Document::parse(text, options.file.string());
    const TargetCard card = hw_models::kind_of(document).read(document);
    const std::filesystem::path path = library.add(
        card.target.name + options.file.extension().string(),
        text,
        options.overwrite == Overwrite::yes ? hw_models::Replace::yes : hw_models::Replace::no);
    print_record(console,
                 {.columns = {{"name", "target"}, {"file", "file"}},
                  .rows = {{card.target.name, path.string()}}});
    return 0;
}

}  // namespace parnas::cli
