// SPDX-License-Identifier: Apache-2.0
#include "search/optuna_attributes.h"

#include <cmath>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "search/goals.h"

namespace parnas::search {
namespace {

constexpr const char* kGeneration = "generation";  // user attribute, from samplers
constexpr const char* kArchitecture = "architecture";

// As json.dumps writes a float. A NaN breaks its limit by no known amount.
std::string float_text(double number) {
    if (std::isnan(number) || std::isinf(number))
        return number < 0 ? "-Infinity" : "Infinity";
    std::string text = fmt::format("{}", number);
    if (text.find_first_not_of("-0123456789") == std::string::npos)
        text += ".0";
    return text;
}

// Those who know generations by Optuna's own samplers read these.
std::string_view generation_key(std::string_view strategy) {
    if (strategy == "nsga2")
        return "NSGAIISampler:generation";
    if (strategy == "nsga3")
        return "NSGAIIISampler:generation";
    return strategy == "cma_es" ? "cma:generation" : "parnas:generation";
}

}  // namespace

void note_generation(const JobSpec& job, store::TrialStart& start) {
    const auto found = start.user_attributes.find(kGeneration);
    if (found == start.user_attributes.end() || !job.strategy)
        return;
    const Json strategy = parse_json(*job.strategy, "/strategy");
    const std::string type = strategy.is_object() ? strategy.value("type", "") : std::string();
    start.system_attributes[std::string(generation_key(type))] = found->second;
}

void note_result(const JobSpec& job, store::TrialFinish& finish) {
    std::string list;
    for (const auto& [metric, limit] : job.limits) {
        const auto found = judged_metric(metric, finish.metrics);
        // As for violation(), what is not known is met.
        const std::string excess =
            float_text(found == finish.metrics.end() ? 0.0 : found->second - limit);
        finish.system_attributes["constraints:" + metric] = excess;
        list += (list.empty() ? "" : ", ") + excess;
    }
    if (!list.empty())
        finish.system_attributes["constraints"] = '[' + list + ']';
    if (finish.architecture)
        finish.user_attributes[kArchitecture] = '"' + to_string(*finish.architecture) + '"';
}

}  // namespace parnas::search
