// SPDX-License-Identifier: Apache-2.0
#include "search/automatic/rules.h"

#include <fmt/format.h>

namespace parnas::search {
namespace {

// Populations learn from many trials; models of single parameters from few.
constexpr TrialNumber kManyTrials = 1000;
// An ask of a Gaussian process takes time that grows with their square, and more where it is
// fitted anew.
constexpr TrialNumber kModelTrials = 500;
// It learns a length scale for each parameter.
constexpr std::size_t kModelParams = 100;
// The boxes in which hypervolume can be gained grow with a power of them.
constexpr std::size_t kModelObjectives = 4;

std::string objectives_text(const Shape& shape) {
    return shape.objectives == 1 ? "one objective" : fmt::format("{} objectives", shape.objectives);
}

std::vector<Suited> for_networks(const Shape& shape) {
    Suited evolution{.strategy = shape.objectives > 1 ? R"({"type":"nsga2"})"
                                                      : R"({"type":"regularized_evolution"})",
                     .reason = fmt::format("networks and {}", objectives_text(shape))};
    if (!shape.cells)
        return {std::move(evolution)};
    evolution.from = kManyTrials;
    evolution.reason += fmt::format(" after {} trials", kManyTrials);
    return {{.strategy = R"({"type":"bananas"})",
             .reason = fmt::format("networks of cells and {}", objectives_text(shape))},
            std::move(evolution)};
}

std::string parameters_text(const Shape& shape) {
    std::string text = fmt::format("{} and {} parameters", objectives_text(shape), shape.params());
    if (shape.conditional > 0)
        text += fmt::format(", {} of them conditional", shape.conditional);
    return text;
}

Suited later(const Shape& shape, TrialNumber from, const std::string& why) {
    return {.from = from,
            .strategy = shape.objectives > 1 ? R"({"type":"nsga2"})" : R"({"type":"tpe"})",
            .reason = fmt::format("{}, after {} trials{}", parameters_text(shape), from, why)};
}

std::vector<Suited> for_parameters(const Shape& shape) {
    const std::string reason = parameters_text(shape);
    if (shape.params() <= kModelParams && shape.objectives <= kModelObjectives)
        return {{.strategy = R"({"type":"gp"})", .reason = reason},
                later(shape, kModelTrials, ", too many for a Gaussian process")};
    std::vector<Suited> suited{
        {.strategy = R"({"type":"tpe"})", .reason = reason + ", too many for a Gaussian process"}};
    if (shape.objectives > 1)
        suited.push_back(later(shape, kManyTrials, ""));
    return suited;
}

}  // namespace

std::vector<Suited> suited_strategies(const Shape& shape) {
    return shape.networks ? for_networks(shape) : for_parameters(shape);
}

}  // namespace parnas::search
