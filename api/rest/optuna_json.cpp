// SPDX-License-Identifier: Apache-2.0
#include "api/rest/optuna_json.h"

#include <cmath>
#include <unordered_map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/http/problem.h"
#include "api/rest/results.h"
#include "api/rest/times.h"

namespace parnas::rest {
namespace {

// Optuna's words, in lower case as everywhere in this interface: those of to_string(TrialState).
std::string json_quoted(std::string_view text) {
    return Json(std::string(text)).dump();
}

void append_number(std::string& text, double number) {
    if (std::isfinite(number))
        fmt::format_to(std::back_inserter(text), "{}", number);
    else
        text += std::isnan(number) ? "\"NaN\"" : (number < 0 ? "\"-Infinity\"" : "\"Infinity\"");
}

void append_time(std::string& text, const char* name, const std::optional<TimePoint>& time) {
    fmt::format_to(
        std::back_inserter(text), ",\"{}\":{}", name, time ? '"' + to_string(*time) + '"' : "null");
}

void append_attributes(std::string& text, const char* name, const store::Attributes& attributes) {
    fmt::format_to(std::back_inserter(text), ",\"{}\":{{", name);
    bool first = true;
    for (const auto& [key, value] : attributes) {
        if (key == service::kOptunaLease)
            continue;
        text += first ? "" : ",";
        first = false;
        text += json_quoted(key) + ':' + json_quoted(value);
    }
    text += '}';
}

// Distributions that were met, in order, with their places.
struct Distributions {
    std::unordered_map<std::string_view, std::size_t> places;
    std::string text;

    std::size_t place_of(const std::string& distribution) {
        const auto [found, is_new] = places.emplace(distribution, places.size());
        if (is_new)
            text += (text.empty() ? "" : ",") + json_quoted(distribution);
        return found->second;
    }
};

void append_trial(std::string& text,
                  const store::OptunaTrial& trial,
                  Distributions& distributions) {
    fmt::format_to(std::back_inserter(text),
                   R"({{"trial_id":{},"study_id":{},"number":{},"state":"{}")",
                   static_cast<std::int64_t>(trial.id),
                   static_cast<std::int64_t>(trial.study),
                   trial.number,
                   to_string(trial.state));
    append_time(text, "datetime_start", trial.started);
    append_time(text, "datetime_complete", trial.finished);
    text += ",\"values\":[";
    for (std::size_t i = 0; i < trial.values.size(); ++i) {
        text += i > 0 ? "," : "";
        append_number(text, trial.values[i]);
    }
    text += "],\"params\":{";
    bool first = true;
    for (const store::ParamRecord& param : trial.params) {
        text += (first ? "" : ",") + json_quoted(param.name) + ":[";
        first = false;
        append_number(text, param.internal);
        fmt::format_to(
            std::back_inserter(text), ",{}]", distributions.place_of(param.distribution));
    }
    text += "},\"intermediate_values\":{";
    first = true;
    for (const auto& [step, value] : trial.reports) {
        fmt::format_to(std::back_inserter(text), "{}\"{}\":", first ? "" : ",", step);
        first = false;
        append_number(text, value);
    }
    text += '}';
    append_attributes(text, "user_attrs", trial.user_attributes);
    append_attributes(text, "system_attrs", trial.system_attributes);
    text += '}';
}

Json attributes_json(const store::Attributes& attributes) {
    Json json = Json::object();
    for (const auto& [key, value] : attributes)
        json[key] = value;
    return json;
}

[[noreturn]] void refuse_member(const std::string& pointer, const std::string& message) {
    throw http::HttpError(http::Problem{
        .status = 422, .detail = "the request has faults", .errors = {{pointer, message}}});
}

// An object that may be left out.
const Json& object_in(const Json& body, const char* member) {
    static const Json kNothing = Json::object();
    const auto found = body.find(member);
    return found == body.end() ? kNothing : *found;
}

std::int64_t step_of(const std::string& text, const std::string& pointer) {
    std::size_t used = 0;
    try {
        const std::int64_t step = std::stoll(text, &used);
        if (used == text.size())
            return step;
    } catch (const std::exception&) {
        // It is refused below.
    }
    refuse_member(pointer, fmt::format("expected a whole number for a step, got '{}'", text));
}

std::vector<double> values_in(const Json& json) {
    std::vector<double> values;
    for (const Json& value : json)
        values.push_back(read_number(value));
    return values;
}

std::vector<store::ParamRecord> params_in(const Json& body) {
    std::vector<store::ParamRecord> params;
    for (const auto& [name, param] : object_in(body, "params").items())
        params.push_back({.name = name,
                          .internal = read_number(param["value"]),
                          .distribution = param["distribution"].get<std::string>()});
    return params;
}

store::Attributes attributes_in(const Json& body, const char* member) {
    store::Attributes attributes;
    for (const auto& [key, value] : object_in(body, member).items())
        attributes.emplace(key, value.get<std::string>());
    return attributes;
}

std::optional<TimePoint> time_in(const Json& json, const char* member) {
    const auto found = json.find(member);
    if (found == json.end() || found->is_null())
        return std::nullopt;
    try {
        return time_from_string(found->get<std::string>());
    } catch (const Error& error) {
        refuse_member(std::string("/template/") + member, error.what());
    }
}

}  // namespace

Json to_json(const store::OptunaStudy& study) {
    Json directions = Json::array();
    for (const Direction direction : study.directions)
        directions.push_back(to_string(direction));
    return {{"study_id", static_cast<std::int64_t>(study.id)},
            {"study_name", study.name},
            {"directions", std::move(directions)},
            {"user_attrs", attributes_json(study.attributes.user)},
            {"system_attrs", attributes_json(study.attributes.system)}};
}

std::string trials_text(std::span<const store::SharedTrial> trials) {
    std::string text = "{\"trials\":[";
    Distributions distributions;
    for (std::size_t i = 0; i < trials.size(); ++i) {
        text += i > 0 ? "," : "";
        append_trial(text, *trials[i], distributions);
    }
    return text + "],\"distributions\":[" + distributions.text + "]}";
}

std::optional<service::OptunaOwner> owner_in(const Json& body) {
    const auto found = body.find("lease");
    if (found == body.end())
        return std::nullopt;
    return service::OptunaOwner{.client = (*found)["client"].get<std::string>(),
                                .request = (*found)["request"].get<std::string>()};
}

store::OptunaTrial template_in(const Json& json) {
    store::OptunaTrial trial{.state = trial_state_from_string(json["state"].get<std::string>()),
                             .values = values_in(json.value("values", Json::array())),
                             .params = params_in(json),
                             .user_attributes = attributes_in(json, "user_attrs"),
                             .system_attributes = attributes_in(json, "system_attrs"),
                             .started = time_in(json, "datetime_start"),
                             .finished = time_in(json, "datetime_complete")};
    for (const auto& [step, value] : object_in(json, "intermediate_values").items())
        trial.reports.emplace(step_of(step, "/template/intermediate_values"), read_number(value));
    return trial;
}

std::vector<store::OptunaChange> changes_in(const Json& body, store::TrialId trial) {
    std::vector<store::OptunaChange> changes;
    // A WAITING trial is popped first, and one that ends does so last.
    const std::string state = body.value("state", "");
    const auto set_state = [&] {
        changes.emplace_back(
            store::StateSet{.trial = trial,
                            .state = trial_state_from_string(state),
                            .values = values_in(body.value("values", Json::array()))});
    };
    if (state == "running")
        set_state();
    for (store::ParamRecord& param : params_in(body))
        changes.emplace_back(store::ParamSet{.trial = trial, .param = std::move(param)});
    for (const auto& [step, value] : object_in(body, "intermediate_values").items())
        changes.emplace_back(store::ReportSet{.trial = trial,
                                              .step = step_of(step, "/intermediate_values"),
                                              .value = read_number(value)});
    for (const auto& [kind, member] : {std::pair(store::AttributeKind::user, "user_attrs"),
                                       std::pair(store::AttributeKind::system, "system_attrs")})
        for (auto& [key, value] : attributes_in(body, member))
            changes.emplace_back(
                store::TrialAttributeSet{.trial = trial, .kind = kind, .key = key, .value = value});
    if (!state.empty() && state != "running")
        set_state();
    return changes;
}

std::vector<store::OptunaChange> changes_in(const Json& body, StudyId study) {
    std::vector<store::OptunaChange> changes;
    for (const auto& [kind, member] : {std::pair(store::AttributeKind::user, "user_attrs"),
                                       std::pair(store::AttributeKind::system, "system_attrs")})
        for (auto& [key, value] : attributes_in(body, member))
            changes.emplace_back(
                store::StudyAttributeSet{.study = study, .kind = kind, .key = key, .value = value});
    return changes;
}

std::vector<store::TrialId> trial_ids_in(const Json& body, const char* member) {
    std::vector<store::TrialId> ids;
    for (const Json& id : body.value(member, Json::array()))
        ids.push_back(static_cast<store::TrialId>(id.get<std::int64_t>()));
    return ids;
}

}  // namespace parnas::rest
