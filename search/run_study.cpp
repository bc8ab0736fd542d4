// SPDX-License-Identifier: Apache-2.0
#include "search/run_study.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "search/initial_strategy.h"
#include "search/local_workers.h"
#include "search/presets.h"
#include "search/screen.h"
#include "search/strategy_factory.h"
#include "search/study_target.h"
#include "search/target_metrics.h"

namespace parnas::search {
namespace {

// What a part says is wrong with itself, under the part's pointer.
void add_faults(const std::string& pointer, const Error& error, Faults& faults) {
    for (const Fault& fault : error.faults())
        faults.add(pointer,
                   fault.where.empty() ? fault.message : fault.where + ": " + fault.message);
}

// Calls `make`; an Error becomes faults at `pointer`.
template <typename Make>
auto attempt(const std::string& pointer, Faults& faults, const Make& make) -> decltype(make()) {
    try {
        return make();
    } catch (const Error& error) {
        add_faults(pointer, error, faults);
        return {};
    }
}

template <typename Factory>
auto make_part(const Registry<Factory>& registry,
               std::string_view type_key,
               ObjectReader& options,
               const std::filesystem::path& base,
               const std::string& pointer) -> decltype(registry.find("")(options, base)) {
    const std::string type = options.text(type_key);
    if (type.empty())
        return nullptr;
    return attempt(pointer, options.faults(), [&] {
        auto made = registry.find(type)(options, base);
        options.finish();
        return made;
    });
}

std::unique_ptr<evaluators::Evaluator> make_evaluator(const JobSpec& job,
                                                      const Registries& registries,
                                                      Faults& faults) {
    const Json json = parse_json(job.evaluator, "/evaluator");
    ObjectReader options(json, "/evaluator", faults);
    return make_part(registries.evaluators, "type", options, job.base, "/evaluator");
}

SamplerSetup sampler_setup(const JobSpec& job, const spaces::SearchSpace& space) {
    return {.space = space,
            .objectives = job.objectives.size(),
            .seed = job.seed,
            .limits = job.limits,
            .goals = job.objectives};
}

bool tells(const std::optional<WarmStart>& warm_start) {
    return warm_start && warm_start->tell > 0;
}

// The job's strategy, made once to hear its faults.
StrategyFactory find_strategy(const JobSpec& job,
                              const spaces::SearchSpace& space,
                              const evaluators::Evaluator& evaluator,
                              const Registries& registries,
                              Faults& faults) {
    const Json json = parse_json(*job.strategy, "/strategy");
    ObjectReader options(json, "/strategy", faults);
    const StrategyFactory factory = [strategies = registries.strategies](
                                        ObjectReader& reader, const SamplerSetup& setup) {
        return make_strategy(strategies, reader, setup);
    };
    return attempt("/strategy", faults, [&] {
        const auto strategy = factory(options, sampler_setup(job, space));
        options.finish();
        if (strategy && strategy->has_phases() && !evaluator.make_phase_runner())
            faults.add(
                "/strategy",
                fmt::format("'{}' has phases, in which weights are shared or networks scored "
                            "before training; the evaluator '{}' runs none: expected one "
                            "that trains networks itself",
                            json.value("type", ""),
                            parse_json(job.evaluator, "/evaluator").value("type", "")));
        if (strategy && strategy->has_phases() && (!job.known.empty() || tells(job.warm_start)))
            faults.add(job.known.empty() ? "/warm_start/tell" : "/known",
                       fmt::format("'{}' shares weights or scores networks: what others gave is no "
                                   "match for its results; warm_start without `tell` tries their "
                                   "points first",
                                   json.value("type", "")));
        return factory;
    });
}

std::unique_ptr<Pruner> make_pruner(const JobSpec& job,
                                    const Registries& registries,
                                    Faults& faults) {
    if (!job.pruner)
        return nullptr;
    if (job.objectives.size() > 1) {
        faults.add("/pruner",
                   fmt::format("a pruner takes one objective, the job has {}: judged by {} alone, "
                               "trials would be stopped that are better in {}; make limits of the "
                               "others",
                               job.objectives.size(),
                               job.objectives[0].metric,
                               job.objectives[1].metric));
        return nullptr;
    }
    const Json json = parse_json(*job.pruner, "/pruner");
    ObjectReader options(json, "/pruner", faults);
    const std::string type = options.text("type");
    if (type.empty())
        return nullptr;
    return attempt("/pruner", faults, [&] {
        auto pruner = registries.pruners.find(type)(options, job.objectives[0]);
        options.finish();
        return pruner;
    });
}

TerminatorSetup terminator_setup(const JobSpec& job, const spaces::SearchSpace& space) {
    return {.space = space,
            .objectives = job.objectives,
            .hypervolume_reference = job.hypervolume_reference,
            .seed = job.seed};
}

// The job's terminator, made once to hear its faults.
TerminatorFactory find_terminator(const JobSpec& job,
                                  const spaces::SearchSpace& space,
                                  const Registries& registries,
                                  Faults& faults) {
    if (!job.stop_when)
        return {};
    const Json json = parse_json(*job.stop_when, "/stop_when");
    ObjectReader options(json, "/stop_when", faults);
    const std::string type = options.text("type");
    if (type.empty())
        return {};
    return attempt("/stop_when", faults, [&] {
        TerminatorFactory factory = registries.terminators.find(type);
        (void)factory(options, terminator_setup(job, space));
        options.finish();
        return factory;
    });
}

// In the state in which it was told nothing; null without one.
std::unique_ptr<Terminator> make_terminator(const PreparedStudy& study) {
    if (!study.terminator)
        return nullptr;
    const Json json = parse_json(study.job.stop_when.value(), "/stop_when");
    Faults faults;
    ObjectReader options(json, "/stop_when", faults);
    return study.terminator(options, terminator_setup(study.job, *study.space));
}

void check_metric(const std::string& pointer,
                  const std::string& metric,
                  const std::set<std::string>& available,
                  Faults& faults) {
    if (available.contains(metric))
        return;
    const bool needs_target = std::ranges::find(kTargetMetrics, metric) != kTargetMetrics.end();
    faults.add(pointer,
               needs_target ? fmt::format("nobody gives {}: add a target that predicts it", metric)
                            : fmt::format("no metric is named '{}'; there are: {}",
                                          metric,
                                          fmt::join(available, ", ")));
}

// Or nothing would be gained by measuring it.
void check_gives_no_latency(const evaluators::Evaluator& evaluator, Faults& faults) {
    const std::vector<std::string> metrics = evaluator.metrics();
    if (std::ranges::find(metrics, "latency_ms") != metrics.end())
        faults.add("/target/measure",
                   "the evaluator gives latency_ms itself: expected one that does not, or no "
                   "`measure`");
}

// What results depend on of the target; empty without one.
std::string target_fingerprint(const PreparedStudy& study) {
    if (!study.model)
        return {};
    return study.measurer ? fmt::format("{}, measured by {}",
                                        study.model->fingerprint(),
                                        study.measurer->fingerprint())
                          : study.model->fingerprint();
}

// Where the job says so: a preset's limits are not in the document.
std::string place_of_limit(const JobSpec& job, const std::string& metric, double limit) {
    if (job.preset) {
        const Limits& limits = find_preset(*job.preset).limits;
        const auto found = limits.find(metric);
        if (found != limits.end() && found->second == limit)
            return "/preset";
    }
    return pointer_to("/limits", metric);
}

void check_metrics(const PreparedStudy& study, const Metrics& predicted, Faults& faults) {
    std::set<std::string> available;
    for (const auto& [metric, value] : predicted)
        available.insert(metric);
    for (const std::string& metric : study.evaluator->metrics())
        available.insert(metric);
    for (const Objective& objective : study.job.objectives)
        check_metric("/objectives", objective.metric, available, faults);
    for (const auto& [metric, limit] : study.job.limits)
        check_metric(place_of_limit(study.job, metric, limit), metric, available, faults);
}

// A candidate that the target can run, for its metrics; of a space without one that was found,
// the last that was drawn, with the reason.
Screened probe_space(Screen& screen,
                     const spaces::SearchSpace& space,
                     Rng& rng,
                     const std::stop_token& stop) {
    constexpr int kDraws = 100;
    Screened probe;
    for (int i = 0; i < kDraws; ++i) {
        probe = screen.look(spaces::sample_feasible(space, rng), stop);
        // Who does not decode one candidate is not asked for a hundred.
        if (!probe.failure || probe.failure->kind == FailureKind::crashed)
            return probe;
    }
    probe.failure->reason =
        fmt::format("none of {} drawn candidates can run, the last one because: {}",
                    kDraws,
                    probe.failure->reason);
    return probe;
}

}  // namespace

PreparedStudy prepare_study(JobSpec job,
                            const Registries& registries,
                            const SpaceLoader& load_space,
                            const std::stop_token& stop) {
    Faults faults;
    PreparedStudy study;
    study.space = attempt(
        "/space", faults, [&] { return load_space(parse_json(job.space, "/space"), job.base); });
    study.evaluator = make_evaluator(job, registries, faults);
    StudyTarget target = make_study_target(job, registries, faults);
    study.model = std::move(target.model);
    study.measurer = std::move(target.measurer);
    study.pruner = make_pruner(job, registries, faults);
    if (study.space && study.evaluator)
        study.evaluator->check_space(*study.space, faults);
    if (study.space) {
        check_initial_points(job.initial, *study.space, faults);
        check_known_results(job.known, *study.space, job.objectives, faults);
    }
    if (study.measurer && study.evaluator)
        check_gives_no_latency(*study.evaluator, faults);
    if (job.confidence && !job.target)
        faults.add("/confidence",
                   "the limits are to hold with a confidence, but there is no target that "
                   "predicts a latency with its interval");
    faults.throw_if_any();

    Rng rng = Rng(job.seed).fork("probe");
    study.facts = std::make_shared<GenotypeFacts>(*study.space);
    Screen screen({.space = *study.space,
                   .facts = *study.facts,
                   .model = study.model.get(),
                   .confidence = job.confidence});
    const Screened probe = probe_space(screen, *study.space, rng, stop);
    if (probe.failure)
        faults.add(probe.failure->kind == FailureKind::crashed ? "/space" : "/target",
                   probe.failure->reason);
    const bool has_network = probe.facts->architecture.has_value();
    if (!job.strategy)
        job.strategy = R"({"type":"auto"})";
    if (!job.reuse)
        job.reuse = has_network ? Reuse::architecture : Reuse::genotype;
    job.space = study.space->document();
    study.job = std::move(job);
    study.strategy = find_strategy(study.job, *study.space, *study.evaluator, registries, faults);
    study.terminator = find_terminator(study.job, *study.space, registries, faults);
    check_metrics(study, probe.metrics, faults);
    faults.throw_if_any();
    return study;
}

store::StudySpec study_spec(const JobSpec& job) {
    check(!job.warm_start, "a study is created after its warm start was resolved");
    store::StudySpec spec{.name = job.name, .job = to_job_document(job)};
    for (const Objective& objective : job.objectives) {
        spec.metrics.push_back(objective.metric);
        spec.directions.push_back(objective.direction);
    }
    return spec;
}

std::size_t resolve_warm_start(PreparedStudy& study, const store::Store& store) {
    JobSpec& job = study.job;
    if (!job.warm_start)
        return 0;
    std::ranges::move(points_of(*job.warm_start, *study.space, store),
                      std::back_inserter(job.initial));
    KnownOfOthers known =
        known_of(*job.warm_start, job.initial, *study.space, job.objectives, store);
    std::ranges::move(known.results, std::back_inserter(job.known));
    job.warm_start.reset();
    return known.left_out;
}

StudyId create_study(const PreparedStudy& study, store::Store& store) {
    return store.create_study(study_spec(study.job));
}

StudyEnd drive_prepared(const PreparedStudy& study,
                        store::Store& store,
                        StudyId id,
                        LeaseDesk& desk,
                        const DriveOptions& options,
                        const std::stop_token& stop) {
    const JobSpec& job = study.job;
    const Json strategy_options = parse_json(job.strategy.value(), "/strategy");
    Screen screen({.space = *study.space,
                   .facts = *study.facts,
                   .model = study.model.get(),
                   .measurer = study.measurer.get(),
                   .limits = job.limits,
                   .objectives = job.objectives,
                   .confidence = job.confidence});
    const std::unique_ptr<Terminator> terminator = make_terminator(study);
    const DriverParts parts{
        .job = job,
        .space = *study.space,
        .screen = screen,
        .store = store,
        .study = id,
        .reuse = {.reuse = job.reuse.value_or(Reuse::none),
                  .space = std::string(study.space->document()),
                  .evaluator = study.evaluator->fingerprint(),
                  .target = target_fingerprint(study)},
        .make_strategy =
            [&] {
                Faults faults;
                ObjectReader reader(strategy_options, "/strategy", faults);
                auto strategy = study.strategy(reader, sampler_setup(job, *study.space));
                const std::vector<Trial> known =
                    known_trials(job.known, *study.space, job.objectives, job.limits);
                strategy->tell(std::vector<Finished>(known.begin(), known.end()));
                return job.initial.empty()
                           ? std::move(strategy)
                           : make_initial_strategy(job.initial, std::move(strategy));
            },
        .pruner = study.pruner.get(),
        .terminator = terminator.get(),
        .in_flight = options.in_flight,
        .remote = options.remote,
        .observers = options.observers,
        .patience = options.patience};
    return drive_study(parts, desk, stop);
}

StudyEnd run_study(const PreparedStudy& study,
                   store::Store& store,
                   StudyId id,
                   int workers,
                   std::span<Observer* const> observers,
                   const std::stop_token& stop) {
    LeaseDesk desk;
    LocalWorkers local({.desk = desk,
                        .evaluator = *study.evaluator,
                        .space = *study.space,
                        .store = store,
                        .workers = workers,
                        .threads = study.job.threads,
                        .phase_threads = phase_thread_count(study.job, workers)});
    const std::stop_callback stop_workers(stop, [&local] { local.request_stop(); });
    return drive_prepared(study,
                          store,
                          id,
                          desk,
                          {.in_flight = static_cast<std::size_t>(workers), .observers = observers},
                          stop);
}

}  // namespace parnas::search
