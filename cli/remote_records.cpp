// SPDX-License-Identifier: Apache-2.0
#include "cli/remote_records.h"

#include <charconv>
#include <limits>
#include <map>

#include <nlohmann/json.hpp>

#include "api/client/reply.h"
#include "search/trial_codec.h"
#include "spaces/distribution.h"

namespace parnas::cli {
namespace {

using store::StudySpec;
using store::TrialRecord;

// `read` of the text at `key`, whose Error is a fault there; nothing if there is no such key.
template <typename Read>
auto optional_of_text(ObjectReader& reader, const char* key, Read read)
    -> std::optional<decltype(read(std::string()))> {
    const auto text = reader.optional_text(key);
    if (!text)
        return std::nullopt;
    try {
        return read(*text);
    } catch (const Error& error) {
        reader.fault(key, error.what());
        return std::nullopt;
    }
}

std::optional<TimePoint> optional_time(ObjectReader& reader, const char* key) {
    return optional_of_text(reader, key, time_from_rfc3339);
}

TimePoint time_at(ObjectReader& reader, const char* key) {
    reader.need(key);
    return optional_time(reader, key).value_or(TimePoint());
}

std::optional<Digest> optional_digest(ObjectReader& reader, const char* key) {
    return optional_of_text(
        reader, key, [](const std::string& text) { return digest_from_string(text); });
}

std::uint64_t seed_from(const std::string& text) {
    std::uint64_t seed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
    if (error != std::errc() || end != text.data() + text.size())
        throw Error(ErrorKind::invalid_input, "expected an integer below 2^64, got '" + text + "'");
    return seed;
}

// A number, or the text of one that JSON lacks.
std::optional<double> number_from(const Json& json) {
    static const std::map<std::string, double, std::less<>> kSpelled{
        {"NaN", std::numeric_limits<double>::quiet_NaN()},
        {"Infinity", std::numeric_limits<double>::infinity()},
        {"-Infinity", -std::numeric_limits<double>::infinity()}};
    if (json.is_number())
        return json.get<double>();
    if (!json.is_string())
        return std::nullopt;
    const auto found = kSpelled.find(json.get_ref<const std::string&>());
    return found == kSpelled.end() ? std::nullopt : std::optional(found->second);
}

// The object at `key`; an empty one if there is none.
const Json& object_at(ObjectReader& reader, const char* key) {
    static const Json kEmpty = Json::object();
    const Json* json = reader.find(key);
    if (json != nullptr && json->is_object())
        return *json;
    if (json != nullptr)
        reader.fault(key, "expected an object");
    return kEmpty;
}

// The elements of the array at `key`; none if there is no such key.
const Json& array_at(ObjectReader& reader, const char* key) {
    static const Json kEmpty = Json::array();
    const Json* json = reader.find(key);
    if (json != nullptr && json->is_array())
        return *json;
    if (json != nullptr)
        reader.fault(key, "expected an array");
    return kEmpty;
}

Metrics metrics_at(ObjectReader& reader, const char* key) {
    Metrics metrics;
    for (const auto& [name, value] : object_at(reader, key).items()) {
        const auto number = number_from(value);
        if (!number)
            reader.fault(key, "expected numbers");
        metrics[name] = number.value_or(0.0);
    }
    return metrics;
}

std::vector<std::string> texts_at(ObjectReader& reader, const char* key) {
    std::vector<std::string> texts;
    for (const Json& text : array_at(reader, key)) {
        if (text.is_string())
            texts.push_back(text.get<std::string>());
        else
            reader.fault(key, "expected texts");
    }
    return texts;
}

store::Annotations annotations_from(ObjectReader& reader) {
    return {.note = reader.text("note", ""), .tags = texts_at(reader, "tags")};
}

StudySpec spec_from(ObjectReader& reader) {
    StudySpec spec{.name = reader.text("name"), .metrics = {}, .directions = {}, .job = {}};
    reader.need("objectives");
    for (const Json& objective : array_at(reader, "objectives")) {
        ObjectReader of_objective(objective, reader.pointer("objectives"), reader.faults());
        spec.metrics.push_back(of_objective.text("metric"));
        spec.directions.push_back(
            static_cast<Direction>(of_objective.word("direction", {"minimize", "maximize"})));
    }
    if (const Json& job = object_at(reader, "job"); !job.empty())
        spec.job = dump_json(job);
    return spec;
}

// A study that is paused is not over.
store::StudyState state_from(ObjectReader& reader) {
    constexpr std::size_t kPaused = 4;
    const std::size_t word =
        reader.word("state", {"running", "stopped", "complete", "failed", "paused"});
    return word == kPaused ? store::StudyState::running : static_cast<store::StudyState>(word);
}

std::vector<store::ParamRecord> params_from(ObjectReader& reader) {
    std::vector<store::ParamRecord> params;
    for (const auto& [name, value] : object_at(reader, "params").items()) {
        if (value.is_structured()) {
            reader.fault("params", "expected values without parts");
            continue;
        }
        const spaces::Categorical only{.choices = {scalar_from_json(value)}};
        params.push_back({.name = name,
                          .internal = 0.0,
                          .distribution = spaces::to_distribution(spaces::Domain(only))});
    }
    return params;
}

// In the order of the study's objectives.
std::vector<double> values_from(ObjectReader& reader, const StudySpec& study) {
    const Metrics by_metric = metrics_at(reader, "values");
    std::vector<double> values;
    for (const std::string& metric : study.metrics) {
        const auto found = by_metric.find(metric);
        if (found == by_metric.end())
            break;
        values.push_back(found->second);
    }
    return values;
}

std::optional<Failure> failure_from(ObjectReader& reader) {
    const Json* json = reader.find("failure");
    if (json == nullptr)
        return std::nullopt;
    ObjectReader failure(*json, reader.pointer("failure"), reader.faults());
    const std::size_t kind = failure.word(
        "kind", {"infeasible", "diverged", "out_of_memory", "timed_out", "crashed", "cancelled"});
    return Failure{.kind = static_cast<FailureKind>(kind), .reason = failure.text("reason", "")};
}

std::map<std::int64_t, double> reports_from(ObjectReader& reader) {
    std::map<std::int64_t, double> reports;
    for (const Json& each : array_at(reader, "reports")) {
        ObjectReader report(each, reader.pointer("reports"), reader.faults());
        const Json* value = report.need("value");
        const auto number = value == nullptr ? std::nullopt : number_from(*value);
        if (!number)
            report.fault("value", "expected a number");
        reports[report.integer("step")] = number.value_or(0.0);
    }
    return reports;
}

std::optional<std::vector<RemoteWorker::Lease>> leases_from(ObjectReader& reader) {
    if (reader.find("leases") == nullptr)
        return std::nullopt;
    std::vector<RemoteWorker::Lease> leases;
    for (const Json& each : array_at(reader, "leases")) {
        ObjectReader lease(each, reader.pointer("leases"), reader.faults());
        leases.push_back({.lease = lease.text("lease"),
                          .study = lease.text("study"),
                          .trial = lease.integer("trial", {.low = 0}),
                          .attempt = lease.integer("attempt", {.low = 1})});
    }
    return leases;
}

TrialRecord trial_from(ObjectReader& reader, const StudySpec& study) {
    TrialRecord trial{.number = reader.integer("number", {.low = 0}),
                      .state = static_cast<TrialState>(reader.word(
                          "state", {"waiting", "running", "complete", "pruned", "fail"})),
                      .params = params_from(reader),
                      .stage = static_cast<Stage>(reader.word("stage", {"search", "finalist"})),
                      .fidelity = reader.real("fidelity", {.low = 0.0, .high = 1.0}),
                      .seed = optional_of_text(reader, "seed", seed_from).value_or(0),
                      .attempt = reader.integer("attempt", {.low = 0}),
                      .warm_start = optional_digest(reader, "warm_start"),
                      .values = values_from(reader, study),
                      .metrics = metrics_at(reader, "metrics"),
                      .failure = failure_from(reader),
                      .cost = Seconds(reader.real("cost_s", 0.0)),
                      .reused_from = reader.optional_integer("reused_from"),
                      .architecture = optional_digest(reader, "architecture"),
                      .weights = optional_digest(reader, "weights"),
                      .reports = reports_from(reader),
                      .started = optional_time(reader, "started"),
                      .finished = optional_time(reader, "finished")};
    trial.id = trial.number + 1;
    if (const Json& genotype = array_at(reader, "genotype"); !genotype.empty())
        trial.genotype = dump_json(genotype);
    for (const auto& [key, value] : object_at(reader, "attributes").items())
        trial.user_attributes[key] = dump_json(value);
    if (const Json& pruned = object_at(reader, "pruned"); !pruned.empty())
        trial.system_attributes[std::string(search::kPruned)] = dump_json(pruned);
    return trial;
}

}  // namespace

TimePoint time_from_rfc3339(const std::string& text) {
    constexpr std::size_t kDate = std::string_view("2026-11-21").size();
    constexpr std::size_t kWhole = std::string_view("2026-11-21T00:10:43.206Z").size();
    if (text.size() != kWhole || text[kDate] != 'T' || text.back() != 'Z')
        throw Error(ErrorKind::invalid_input,
                    "expected a time like 2026-11-21T00:10:43.206Z, got '" + text + "'");
    std::string stored = text.substr(0, kWhole - 1) + "000";
    stored[kDate] = ' ';
    return time_from_string(stored);
}

std::string to_rfc3339(TimePoint time) {
    constexpr std::string_view kWhole = "2026-11-21T00:10:43.206";
    std::string text = parnas::to_string(time).substr(0, kWhole.size()) + 'Z';
    text[kWhole.find('T')] = 'T';
    return text;
}

RemoteStudy read_remote_study(const Json& json, const std::string& path) {
    return client::read_reply(json, path, [](ObjectReader& reader) {
        RemoteStudy study{.record = {.id = StudyId(reader.integer("id", {.low = 1})),
                                     .spec = spec_from(reader),
                                     .state = state_from(reader),
                                     .state_reason = reader.text("state_reason", ""),
                                     .created = time_at(reader, "created")},
                          .annotations = annotations_from(reader),
                          .workers = reader.integer("workers", 0)};
        const Json& counts = object_at(reader, "counts");
        ObjectReader of_counts(counts, reader.pointer("counts"), reader.faults());
        study.record.trials = of_counts.integer("trials", {.low = 0});
        return study;
    });
}

RemoteTrial read_remote_trial(const Json& json, const StudySpec& study, const std::string& path) {
    return client::read_reply(json, path, [&](ObjectReader& reader) {
        return RemoteTrial{.record = trial_from(reader, study),
                           .annotations = annotations_from(reader)};
    });
}

RemoteEvent read_remote_event(const Json& json, const std::string& path) {
    return client::read_reply(json, path, [](ObjectReader& reader) {
        const Json* body = reader.need("body");
        return RemoteEvent{.study = reader.text("study"),
                           .event = {.seq = reader.integer("seq", {.low = 1}),
                                     .time = time_at(reader, "time"),
                                     .kind = reader.text("kind"),
                                     .body = body == nullptr ? "" : dump_json(*body)}};
    });
}

SubmittedJob read_remote_job(const Json& json, const std::string& path) {
    return client::read_reply(json, path, [](ObjectReader& reader) {
        SubmittedJob job{.id = reader.text("id"),
                         .study = reader.text("study"),
                         .state = reader.text("state"),
                         .reason = reader.text("reason", ""),
                         .submitted = time_at(reader, "submitted"),
                         .started = optional_time(reader, "started"),
                         .ended = optional_time(reader, "ended")};
        const Json& progress = object_at(reader, "progress");
        ObjectReader of_progress(progress, reader.pointer("progress"), reader.faults());
        job.done = of_progress.integer("done", 0);
        job.total = of_progress.optional_integer("total");
        return job;
    });
}

store::TokenRecord read_remote_token(const Json& json, const std::string& path) {
    return client::read_reply(json, path, [](ObjectReader& reader) {
        return store::TokenRecord{.id = reader.text("id"),
                                  .name = reader.text("name"),
                                  .scopes = texts_at(reader, "scopes"),
                                  .projects = texts_at(reader, "projects"),
                                  .study = reader.optional_text("study"),
                                  .created = time_at(reader, "created"),
                                  .expires = optional_time(reader, "expires"),
                                  .revoked = optional_time(reader, "revoked")};
    });
}

RemoteWorker read_remote_worker(const Json& json, const std::string& path) {
    return client::read_reply(json, path, [](ObjectReader& reader) {
        return RemoteWorker{.record = {.id = reader.text("id"),
                                       .name = reader.text("name"),
                                       .host = reader.text("host", ""),
                                       .pid = reader.integer("pid", 0),
                                       .target = reader.text("target", ""),
                                       .version = reader.text("version", ""),
                                       .draining = reader.boolean("draining", false),
                                       .registered = time_at(reader, "registered"),
                                       .last_seen = time_at(reader, "last_seen"),
                                       .revision = reader.integer("revision", 0)},
                            .state = reader.text("state"),
                            .leases = leases_from(reader)};
    });
}

}  // namespace parnas::cli
