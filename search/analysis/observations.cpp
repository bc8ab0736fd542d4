// SPDX-License-Identifier: Apache-2.0
#include "search/analysis/observations.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>

#include "search/analysis/full_trials.h"
#include "search/trial_json.h"
#include "spaces/distribution.h"
#include "spaces/overloaded.h"
#include "spaces/unit_interval.h"

namespace parnas::search {
namespace {

using spaces::Domain;

// The least domain with the values of both. Programs that define spaces while they run may change
// a range from trial to trial, but not the kind or the choices.
Domain widened(const Domain& first, const Domain& second) {
    return std::visit(
        spaces::Overloaded{[](const spaces::Integer& a, const spaces::Integer& b) -> Domain {
                               return spaces::Integer{.low = std::min(a.low, b.low),
                                                      .high = std::max(a.high, b.high),
                                                      .step = a.step == b.step ? a.step : 1,
                                                      .log = a.log && b.log};
                           },
                           [](const spaces::Real& a, const spaces::Real& b) -> Domain {
                               return spaces::Real{.low = std::min(a.low, b.low),
                                                   .high = std::max(a.high, b.high),
                                                   .step = a.step == b.step ? a.step : std::nullopt,
                                                   .log = a.log && b.log};
                           },
                           [](const auto& a, const auto&) -> Domain { return a; }},
        first,
        second);
}

bool is_fixed(const Domain& domain) {
    if (const auto* real = std::get_if<spaces::Real>(&domain); real && real->low == real->high)
        return true;
    return spaces::cardinality(domain) == 1;
}

std::vector<Observations::Axis> axes_of(std::span<const store::TrialRecord* const> trials) {
    struct Known {
        std::size_t axis;
        const std::string* distribution;  // that was seen last: most never change
    };
    std::vector<Observations::Axis> axes;
    std::map<std::string_view, Known> known;
    for (const store::TrialRecord* trial : trials)
        for (const store::ParamRecord& param : trial->params) {
            const auto [entry, fresh] =
                known.try_emplace(param.name, Known{axes.size(), &param.distribution});
            Known& place = entry->second;
            if (!fresh && *place.distribution == param.distribution)
                continue;
            place.distribution = &param.distribution;
            const Domain domain = spaces::domain_from_distribution(param.distribution);
            if (fresh)
                axes.push_back({.name = param.name, .domain = domain});
            else
                axes[place.axis].domain = widened(axes[place.axis].domain, domain);
        }
    std::erase_if(axes, [](const Observations::Axis& axis) { return is_fixed(axis.domain); });
    return axes;
}

double position_of(const Domain& domain, double internal) {
    return std::isfinite(internal) ? spaces::to_unit(domain, spaces::clamp(domain, internal))
                                   : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

Observations observe(const store::StudySpec& study,
                     std::span<const store::TrialRecord> trials,
                     std::string_view metric) {
    Observations seen;
    std::vector<const store::TrialRecord*> kept;
    for (const store::TrialRecord& trial : trials) {
        if (!is_full(trial))
            continue;
        const std::optional<double> value = metric_of(study, trial, metric);
        if (!value || !std::isfinite(*value)) {
            ++seen.left_out;
            continue;
        }
        kept.push_back(&trial);
        seen.values.push_back(*value);
    }
    seen.axes = axes_of(kept);
    std::map<std::string_view, std::size_t> places;
    for (std::size_t axis = 0; axis < seen.axes.size(); ++axis)
        places[seen.axes[axis].name] = axis;
    seen.positions.assign(kept.size() * seen.axes.size(), std::numeric_limits<double>::quiet_NaN());
    for (std::size_t i = 0; i < kept.size(); ++i)
        for (const store::ParamRecord& param : kept[i]->params)
            if (const auto place = places.find(param.name); place != places.end())
                seen.positions[i * seen.axes.size() + place->second] =
                    position_of(seen.axes[place->second].domain, param.internal);
    return seen;
}

}  // namespace parnas::search
