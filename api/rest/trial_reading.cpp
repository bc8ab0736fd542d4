// SPDX-License-Identifier: Apache-2.0
#include "api/rest/trial_reading.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <nlohmann/json.hpp>

#include "api/http/problem.h"
#include "api/rest/etag.h"
#include "api/rest/points.h"
#include "api/rest/study_json.h"
#include "search/trial_json.h"
#include "store/annotations.h"

namespace parnas::rest {
namespace {

// So many trials are looked through for a page at most: whoever filters much gets short pages and
// not long waits.
constexpr std::int64_t kLookedThrough = 20'000;
constexpr std::int64_t kTrialsAtOnce = 1'000;

struct TrialFilter {
    std::optional<std::string> state, stage, metric, tag;
    std::optional<double> min, max;

    bool takes(const SeenStudy& study, const store::TrialRecord& trial) const {
        return (!state || *state == to_string(trial.state)) &&
               (!stage || *stage == to_string(trial.stage)) && takes_metric(study, trial) &&
               takes_tags(study, trial);
    }

  private:
    bool takes_metric(const SeenStudy& study, const store::TrialRecord& trial) const {
        if (!metric)
            return true;
        const auto value = search::metric_of(study.record.spec, trial, *metric);
        return value && (!min || *value >= *min) && (!max || *value <= *max);
    }

    bool takes_tags(const SeenStudy& study, const store::TrialRecord& trial) const {
        if (!tag)
            return true;
        const auto tags = store::annotations_of_trial(study.attributes, trial).tags;
        return std::ranges::find(tags, *tag) != tags.end();
    }
};

TrialFilter read_filter(const Call& call) {
    TrialFilter filter{.state = call.optional_text("state"),
                       .stage = call.optional_text("stage"),
                       .metric = call.optional_text("metric"),
                       .tag = call.optional_text("tag"),
                       .min = call.optional_real("min"),
                       .max = call.optional_real("max")};
    if (!filter.metric && (filter.min || filter.max))
        throw http::HttpError(400, "`min` and `max` need a `metric`");
    return filter;
}

TrialNumber first_after(const std::optional<std::string>& position) {
    if (!position)
        return 0;
    TrialNumber last = 0;
    std::from_chars(position->data(), position->data() + position->size(), last);
    return last + 1;
}

http::Response list_trials(const Call& call, const Service& service) {
    const SeenStudy study = find_study(call, service.store);
    const TrialFilter filter = read_filter(call);
    const PageRequest page = read_page(call, service.pages);
    const TrialDetail detail =
        call.text("detail") == "whole" ? TrialDetail::whole : TrialDetail::listed;
    const TrialNumber start = first_after(page.after);
    TrialNumber next = start;
    Json items = Json::array();
    for (;;) {
        const auto trials = service.store.trials(
            study.record.id,
            next,
            std::min<std::int64_t>(kTrialsAtOnce, static_cast<std::int64_t>(page.size) + 1));
        if (trials.empty())
            return make_page(call, service.pages, std::move(items), std::nullopt);
        for (const store::TrialRecord& trial : trials) {
            if (items.size() == page.size || next - start == kLookedThrough)
                return make_page(call, service.pages, std::move(items), std::to_string(next - 1));
            if (filter.takes(study, trial))
                items.push_back(trial_json(study, trial, detail));
            next = trial.number + 1;
        }
    }
}

http::Response get_trial(const Call& call, const Service& service) {
    const SeenStudy study = find_study(call, service.store);
    return answer_trial(
        study, service.store.trial(study.record.id, call.integer("number")), service);
}

http::Response get_reports(const Call& call, const Service& service) {
    const SeenStudy study = find_study(call, service.store);
    const store::TrialRecord trial = service.store.trial(study.record.id, call.integer("number"));
    const std::vector<std::pair<std::int64_t, double>> reports(trial.reports.begin(),
                                                               trial.reports.end());
    Json steps = Json::array();
    Json values = Json::array();
    for (const std::size_t i : spread_points(reports.size(), call.integer("max_points"))) {
        steps.push_back(reports[i].first);
        values.push_back(reports[i].second);
    }
    return http::make_json(
        200, {{"trial", trial.number}, {"step", std::move(steps)}, {"value", std::move(values)}});
}

}  // namespace

http::Response answer_trial(const SeenStudy& study,
                            const store::TrialRecord& trial,
                            const Service& service) {
    Json json = trial_json(study, trial, TrialDetail::whole);
    json["attempts"] = attempts_json(service.kept.attempts(study.record.id, trial.number));
    http::Response response = http::make_json(200, json);
    response.headers.set("ETag", make_etag(revision_of(study, trial), response.body));
    return response;
}

void add_trial_reading(Operations& operations, const Service& service) {
    operations["list_trials"] = [&service](const Call& call) { return list_trials(call, service); };
    operations["get_trial"] = [&service](const Call& call) { return get_trial(call, service); };
    operations["get_trial_reports"] = [&service](const Call& call) {
        return get_reports(call, service);
    };
}

}  // namespace parnas::rest
