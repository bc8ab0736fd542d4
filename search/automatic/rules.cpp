// SPDX-License-Identifier: Apache-2.0
#include "search/automatic/rules.h"

#include <fmt/format.h>

namespace parnas::search {
namespace {

// Populations learn from many trials; models of single parameters from few.
constexpr TrialNumber kManyTrials = 1000;

std::string objectives_text(const Shape& shape) {
    return shape.objectives == 1 ? "one objective" : fmt::format("{} objectives", shape.objectives);
}

std::vector<Suited> for_networks(const Shape& shape) {
    if (shape.objectives > 1)
        return {{.strategy = R"({"type":"nsga2"})",
                 .reason = fmt::format("networks and {}", objectives_text(shape))}};
    return {{.strategy = R"({"type":"regularized_evolution"})",
             .reason = "networks and one objective"}};
}

std::vector<Suited> for_parameters(const Shape& shape) {
    std::string reason =
        fmt::format("{} and {} parameters", objectives_text(shape), shape.params());
    if (shape.conditional > 0)
        reason += fmt::format(", {} of them conditional", shape.conditional);
    std::vector<Suited> suited{{.strategy = R"({"type":"tpe"})", .reason = std::move(reason)}};
    if (shape.objectives > 1)
        suited.push_back(
            {.from = kManyTrials,
             .strategy = R"({"type":"nsga2"})",
             .reason = fmt::format("{} after {} trials", objectives_text(shape), kManyTrials)});
    return suited;
}

}  // namespace

std::vector<Suited> suited_strategies(const Shape& shape) {
    return shape.networks ? for_networks(shape) : for_parameters(shape);
}

}  // namespace parnas::search
