// SPDX-License-Identifier: Apache-2.0
#include "search/adopted_job.h"

#include <algorithm>
#include <map>
#include <string>

#include <nlohmann/json.hpp>

#include "spaces/distribution.h"
#include "spaces/domain_reader.h"

namespace parnas::search {
namespace {

template <typename Range>
void widen_range(Range& range, const Range& by) {
    range.low = std::min(range.low, by.low);
    range.high = std::max(range.high, by.high);
}

// Of another kind, or with other choices: as it was.
void widen(spaces::Domain& domain, const spaces::Domain& by) {
    if (auto* integer = std::get_if<spaces::Integer>(&domain)) {
        if (const auto* other = std::get_if<spaces::Integer>(&by))
            widen_range(*integer, *other);
    } else if (auto* real = std::get_if<spaces::Real>(&domain)) {
        if (const auto* other = std::get_if<spaces::Real>(&by))
            widen_range(*real, *other);
    }
}

Json goals_of(const store::StudySpec& study) {
    Json json = Json::object();
    for (std::size_t i = 0; i < study.metrics.size(); ++i)
        json[study.metrics[i]] = to_string(study.directions[i]);
    return json;
}

Json space_json(const store::StudySpec& study, std::span<const store::TrialRecord> trials) {
    std::vector<std::string> order;
    std::map<std::string, spaces::Domain> domains;
    for (const store::TrialRecord& trial : trials)
        for (const store::ParamRecord& param : trial.params) {
            const auto domain = spaces::domain_from_distribution(param.distribution);
            const auto [known, is_new] = domains.emplace(param.name, domain);
            if (is_new)
                order.push_back(param.name);
            else
                widen(known->second, domain);
        }
    if (order.empty())
        throw Error(ErrorKind::invalid_input,
                    "no trial of the study has parameters: the job must say its space",
                    study.name);
    Json params = Json::object();
    for (const std::string& name : order)
        params[name] = spaces::to_json(domains.at(name));
    return {{"document", {{"name", "adopted@1"}, {"params", std::move(params)}}}};
}

}  // namespace

Json completed_job(Json job,
                   const store::StudySpec& study,
                   std::span<const store::TrialRecord> trials) {
    if (!job.is_object())
        return job;  // which the reader of jobs refuses
    if (!job.contains("name"))
        job["name"] = study.name;
    if (!job.contains("objectives"))
        job["objectives"] = goals_of(study);
    if (!job.contains("space"))
        job["space"] = space_json(study, trials);
    return job;
}

}  // namespace parnas::search
