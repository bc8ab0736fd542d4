// SPDX-License-Identifier: Apache-2.0
#include "search/weight_sharing/architecture.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace parnas::search {
namespace {

using Kind = spaces::Strength::Kind;

constexpr double kInitialDeviation = 1e-3;

std::vector<double> each(std::span<const double> values, double (*function)(double)) {
    std::vector<double> result(values.size());
    std::ranges::transform(values, result.begin(), function);
    return result;
}

std::vector<double> divided_by_sum(std::vector<double> values) {
    double sum = 0.0;
    for (const double value : values)
        sum += value;
    for (double& value : values)
        value /= sum;
    return values;
}

StrengthValues read_strength(const Json& json) {
    return {.strength = {.kind = json.at("kind") == "edges" ? Kind::edges : Kind::options,
                         .param = json.at("param"),
                         .entries = json.at("entries"),
                         .name = json.at("name")},
            .values = json.at("values")};
}

}  // namespace

std::string_view to_string(OptionWeights weights) {
    switch (weights) {
        case OptionWeights::softmax:
            return "softmax";
        case OptionWeights::sigmoid:
            return "sigmoid";
        case OptionWeights::gumbel:
            return "gumbel";
        case OptionWeights::dirichlet:
            break;
    }
    return "dirichlet";
}

Architecture initial_architecture(std::span<const spaces::Strength> strengths,
                                  EdgeWeights edges,
                                  const Rng& rng) {
    Architecture architecture;
    for (const spaces::Strength& strength : strengths) {
        Rng own = rng.fork(strength.name);
        StrengthValues values{.strength = strength,
                              .values = std::vector<double>(strength.entries.size(), 0.0)};
        if (strength.kind == Kind::options || edges == EdgeWeights::learned)
            for (double& value : values.values)
                value = kInitialDeviation * own.normal();
        architecture.strengths.push_back(std::move(values));
    }
    return architecture;
}

std::vector<double> softmax(std::span<const double> values) {
    if (values.empty())
        return {};
    const double largest = *std::ranges::max_element(values);
    std::vector<double> result(values.size());
    std::ranges::transform(
        values, result.begin(), [largest](double value) { return std::exp(value - largest); });
    return divided_by_sum(std::move(result));
}

std::vector<double> expected_weights(const StrengthValues& values, OptionWeights weights) {
    if (values.strength.kind == Kind::edges)
        return softmax(values.values);
    switch (weights) {
        case OptionWeights::sigmoid:
            return each(values.values, [](double value) { return 1.0 / (1.0 + std::exp(-value)); });
        case OptionWeights::dirichlet:
            return divided_by_sum(each(values.values, [](double value) {
                return value > 0.0 ? value + 1.0 : std::exp(value);  // elu + 1
            }));
        case OptionWeights::softmax:
        case OptionWeights::gumbel:
            break;
    }
    return softmax(values.values);
}

Json to_json(const Architecture& architecture) {
    Json list = Json::array();
    for (const StrengthValues& each : architecture.strengths)
        list.push_back({{"name", each.strength.name},
                        {"kind", each.strength.kind == Kind::options ? "options" : "edges"},
                        {"param", each.strength.param},
                        {"entries", each.strength.entries},
                        {"values", each.values}});
    return list;
}

Architecture architecture_from_json(const Json& json) {
    Architecture architecture;
    try {
        for (const Json& each : json)
            architecture.strengths.push_back(read_strength(each));
    } catch (const Json::exception& error) {
        throw Error(ErrorKind::damaged, std::string("no architecture parameters: ") + error.what());
    }
    for (const StrengthValues& each : architecture.strengths)
        if (each.values.size() != each.strength.entries.size() || each.values.empty())
            throw Error(ErrorKind::damaged,
                        fmt::format("{} architecture parameters for {} entries",
                                    each.values.size(),
                                    each.strength.entries.size()),
                        each.strength.name);
    return architecture;
}

}  // namespace parnas::search
