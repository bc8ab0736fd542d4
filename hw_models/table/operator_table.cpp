// SPDX-License-Identifier: Apache-2.0
#include "hw_models/table/operator_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/object_reader.h"
#include "hw_models/target_card.h"
#include "hw_models/target_words.h"
#include "spaces/dtype.h"

namespace parnas::hw_models {
namespace {

constexpr std::int64_t kVersion = 1;

// In millionths, so that what is read is written again as it was.
double microseconds(Seconds time) {
    return std::round(time.count() * 1e12) / 1e6;
}

Seconds read_time(ObjectReader& reader, std::string_view key, double least) {
    return Seconds(reader.real(key, {least, 1e12}) * 1e-6);
}

Json to_json(const TableEntry& entry) {
    return {{"key", entry.key},
            {"kind", entry.kind},
            {"multiply_adds", entry.work.multiply_adds},
            {"bytes", entry.work.bytes},
            {"weight_bytes", entry.work.weight_bytes},
            {"time_us", microseconds(entry.time)},
            {"low_us", microseconds(entry.low)},
            {"high_us", microseconds(entry.high)}};
}

TableEntry read_entry(ObjectReader reader) {
    constexpr Range<double> kAmount{0.0, 1e18};
    TableEntry entry;
    entry.key = reader.text("key");
    entry.kind = reader.text("kind");
    entry.work = {.multiply_adds = reader.real("multiply_adds", kAmount),
                  .bytes = reader.real("bytes", kAmount),
                  .weight_bytes = reader.real("weight_bytes", kAmount)};
    entry.time = read_time(reader, "time_us", 1e-6);
    entry.low = read_time(reader, "low_us", 0.0);
    entry.high = read_time(reader, "high_us", 0.0);
    reader.finish();
    return entry;
}

Json to_json(const FusionRules& rules) {
    return {{"conv_norm", rules.conv_norm},
            {"conv_activation", rules.conv_activation},
            {"depthwise_norm", rules.depthwise_norm},
            {"depthwise_activation", rules.depthwise_activation},
            {"sum_activation", rules.sum_activation},
            {"folds_zeros", rules.folds_zeros},
            {"merges_equal", rules.merges_equal}};
}

FusionRules read_rules(ObjectReader reader) {
    FusionRules rules{.conv_norm = reader.boolean("conv_norm", false),
                      .conv_activation = reader.boolean("conv_activation", false),
                      .depthwise_norm = reader.boolean("depthwise_norm", false),
                      .depthwise_activation = reader.boolean("depthwise_activation", false),
                      .sum_activation = reader.boolean("sum_activation", false),
                      .folds_zeros = reader.boolean("folds_zeros", false),
                      .merges_equal = reader.boolean("merges_equal", false)};
    reader.finish();
    return rules;
}

Json to_json(const Additivity& additivity) {
    return {{"call_us", microseconds(additivity.call)},
            {"scale", additivity.scale},
            {"per_kernel_us", microseconds(additivity.per_kernel)},
            {"per_branch_us", microseconds(additivity.per_branch)},
            {"networks", additivity.networks},
            {"mean_error", additivity.mean_error},
            {"spread", additivity.spread}};
}

Additivity read_additivity(ObjectReader reader) {
    Additivity additivity{.call = read_time(reader, "call_us", 0.0),
                          .scale = reader.real("scale", {0.0, 1e6}),
                          .per_kernel = read_time(reader, "per_kernel_us", 0.0),
                          .per_branch = read_time(reader, "per_branch_us", 0.0),
                          .networks = static_cast<int>(reader.integer("networks", {0, 1'000'000})),
                          .mean_error = reader.real("mean_error", {0.0, 1e6}),
                          .spread = reader.real("spread", {0.0, 1e3})};
    reader.finish();
    return additivity;
}

Json to_json(const TableProvenance& provenance) {
    return {{"space", provenance.space},
            {"tool", provenance.tool},
            {"passes", provenance.passes},
            {"networks", provenance.networks},
            {"left_out", provenance.left_out},
            {"disturbed", provenance.disturbed},
            {"not_monotone", provenance.not_monotone},
            {"cache", provenance.cache}};
}

TableProvenance read_provenance(ObjectReader reader) {
    constexpr Range<std::int64_t> kNumber{0, 1'000'000'000};
    const auto number = [&](std::string_view key) {
        return static_cast<int>(reader.integer(key, kNumber));
    };
    TableProvenance provenance{.space = reader.text("space"),
                               .date = {},
                               .tool = reader.text("tool"),
                               .passes = number("passes"),
                               .networks = number("networks"),
                               .left_out = number("left_out"),
                               .disturbed = number("disturbed"),
                               .not_monotone = number("not_monotone"),
                               .cache = reader.text("cache")};
    reader.finish();
    return provenance;
}

ObjectReader part(ObjectReader& reader, std::string_view key) {
    static const Json kNothing = Json::object();
    const Json* json = reader.need(key);
    return {json == nullptr ? kNothing : *json, reader.pointer(key), reader.faults()};
}

}  // namespace

std::string document_name(const Target& target) {
    std::string name = target.name;
    std::ranges::replace(name, '/', '-');
    return name;
}

Json to_json(const OperatorTable& table) {
    Json entries = Json::array();
    for (const TableEntry& entry : table.entries)
        entries.push_back(to_json(entry));
    return {
        {"kind", "table"},
        {"version", kVersion},
        {"name", document_name(table.target)},
        {"provenance", "calibrated"},
        {"source", fmt::format("{}: kernels of {}", table.provenance.tool, table.provenance.space)},
        {"date", table.provenance.date},
        {"hardware", table.target.hardware},
        {"runtime", table.target.runtime},
        {"threads", table.target.threads},
        {"dtype", spaces::to_string(table.target.dtype)},
        {"batch", table.target.batch},
        {"layout", to_string(table.target.layout)},
        {"target", table.target.name},
        {"made", to_json(table.provenance)},
        {"rules", to_json(table.rules)},
        {"additivity", to_json(table.additivity)},
        {"entries", std::move(entries)}};
}

OperatorTable read_table(const Document& document) {
    Faults faults;
    ObjectReader reader(document.root(), "", faults);
    OperatorTable table;
    const TargetCard card = read_card(reader);
    reader.integer("version", {kVersion, kVersion});
    table.target = card.target;
    table.target.name = reader.text("target");
    table.target.layout = read_layout(reader);
    table.provenance = read_provenance(part(reader, "made"));
    table.provenance.date = card.date;
    table.rules = read_rules(part(reader, "rules"));
    table.additivity = read_additivity(part(reader, "additivity"));
    const Json* entries = reader.need("entries");
    if (entries != nullptr && entries->is_array())
        for (std::size_t i = 0; i < entries->size(); ++i)
            table.entries.push_back(read_entry({(*entries)[i], pointer_to("/entries", i), faults}));
    if (entries != nullptr && (!entries->is_array() || entries->empty()))
        reader.fault("entries", "expected a list of kernels");
    reader.finish();
    document.throw_if_any(faults);
    std::ranges::sort(table.entries, {}, &TableEntry::key);
    return table;
}

}  // namespace parnas::hw_models
