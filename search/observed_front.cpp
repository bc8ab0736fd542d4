// SPDX-License-Identifier: Apache-2.0
#include "search/observed_front.h"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/python_json.h"
#include "search/pareto.h"

namespace parnas::search {
namespace {

constexpr std::string_view kConstraints = "constraints";

double excess_of(const Json& constraint) {
    if (constraint.is_number())
        return std::max(0.0, constraint.get<double>());
    return constraint == "Infinity" || constraint == "NaN" ? HUGE_VAL : 0.0;
}

// All to be minimised.
Point minimised_point(const store::StudySpec& study, const store::TrialRecord& trial) {
    Point point = trial.values;
    for (std::size_t i = 0; i < point.size(); ++i)
        if (study.directions[i] == Direction::maximize)
            point[i] = -point[i];
    return point;
}

}  // namespace

double optuna_violation(const store::Attributes& system_attributes) {
    double sum = 0.0;
    for (auto each = system_attributes.lower_bound(kConstraints);
         each != system_attributes.end() && each->first.starts_with(kConstraints);
         ++each) {
        const bool is_list = each->first == kConstraints;
        if (!is_list && !each->first.starts_with("constraints:"))
            continue;
        const Json json = parse_json(quote_python_numbers(each->second), each->first);
        if (!is_list)
            sum += excess_of(json);
        else if (json.is_array())
            for (const Json& constraint : json)
                sum += excess_of(constraint);
    }
    return sum;
}

std::vector<TrialNumber> observed_front(const store::StudySpec& study,
                                        std::span<const store::TrialRecord> trials) {
    ParetoArchive archive;
    for (const store::TrialRecord& trial : trials) {
        const bool finite =
            std::ranges::all_of(trial.values, [](double value) { return std::isfinite(value); });
        if (trial.state == TrialState::complete && finite &&
            trial.values.size() == study.directions.size() &&
            optuna_violation(trial.system_attributes) == 0.0)
            archive.insert(trial.number, minimised_point(study, trial));
    }
    std::vector<TrialNumber> front;
    for (const auto& [number, point] : archive.members())
        front.push_back(number);
    std::ranges::sort(front);
    return front;
}

}  // namespace parnas::search
