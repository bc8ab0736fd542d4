// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "spaces/search_space.h"

namespace parnas::tests {

// A space made of parameters, an optional requirement and an optional network.
class FakeSpace final : public spaces::SearchSpace {
  public:
    struct Parts {
        std::string name = "fake@1";
        std::vector<spaces::Param> params;
        std::function<bool(const Genotype&)> feasible = [](const Genotype&) { return true; };
        // Null: a pure HPO space.
        std::function<spaces::Network(const Genotype&)> network;
    };

    explicit FakeSpace(Parts parts)
        : parts_(std::move(parts)), document_("{\"name\":\"" + parts_.name + "\"}") {}

    std::string_view name() const override { return parts_.name; }
    std::string_view document() const override { return document_; }
    std::span<const spaces::Param> params() const override { return parts_.params; }
    bool feasible(const Genotype& genotype) const override { return parts_.feasible(genotype); }

    spaces::Decoded decode(const Genotype& genotype) const override {
        spaces::validate(params(), genotype);
        if (!feasible(genotype))
            throw Error(ErrorKind::invalid_input, "the genotype is not feasible");
        if (parts_.network)
            return {.network = std::make_shared<spaces::Network>(parts_.network(genotype))};
        return {.values = spaces::to_assignment(params(), genotype)};
    }

  private:
    Parts parts_;
    std::string document_;
};

inline spaces::Param categorical(std::string name, std::int64_t choices) {
    spaces::Categorical domain;
    for (std::int64_t i = 0; i < choices; ++i)
        domain.choices.emplace_back(i);
    return {.name = std::move(name), .domain = domain};
}

inline spaces::Param real(std::string name, double low, double high) {
    return {.name = std::move(name), .domain = spaces::Real{.low = low, .high = high}};
}

inline spaces::Param words(std::string name, std::vector<Scalar> choices) {
    return {.name = std::move(name), .domain = spaces::Categorical{std::move(choices)}};
}

inline std::int64_t choice(const Genotype& genotype, std::size_t index) {
    return std::get<std::int64_t>(genotype.values[index]);
}

// The value of a real parameter.
inline double at(const Genotype& genotype, std::size_t index) {
    return std::get<double>(genotype.values[index]);
}

// 3 x 4 points.
inline FakeSpace small_space() {
    return FakeSpace({.name = "small@1", .params = {categorical("a", 3), categorical("b", 4)}});
}

// 6 edges with 5 ops each, like NAS-Bench-201; no network.
inline FakeSpace cell_space() {
    FakeSpace::Parts parts{.name = "cell@1"};
    for (int i = 0; i < 6; ++i)
        parts.params.push_back(categorical("edge" + std::to_string(i), 5));
    return FakeSpace(std::move(parts));
}

// Every kind of parameter, two of them conditional, and a requirement.
inline FakeSpace mixed_space() {
    FakeSpace::Parts parts{.name = "mixed@1"};
    parts.params = {
        categorical("optimizer", 2),
        {.name = "lr", .domain = spaces::Real{.low = 1e-4, .high = 1.0, .log = true}},
        {.name = "momentum",
         .domain = spaces::Real{.low = 0.0, .high = 0.9, .step = 0.1},
         .condition = spaces::Condition{.parent = 0, .active = spaces::ChoiceSet{{1}}}},
        {.name = "layers", .domain = spaces::Integer{.low = 1, .high = 4}},
        {.name = "width",
         .domain = spaces::Integer{.low = 8, .high = 64, .step = 8},
         .condition = spaces::Condition{.parent = 3, .active = spaces::Interval{2.0, 4.0}}},
    };
    parts.feasible = [](const Genotype& genotype) {
        return choice(genotype, 3) * choice(genotype, 4) <= 128;
    };
    return FakeSpace(std::move(parts));
}

// "a" decides whether x0 and x1 or y0 and y1 count.
inline FakeSpace forked_space() {
    const auto woken = [](std::string name, std::int64_t choice) {
        return spaces::Param{
            .name = std::move(name),
            .domain = spaces::Real{.low = 0.0, .high = 1.0},
            .condition = spaces::Condition{.parent = 0, .active = spaces::ChoiceSet{{choice}}}};
    };
    return FakeSpace({.name = "forked@1",
                      .params = {categorical("a", 2),
                                 woken("x0", 0),
                                 woken("x1", 0),
                                 woken("y0", 1),
                                 woken("y1", 1),
                                 real("shared", 0.0, 1.0)}});
}

// `dimensions` reals in [low, high].
inline FakeSpace real_space(std::size_t dimensions, double low = 0.0, double high = 1.0) {
    FakeSpace::Parts parts{.name = "real@1"};
    for (std::size_t i = 0; i < dimensions; ++i)
        parts.params.push_back(real("x" + std::to_string(i), low, high));
    return FakeSpace(std::move(parts));
}

// Linear layers 8 -> width -> 4 with width 4, 8, ..., 32; the parameter "alias" changes
// nothing, so that two genotypes are one architecture.
inline FakeSpace network_space() {
    FakeSpace::Parts parts{.name = "net@1"};
    parts.params = {categorical("width", 8), categorical("alias", 2), categorical("act", 2)};
    parts.network = [](const Genotype& genotype) {
        using namespace spaces;
        Network network;
        network.inputs = {{.name = "x", .shape = {8}}};
        const auto kind = choice(genotype, 2) == 0 ? ActivationKind::relu : ActivationKind::gelu;
        network.nodes = {
            {.name = "hidden", .op = Linear{.out = 4 * (choice(genotype, 0) + 1)}, .inputs = {0}},
            {.name = "act", .op = Activation{.kind = kind}, .inputs = {1}},
            {.name = "out", .op = Linear{.out = 4}, .inputs = {2}}};
        network.outputs = {3};
        return network;
    };
    return FakeSpace(std::move(parts));
}

// ZDT1 (Zitzler, Deb and Thiele 2000): two objectives, both minimised; the front is
// f2 = 1 - sqrt(f1).
inline std::vector<double> zdt1(const Genotype& genotype) {
    const double first = at(genotype, 0);
    double sum = 0.0;
    for (std::size_t i = 1; i < genotype.values.size(); ++i)
        sum += at(genotype, i);
    const double g = 1.0 + 9.0 * sum / static_cast<double>(genotype.values.size() - 1);
    return {first, g * (1.0 - std::sqrt(first / g))};
}

}  // namespace parnas::tests
