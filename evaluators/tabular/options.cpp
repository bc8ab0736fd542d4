// SPDX-License-Identifier: Apache-2.0
#include "evaluators/tabular/options.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/scalar.h"

namespace parnas::evaluators {
namespace {

constexpr std::int64_t kMaxSteps = 10'000;

using NamedFormulas = std::vector<std::pair<std::string, Formula>>;

// Calls read(key, value) for every entry of the object `key`, if there is one.
template <typename Read>
void for_each(ObjectReader& options, std::string_view key, const Read& read) {
    const Json* json = options.find(key);
    if (json == nullptr)
        return;
    if (!json->is_object()) {
        options.fault(key, fmt::format("expected an object, found {}", type_name(*json)));
        return;
    }
    for (const auto& [name, value] : json->items())
        read(name, value, pointer_to(options.pointer(key), name));
}

TableFile read_joined(const Json& json,
                      const std::string& pointer,
                      const std::filesystem::path& base,
                      Faults& faults) {
    ObjectReader reader(json, pointer, faults);
    TableFile table{.path = base / reader.text("file"), .on = reader.text("on")};
    reader.finish();
    return table;
}

// `table`, a file, or `tables`: a file and those that are joined to it.
std::vector<TableFile> read_tables(ObjectReader& options, const std::filesystem::path& base) {
    if (!options.has("tables"))
        return {{.path = base / options.text("table")}};
    const Json& json = *options.find("tables");
    if (options.has("table"))
        options.fault("tables", "either `table` or `tables`");
    if (!json.is_array() || json.empty() || !json[0].is_string()) {
        options.fault("tables",
                      "expected a list of files like [a.csv, {file: b.csv, on: the column to join "
                      "on}]");
        return {};
    }
    std::vector<TableFile> tables{{.path = base / json[0].get<std::string>()}};
    for (std::size_t i = 1; i < json.size(); ++i)
        tables.push_back(
            read_joined(json[i], pointer_to(options.pointer("tables"), i), base, options.faults()));
    return tables;
}

KeyOptions::Texts read_texts(ObjectReader& options, std::string_view key) {
    KeyOptions::Texts texts;
    for_each(options, key, [&](const auto& name, const Json& value, const std::string& place) {
        if (value.is_structured())
            options.faults().add(
                place, fmt::format("expected a text or a number, found {}", type_name(value)));
        else
            texts[name] = to_string(scalar_from_json(value));
    });
    return texts;
}

Formula to_formula(const Json& value, std::string place, Faults& faults) {
    if (value.is_number())
        return {.text = value.dump(), .place = std::move(place)};
    if (value.is_string())
        return {.text = value.get<std::string>(), .place = std::move(place)};
    faults.add(place, fmt::format("expected a column or a formula, found {}", type_name(value)));
    return {.text = "0", .place = std::move(place)};
}

NamedFormulas read_formulas(ObjectReader& options, std::string_view key) {
    NamedFormulas formulas;
    for_each(options, key, [&](const auto& name, const Json& value, const std::string& place) {
        formulas.emplace_back(name, to_formula(value, place, options.faults()));
    });
    return formulas;
}

Formula read_cost(ObjectReader& options) {
    const Json* json = options.find("cost");
    if (json == nullptr)
        return {.text = "0", .place = options.pointer("cost")};
    return to_formula(*json, options.pointer("cost"), options.faults());
}

// The object's `metrics` in the order of `names`, which it must all have.
std::vector<Formula> read_metrics(ObjectReader& options, const std::vector<std::string>& names) {
    NamedFormulas formulas = read_formulas(options, "metrics");
    std::vector<Formula> metrics;
    for (const std::string& name : names) {
        const auto found = std::ranges::find(formulas, name, &NamedFormulas::value_type::first);
        if (found == formulas.end()) {
            options.fault("metrics", fmt::format("'{}' is missing", name));
            continue;
        }
        metrics.push_back(std::move(found->second));
        formulas.erase(found);
    }
    for (const auto& [name, formula] : formulas)
        options.faults().add(formula.place, "the evaluator's metrics have no such name");
    return metrics;
}

std::vector<RecordedOptions> read_fidelities(ObjectReader& options,
                                             const std::vector<std::string>& metrics) {
    const Json* json = options.find("fidelities");
    if (json == nullptr)
        return {};
    if (!json->is_array()) {
        options.fault("fidelities", fmt::format("expected a list, found {}", type_name(*json)));
        return {};
    }
    std::vector<RecordedOptions> recorded;
    for (std::size_t i = 0; i < json->size(); ++i) {
        const std::string place = pointer_to(options.pointer("fidelities"), i);
        ObjectReader reader((*json)[i], place, options.faults());
        const double fidelity = reader.real("fidelity");
        if (!(fidelity > 0.0 && fidelity < 1.0))
            reader.fault("fidelity",
                         "expected a share of the full training between 0 and 1; what stands "
                         "outside of `fidelities` is fidelity 1");
        if (std::ranges::find(recorded, fidelity, &RecordedOptions::fidelity) != recorded.end())
            reader.fault("fidelity", fmt::format("{} stands here twice", fidelity));
        recorded.push_back({.fidelity = fidelity,
                            .metrics = read_metrics(reader, metrics),
                            .cost = read_cost(reader)});
        reader.finish();
    }
    std::ranges::sort(recorded, {}, &RecordedOptions::fidelity);
    return recorded;
}

std::string replace_all(std::string text, std::string_view what, const std::string& by) {
    for (std::size_t at = text.find(what); at != std::string::npos;
         at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
    return text;
}

// The steps before the last one, which is the full measurement.
std::vector<RecordedOptions> read_reports(ObjectReader& options,
                                          const std::vector<std::string>& metrics,
                                          const Formula& cost) {
    const Json* json = options.find("reports");
    if (json == nullptr)
        return {};
    ObjectReader reader(*json, options.pointer("reports"), options.faults());
    const std::int64_t steps = reader.integer("steps", 1, {1, kMaxSteps});
    const std::vector<Formula> formulas = read_metrics(reader, metrics);
    reader.finish();
    std::vector<RecordedOptions> recorded;
    for (std::int64_t step = 1; step < steps; ++step) {
        RecordedOptions& each = recorded.emplace_back();
        each.fidelity = static_cast<double>(step) / static_cast<double>(steps);
        for (const Formula& formula : formulas)
            each.metrics.push_back(
                {.text = replace_all(formula.text, "{step}", std::to_string(step)),
                 .place = formula.place});
        each.cost = cost;
        each.cost_share = each.fidelity;
    }
    return recorded;
}

// All options but the files' names, which do not matter.
std::string to_text(ObjectReader& options) {
    constexpr std::array<std::string_view, 8> kKeys{
        "key", "values", "match", "metrics", "cost", "fidelities", "reports", "test_metrics"};
    Json json = Json::object();
    for (const std::string_view key : kKeys)
        if (const Json* value = options.find(key))
            json[std::string(key)] = *value;
    return dump_json(json);
}

}  // namespace

TabularOptions read_tabular_options(ObjectReader& options, const std::filesystem::path& base) {
    TabularOptions tabular{.tables = read_tables(options, base)};
    tabular.key = {.columns = read_texts(options, "key"),
                   .values = read_texts(options, "values"),
                   .match = Match(options.word("match", {"exact", "nearest"}, "exact"))};

    RecordedOptions full{.cost = read_cost(options)};
    for (auto& [name, formula] : read_formulas(options, "metrics")) {
        tabular.metrics.push_back(name);
        full.metrics.push_back(std::move(formula));
    }
    if (options.need("metrics") != nullptr && tabular.metrics.empty())
        options.fault("metrics", "at least one metric is needed, like {accuracy: column}");
    tabular.reports = options.has("reports");
    if (tabular.reports && options.has("fidelities"))
        options.fault("fidelities", "the steps of `reports` are the fidelities already");
    tabular.recorded = tabular.reports ? read_reports(options, tabular.metrics, full.cost)
                                       : read_fidelities(options, tabular.metrics);
    tabular.recorded.push_back(std::move(full));

    tabular.test_metrics = read_formulas(options, "test_metrics");
    for (const auto& [name, formula] : tabular.test_metrics)
        if (std::ranges::find(tabular.metrics, name) != tabular.metrics.end())
            options.faults().add(formula.place, "a metric has this name already");
    tabular.text = to_text(options);
    return tabular;
}

}  // namespace parnas::evaluators
