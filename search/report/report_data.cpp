// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "search/analysis/importance_json.h"
#include "search/audit/audit.h"
#include "search/pareto.h"
#include "search/report/report_parts.h"
#include "search/trial_json.h"
#include "spaces/distribution.h"
#include "spaces/overloaded.h"
#include "store/annotations.h"

namespace parnas::search {
namespace {

using parnas::to_string;  // times have no namespace of ours to be found by

constexpr std::size_t kMaxSwept = 3;  // objectives for which hypervolumes are quick

Json objectives_json(const store::StudySpec& study) {
    Json json = Json::array();
    for (std::size_t i = 0; i < study.metrics.size(); ++i)
        json.push_back({{"metric", study.metrics[i]},
                        {"direction", std::string(to_string(study.directions[i]))}});
    return json;
}

// What people wrote beside it, as far as there is any.
void add_annotations(const store::Annotations& annotations, Json& json) {
    if (!annotations.note.empty())
        json["note"] = annotations.note;
    if (!annotations.tags.empty())
        json["tags"] = annotations.tags;
}

Json study_json(const Report& report) {
    const store::StudyRecord& study = report.study;
    Json json = {{"name", study.spec.name},
                 {"state", std::string(to_string(study.state))},
                 {"reason", study.state_reason},
                 {"created", to_string(study.created)},
                 {"objectives", objectives_json(study.spec)}};
    add_annotations(store::annotations_of_study(report.attributes), json);
    if (report.job) {
        const Json job = parse_json(study.spec.job, "job");
        json["job"] = job;
        // As a text too: a script would round large integers.
        json["job_text"] = job.dump(2, ' ', false, Json::error_handler_t::replace);
        json["limits"] = report.job->limits;
    }
    return json;
}

Json domain_json(const spaces::Domain& domain) {
    return std::visit(
        spaces::Overloaded{
            [](const spaces::Categorical& categorical) {
                Json choices = Json::array();
                for (const Scalar& choice : categorical.choices)
                    choices.push_back(parnas::to_json(choice));
                return Json{{"type", "categorical"}, {"choices", std::move(choices)}};
            },
            [](const spaces::Integer& integer) {
                return Json{{"type", "integer"},
                            {"low", integer.low},
                            {"high", integer.high},
                            {"log", integer.log}};
            },
            [](const spaces::Real& real) {
                return Json{
                    {"type", "real"}, {"low", real.low}, {"high", real.high}, {"log", real.log}};
            }},
        domain);
}

// Those that some trial has, also of studies whose space is not known.
Json params_json(const std::vector<store::TrialRecord>& trials) {
    Json json = Json::array();
    std::set<std::string, std::less<>> seen;
    for (const store::TrialRecord& trial : trials)
        for (const store::ParamRecord& param : trial.params)
            if (seen.insert(param.name).second) {
                Json entry = {{"name", param.name}};
                entry.update(domain_json(spaces::domain_from_distribution(param.distribution)));
                json.push_back(std::move(entry));
            }
    return json;
}

// What complete trials reached, minimised.
std::map<TrialNumber, Point> points_of(const Report& report) {
    const std::vector<Objective> objectives = objectives_of(report.study.spec);
    std::map<TrialNumber, Point> points;
    for (const store::TrialRecord& trial : report.trials)
        if (trial.state == TrialState::complete && trial.values.size() == objectives.size())
            points[trial.number] = minimised(objectives, trial.values);
    return points;
}

// Measures fronts against the worst values that any complete trial has.
class HypervolumeMeter {
  public:
    explicit HypervolumeMeter(const Report& report) : points_(points_of(report)) {
        std::vector<Point> all;
        for (const auto& [number, point] : points_)
            all.push_back(point);
        if (!all.empty())
            reference_ = worst_point(all);
    }

    Json measure(const std::vector<TrialNumber>& members) const {
        std::vector<Point> front;
        for (const TrialNumber number : members)
            if (const auto found = points_.find(number); found != points_.end())
                front.push_back(found->second);
        return front.empty() ? Json() : Json(hypervolume(front, reference_));
    }

  private:
    std::map<TrialNumber, Point> points_;
    Point reference_;
};

// With the hypervolumes that the store has, else such as can be had quickly.
Json fronts_json(const Report& report) {
    const std::size_t objectives = report.study.spec.metrics.size();
    const bool measured = objectives >= 2 && objectives <= kMaxSwept;
    const HypervolumeMeter meter(report);
    Json json = Json::array();
    for (const store::FrontChange& front : report.fronts) {
        Json entry = {{"version", front.version}, {"time", to_string(front.time)}};
        if (front.hypervolume)
            entry["hypervolume"] = *front.hypervolume;
        else if (measured)
            entry["hypervolume"] = meter.measure(front.members);
        if (front.version == report.fronts.back().version)
            entry["members"] = front.members;
        json.push_back(std::move(entry));
    }
    return json;
}

Json trials_json(const Report& report) {
    Json json = Json::array();
    for (const store::TrialRecord& trial : report.trials) {
        Json entry = trial_json(report.study.spec, trial, Detail::everything);
        add_annotations(store::annotations_of_trial(report.attributes, trial), entry);
        entry["seed"] = std::to_string(trial.seed);  // a script would round it
        json.push_back(std::move(entry));
    }
    return json;
}

Json sessions_json(const std::vector<store::Event>& sessions) {
    Json json = Json::array();
    for (const store::Event& event : sessions)
        json.push_back({{"time", to_string(event.time)}, {"kind", event.kind}});
    return json;
}

// Their figures: settings and attachments may be large.
Json phases_json(const std::vector<store::PhaseRecord>& phases) {
    Json json = Json::array();
    for (const store::PhaseRecord& phase : phases) {
        Json each = phase_json(phase, Detail::everything);
        each.erase("settings");
        each.erase("attachment");
        json.push_back(std::move(each));
    }
    return json;
}

// By both methods, of each objective that they can say something of.
Json importance_of_objectives(const Report& report) {
    Json json = Json::array();
    const store::StudySpec& study = report.study.spec;
    for (std::size_t i = 0; i < study.metrics.size(); ++i) {
        const Observations seen = observe(study, report.trials, study.metrics[i]);
        try {
            json.push_back(importance_json(study.metrics[i], "fanova", seen, fanova(seen, {})));
            json.push_back(importance_json(
                study.metrics[i], "ped_anova", seen, ped_anova(seen, study.directions[i], {})));
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::invalid_input)
                throw;
        }
    }
    return json;
}

}  // namespace

Json report_data(const Report& report, std::string_view version) {
    Json json = {{"parnas", version},
                 {"written", to_string(report.written)},
                 {"study", study_json(report)},
                 {"metrics", metric_names(report.study.spec, report.trials, Detail::everything)},
                 {"params", params_json(report.trials)},
                 {"fronts", fronts_json(report)},
                 {"importance", importance_of_objectives(report)},
                 {"phases", phases_json(report.phases)},
                 {"sessions", sessions_json(report.sessions)},
                 {"notes", report_notes(report)}};
    if (const auto audit = audit_of(report.attributes))
        json["audit"] = audit_json(*audit);
    if (report.network) {
        json["network"] = drawing_data(*report.network->network);
        json["network"]["trial"] = report.network->trial;
    }
    json["trials"] = trials_json(report);
    return json;
}

}  // namespace parnas::search
