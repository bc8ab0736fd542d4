// SPDX-License-Identifier: Apache-2.0
#include "hw_models/costs/cost_figures.h"

#include <array>
#include <string_view>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "spaces/dtype.h"

namespace parnas::hw_models {
namespace {

// Wide enough for any machine, narrow enough to find a wrong unit.
constexpr Range<double> kPicojoules{0.0, 1e9};
constexpr Range<std::int64_t> kCapacity{1, std::int64_t{1} << 50};

MemoryRules read_memory_rules(ObjectReader& reader, MemoryRules rules) {
    const Json* json = reader.find("memory");
    if (json == nullptr)
        return rules;
    ObjectReader memory(*json, reader.pointer("memory"), reader.faults());
    rules.in_place = memory.boolean("in_place", rules.in_place);
    rules.concat_in_place = memory.boolean("concat_in_place", rules.concat_in_place);
    constexpr std::array kWorkspaces{"none", "im2col"};
    constexpr std::array kOrders{"given", "best"};
    const auto old = [](const auto& words, auto value) {
        return words[static_cast<std::size_t>(value)];
    };
    rules.workspace = static_cast<Workspace>(memory.word(
        "workspace", {kWorkspaces[0], kWorkspaces[1]}, old(kWorkspaces, rules.workspace)));
    rules.order = static_cast<StepOrder>(
        memory.word("order", {kOrders[0], kOrders[1]}, old(kOrders, rules.order)));
    memory.finish();
    return rules;
}

// A number for all types, or an object with one for each.
std::map<spaces::DType, double> read_pj_per_mac(ObjectReader& reader,
                                                spaces::DType dtype,
                                                std::map<spaces::DType, double> otherwise) {
    constexpr std::string_view kKey = "energy_pj_per_mac";
    const Json* json = reader.find(kKey);
    if (json == nullptr)
        return otherwise;
    std::map<spaces::DType, double> figures;
    if (!json->is_object()) {
        const double all = reader.real(kKey, kPicojoules);
        for (const spaces::DType type : spaces::kComputedTypes)
            figures[type] = all;
        return figures;
    }
    ObjectReader types(*json, reader.pointer(kKey), reader.faults());
    for (const spaces::DType type : spaces::kComputedTypes)
        if (const auto each = types.optional_real(spaces::to_string(type), kPicojoules))
            figures[type] = *each;
    types.finish();
    if (!figures.contains(dtype))
        reader.fault(kKey,
                     fmt::format("there is no figure for '{}', the target's type",
                                 spaces::to_string(dtype)));
    return figures;
}

template <typename Amount>
std::optional<Amount> read_amount(ObjectReader& reader,
                                  std::string_view key,
                                  std::optional<Amount> otherwise) {
    if constexpr (std::is_same_v<Amount, Bytes>) {
        const auto value = reader.optional_integer(key, kCapacity);
        return value ? Amount(*value) : otherwise;
    } else {
        const auto value = reader.optional_real(key, {0.0, 1e9});
        return value ? Amount(*value) : otherwise;
    }
}

}  // namespace

CostFigures read_cost_figures(ObjectReader& reader, spaces::DType dtype, CostFigures otherwise) {
    CostFigures figures = std::move(otherwise);
    const auto read = [&reader](std::string_view key, auto& figure) {
        figure = read_amount(reader, key, figure);
    };
    figures.memory = read_memory_rules(reader, figures.memory);
    read("memory_capacity_bytes", figures.memory_capacity);
    read("flash_capacity_bytes", figures.flash_capacity);
    read("static_power_w", figures.static_power);
    figures.pj_per_mac = read_pj_per_mac(reader, dtype, std::move(figures.pj_per_mac));
    read("energy_pj_per_dram_byte", figures.pj_per_dram_byte);
    read("energy_pj_per_sram_byte", figures.pj_per_sram_byte);
    read("price_per_hour", figures.price_per_hour);
    figures.currency = reader.text("currency", figures.currency);
    figures.concurrency = reader.real("concurrency", figures.concurrency, {1e-3, 1e6});
    figures.utilisation = reader.real("utilisation", figures.utilisation, {1e-6, 1.0});
    return figures;
}

std::string describe(const CostFigures& figures) {
    const MemoryRules& memory = figures.memory;
    std::string text = fmt::format("in_place={} concat_in_place={} workspace={} order={}",
                                   memory.in_place,
                                   memory.concat_in_place,
                                   static_cast<int>(memory.workspace),
                                   static_cast<int>(memory.order));
    const auto add = [&text](std::string_view key, const auto& figure) {
        if (!figure)
            return;
        if constexpr (requires { figure->count(); })
            text += fmt::format(" {}={}", key, figure->count());
        else
            text += fmt::format(" {}={}", key, *figure);
    };
    add("memory", figures.memory_capacity);
    add("flash", figures.flash_capacity);
    add("static_power", figures.static_power);
    for (const auto& [type, figure] : figures.pj_per_mac)
        text += fmt::format(" mac_{}={}", spaces::to_string(type), figure);
    add("dram", figures.pj_per_dram_byte);
    add("sram", figures.pj_per_sram_byte);
    add("price", figures.price_per_hour);
    text += fmt::format(" {} concurrency={} utilisation={}",
                        figures.currency,
                        figures.concurrency,
                        figures.utilisation);
    return text;
}

}  // namespace parnas::hw_models
