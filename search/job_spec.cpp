// SPDX-License-Identifier: Apache-2.0
#include "search/job_spec.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/object_reader.h"
#include "search/presets.h"

namespace parnas::search {
namespace {

constexpr std::int64_t kMaxFinalists = 1000;
constexpr std::int64_t kMaxLag = 100'000;

// The object `key` as text for a later reader; empty after a fault.
std::string part(ObjectReader& job, std::string_view key) {
    const Json* json = job.need(key);
    return json == nullptr ? std::string() : dump_json(*json);
}

std::optional<std::string> optional_part(ObjectReader& job, std::string_view key) {
    return job.has(key) ? std::optional(part(job, key)) : std::nullopt;
}

Direction read_direction(ObjectReader& objective, std::string_view key) {
    const std::size_t word = objective.word(key, {"minimize", "maximize"});
    return word == 0 ? Direction::minimize : Direction::maximize;
}

std::vector<Objective> read_objective_list(const Json& json, ObjectReader& job) {
    std::vector<Objective> objectives;
    for (std::size_t i = 0; i < json.size(); ++i) {
        ObjectReader entry(json[i], pointer_to(job.pointer("objectives"), i), job.faults());
        Objective objective{.metric = entry.text("metric")};
        objective.direction = read_direction(entry, "direction");
        objectives.push_back(std::move(objective));
        entry.finish();
    }
    return objectives;
}

std::vector<Objective> read_objectives(ObjectReader& job) {
    const Json* json = job.need("objectives");
    if (json == nullptr)
        return {};
    std::vector<Objective> objectives;
    if (json->is_array()) {
        objectives = read_objective_list(*json, job);
    } else {
        ObjectReader reader(*json, job.pointer("objectives"), job.faults());
        if (json->is_object())
            for (const auto& [metric, direction] : json->items())
                objectives.push_back(
                    {.metric = metric, .direction = read_direction(reader, metric)});
    }
    std::set<std::string> metrics;
    for (const Objective& objective : objectives)
        if (!metrics.insert(objective.metric).second)
            job.fault("objectives", fmt::format("'{}' is named twice", objective.metric));
    if (json->is_structured() && objectives.empty())
        job.fault("objectives", "at least one objective is needed, like {accuracy: maximize}");
    return objectives;
}

Limits read_limits(ObjectReader& job) {
    Limits limits;
    const Json* json = job.find("limits");
    if (json == nullptr)
        return limits;
    ObjectReader reader(*json, job.pointer("limits"), job.faults());
    if (json->is_object())
        for (const auto& [metric, value] : json->items())
            limits[metric] = reader.real(metric);
    return limits;
}

// The job's own limits come first.
void add_preset(ObjectReader& job, const std::string& preset, Limits& limits) {
    try {
        const Limits& added = find_preset(preset).limits;
        limits.insert(added.begin(), added.end());
    } catch (const Error& error) {
        job.fault("preset", error.what());
    }
}

std::optional<std::vector<double>> read_reference(ObjectReader& job,
                                                  const std::vector<Objective>& objectives) {
    const Json* json = job.find("hypervolume_reference");
    if (json == nullptr)
        return std::nullopt;
    ObjectReader reader(*json, job.pointer("hypervolume_reference"), job.faults());
    std::vector<double> reference;
    for (const Objective& objective : objectives)
        reference.push_back(reader.real(objective.metric));
    reader.finish();
    return reference;
}

std::optional<int> read_lag(ObjectReader& job) {
    const Json* json = job.find("lag");
    if (json == nullptr)
        return JobSpec{}.lag;
    if (json->is_string() && json->get<std::string>() == "none")
        return std::nullopt;
    return static_cast<int>(job.integer("lag", {.low = 1, .high = kMaxLag}));
}

std::optional<Reuse> read_reuse(ObjectReader& job) {
    if (!job.has("reuse"))
        return std::nullopt;
    return static_cast<Reuse>(job.word("reuse", {"none", "genotype", "architecture"}));
}

void read_finalists(ObjectReader& job, JobSpec& spec) {
    const Json* json = job.find("finalists");
    if (json == nullptr)
        return;
    if (json->is_number()) {
        spec.finalists =
            static_cast<int>(job.integer("finalists", {.low = 0, .high = kMaxFinalists}));
        return;
    }
    ObjectReader reader(*json, job.pointer("finalists"), job.faults());
    spec.finalists = static_cast<int>(reader.integer("count", {.low = 0, .high = kMaxFinalists}));
    spec.finalists_from = FinalistStart(reader.word("from", {"scratch", "inherited"}, "scratch"));
    spec.finalists_choice = FinalistChoice(reader.word("choose", {"best", "spread"}, "best"));
    reader.finish();
}

Json finalists_to_json(const JobSpec& job) {
    Json json{{"count", job.finalists}};
    if (job.finalists_from != FinalistStart::scratch)
        json["from"] = to_string(job.finalists_from);
    if (job.finalists_choice != FinalistChoice::best)
        json["choose"] = to_string(job.finalists_choice);
    return json.size() == 1 ? Json(job.finalists) : json;
}

void check_cores(const JobSpec& job, int cores, ObjectReader& reader) {
    const int workers = job.workers.value_or(1);
    if (workers * job.threads > cores)
        reader.fault(job.workers ? "workers" : "threads",
                     fmt::format("{} worker{} with {} thread{} each are more than the {} core{}",
                                 workers,
                                 workers == 1 ? "" : "s",
                                 job.threads,
                                 job.threads == 1 ? "" : "s",
                                 cores,
                                 cores == 1 ? "" : "s"));
    if (job.phase_threads.value_or(1) > cores)
        reader.fault("phase_threads",
                     fmt::format("{} threads are more than the {} core{}",
                                 *job.phase_threads,
                                 cores,
                                 cores == 1 ? "" : "s"));
    if (job.lag && workers > *job.lag)
        reader.fault("lag",
                     fmt::format("at most {} trials run at a time, so some of the {} workers would "
                                 "always be idle; expected a lag of at least {}",
                                 *job.lag,
                                 workers,
                                 workers));
}

std::filesystem::path to_absolute(const std::filesystem::path& path) {
    const std::filesystem::path plain = std::filesystem::absolute(path).lexically_normal();
    return plain.has_filename() ? plain : plain.parent_path();  // without a slash at the end
}

Json limits_to_json(const Limits& limits) {
    Json json = Json::object();
    for (const auto& [metric, limit] : limits)
        json[metric] = limit;
    return json;
}

Json objectives_to_json(const std::vector<Objective>& objectives) {
    Json json = Json::object();
    for (const Objective& objective : objectives)
        json[objective.metric] = to_string(objective.direction);
    return json;
}

Json part_to_json(const std::string& text) {
    return parse_json(text, "job");
}

}  // namespace

std::string_view to_string(Reuse reuse) {
    switch (reuse) {
        case Reuse::none:
            return "none";
        case Reuse::genotype:
            return "genotype";
        case Reuse::architecture:
            break;
    }
    return "architecture";
}

std::string_view to_string(KeepWeights keep) {
    switch (keep) {
        case KeepWeights::front:
            return "front";
        case KeepWeights::all:
            return "all";
        case KeepWeights::none:
            break;
    }
    return "none";
}

std::string_view to_string(FinalistStart start) {
    return start == FinalistStart::scratch ? "scratch" : "inherited";
}

std::string_view to_string(FinalistChoice choice) {
    return choice == FinalistChoice::best ? "best" : "spread";
}

JobSpec read_job(const Json& json, const std::filesystem::path& base, int cores, Faults& faults) {
    ObjectReader reader(json, "", faults);
    JobSpec job;
    job.name = reader.text("name");
    if (job.name.size() > 512 || (reader.has("name") && job.name.empty()))
        reader.fault("name", "expected 1 to 512 characters");
    job.base = to_absolute(base / reader.text("base", "."));
    job.space = part(reader, "space");
    job.evaluator = part(reader, "evaluator");
    job.target = optional_part(reader, "target");
    job.strategy = optional_part(reader, "strategy");
    job.pruner = optional_part(reader, "pruner");
    job.stop_when = optional_part(reader, "stop_when");
    job.objectives = read_objectives(reader);
    job.limits = read_limits(reader);
    job.preset = reader.optional_text("preset");
    if (job.preset)
        add_preset(reader, *job.preset, job.limits);
    job.confidence = reader.optional_real("confidence", {.low = 0.5, .high = 0.9999});
    job.hypervolume_reference = read_reference(reader, job.objectives);
    job.budget = read_budget(reader);
    job.leases = read_lease_terms(reader);
    if (const auto workers = reader.optional_integer("workers", {.low = 1, .high = 4096}))
        job.workers = static_cast<int>(*workers);
    job.threads = static_cast<int>(reader.integer("threads", 1, {.low = 1, .high = 4096}));
    if (const auto threads = reader.optional_integer("phase_threads", {.low = 1, .high = 4096}))
        job.phase_threads = static_cast<int>(*threads);
    job.lag = read_lag(reader);
    job.reuse = read_reuse(reader);
    job.keep_weights =
        static_cast<KeepWeights>(reader.word("keep_weights", {"front", "all", "none"}, "front"));
    job.seed = static_cast<std::uint64_t>(reader.integer("seed", 0, {.low = 0}));
    read_finalists(reader, job);
    job.audit = read_audit_options(reader);
    job.initial = read_initial_points(reader);
    job.known = read_known_results(reader);
    job.warm_start = read_warm_start(reader);
    if (const auto store = reader.optional_text("store"))
        job.store = to_absolute(job.base / *store);
    if (faults.empty())  // else it would compare stand-ins
        check_cores(job, cores, reader);
    reader.finish();
    return job;
}

std::string to_job_document(const JobSpec& job) {
    Json json = {{"name", job.name},
                 {"base", job.base.string()},
                 {"space", part_to_json(job.space)},
                 {"evaluator", part_to_json(job.evaluator)}};
    if (job.target)
        json["target"] = part_to_json(*job.target);
    if (job.strategy)
        json["strategy"] = part_to_json(*job.strategy);
    if (job.pruner)
        json["pruner"] = part_to_json(*job.pruner);
    if (job.stop_when)
        json["stop_when"] = part_to_json(*job.stop_when);
    json["objectives"] = objectives_to_json(job.objectives);
    if (job.preset)
        json["preset"] = *job.preset;
    if (!job.limits.empty())
        json["limits"] = limits_to_json(job.limits);
    if (job.confidence)
        json["confidence"] = *job.confidence;
    if (job.hypervolume_reference)
        for (std::size_t i = 0; i < job.objectives.size(); ++i)
            json["hypervolume_reference"][job.objectives[i].metric] =
                (*job.hypervolume_reference)[i];
    json["budget"] = budget_json(job.budget);
    add_lease_terms(job.leases, json);
    if (job.workers)
        json["workers"] = *job.workers;
    json["threads"] = job.threads;
    if (job.phase_threads)
        json["phase_threads"] = *job.phase_threads;
    json["lag"] = job.lag ? Json(*job.lag) : Json("none");
    if (job.reuse)
        json["reuse"] = to_string(*job.reuse);
    json["keep_weights"] = to_string(job.keep_weights);
    json["seed"] = job.seed;
    json["finalists"] = finalists_to_json(job);
    if (job.audit != JobSpec{}.audit)
        json["audit"] = audit_options_json(job.audit);
    if (!job.initial.empty())
        json["initial"] = initial_points_json(job.initial);
    if (!job.known.empty())
        json["known"] = known_results_json(job.known);
    if (job.warm_start)
        json["warm_start"] = warm_start_json(*job.warm_start);
    if (job.store)
        json["store"] = job.store->string();
    return dump_json(json);
}

int worker_count(const JobSpec& job, int cores) {
    if (job.workers)
        return *job.workers;
    const int fit = std::max(1, cores / job.threads);
    return job.lag ? std::min(fit, *job.lag) : fit;
}

int phase_thread_count(const JobSpec& job, int workers) {
    return job.phase_threads.value_or(workers * job.threads);
}

}  // namespace parnas::search
