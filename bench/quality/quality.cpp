// SPDX-License-Identifier: Apache-2.0
#include "bench/quality/quality.h"

#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>

#include "bench/parallel.h"
#include "bench/quality/problem.h"
#include "bench/search_once.h"
#include "core/document.h"

namespace parnas::bench {
namespace {

struct Planned {
    Problem problem;
    QualityFigure figure;
    search::PreparedStudy study;
};

Json read_strategy(const std::string& text) {
    const Json strategy = Document::parse(text, "strategy").root();
    return strategy.is_string() ? Json{{"type", strategy}} : strategy;
}

// One search at a time sees each result before it proposes the next.
Json job_of(const Problem& problem, std::int64_t trials, const std::string& strategy) {
    Json job = problem.job();
    job.update({{"budget", {{"trials", trials}}},
                {"strategy", read_strategy(strategy)},
                {"lag", 1},
                {"workers", 1},
                {"reuse", "none"}});
    return job;
}

std::vector<Recorded> recorded_in(const std::filesystem::path& folder) {
    const std::filesystem::path file = folder / "optuna_quality.csv";
    return std::filesystem::exists(file) ? read_recorded(file) : std::vector<Recorded>();
}

void search(Planned& planned, std::size_t i, std::uint64_t seed, const std::stop_token& stop) {
    const auto start = std::chrono::steady_clock::now();
    const auto trials = search_once(planned.study, seed, stop);
    planned.figure.seconds[i] = Seconds(std::chrono::steady_clock::now() - start).count();
    planned.figure.scores[i] = planned.problem.score(trials);
}

}  // namespace

QualityResults run_quality(const QualityOptions& options,
                           const search::Registries& registries,
                           const std::stop_token& stop,
                           const std::function<void(std::size_t done, std::size_t all)>& progress) {
    const std::vector<Recorded> recorded = recorded_in(options.data);
    const auto seeds = static_cast<std::size_t>(options.seeds);
    QualityResults results;
    std::vector<Planned> planned;
    for (const std::string& name : options.problems.empty() ? Problem::names() : options.problems) {
        const Problem problem = Problem::find(name);
        if (!problem.table().empty() && !std::filesystem::exists(options.data / problem.table())) {
            results.skipped.push_back(name);
            continue;
        }
        const std::int64_t trials = options.trials.value_or(problem.trials());
        for (const std::string& strategy : options.strategies)
            planned.push_back(
                {.problem = problem,
                 .figure = {.problem = name,
                            .strategy = strategy,
                            .trials = trials,
                            .direction = problem.direction(),
                            .scores = std::vector<double>(seeds),
                            .seconds = std::vector<double>(seeds),
                            .optuna = best_recorded(recorded, name, trials, problem.direction())},
                 .study = prepare_searches(
                     job_of(problem, trials, strategy), options.data, registries, stop)});
    }
    const std::size_t all = planned.size() * seeds;
    in_parallel(
        all,
        options.threads,
        stop,
        [&](std::size_t i) {
            search(planned[i / seeds], i % seeds, options.first_seed + i % seeds, stop);
        },
        [&](std::size_t done) { progress(done, all); });
    for (Planned& each : planned)
        results.figures.push_back(std::move(each.figure));
    return results;
}

}  // namespace parnas::bench
