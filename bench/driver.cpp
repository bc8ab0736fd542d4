// SPDX-License-Identifier: Apache-2.0
#include "bench/driver.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/raw_sqlite.h"
#include "bench/scratch.h"
#include "search/run_study.h"
#include "spaces/load.h"
#include "store/sqlite_store.h"

namespace parnas::bench {
namespace {

constexpr int kParameters = 10;
constexpr std::int64_t kLargeBatch = 1000;

struct Subject {
    std::string what;
    std::int64_t batch = 0;
};

// The first one is what the others are compared with.
const std::vector<Subject>& subjects() {
    static const std::vector<Subject> all = {{"sqlite", kLargeBatch},
                                             {"sqlite", 64},
                                             {"sqlite", 4},
                                             {"search", 4},
                                             {"search", 64},
                                             {"search", 512}};
    return all;
}

search::PreparedStudy prepare(std::int64_t lag,
                              std::int64_t trials,
                              const search::Registries& registries,
                              const std::stop_token& stop) {
    Json params = Json::object();
    for (int i = 0; i < kParameters; ++i)
        params[fmt::format("x{}", i)] = {{"real", {0.0, 1.0}}};
    const Json document = {{"name", "driver"},
                           {"space", {{"document", {{"name", "ten@1"}, {"params", params}}}}},
                           {"objectives", {{"value", "minimize"}}},
                           {"evaluator", {{"type", "synthetic"}, {"function", "noop"}}},
                           {"strategy", {{"type", "random"}}},
                           {"budget", {{"trials", trials}}},
                           {"lag", lag},
                           {"workers", 1},
                           {"reuse", "none"}};
    Faults faults;
    search::JobSpec job = search::read_job(document, {}, 1, faults);
    faults.throw_if_any();
    return search::prepare_study(std::move(job), registries, spaces::load_space, stop);
}

Seconds timed(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::steady_clock::now() - start;
}

// Trials a second.
double measure(const Subject& subject,
               const DriverOptions& options,
               const search::Registries& registries,
               const std::stop_token& stop) {
    const Scratch scratch(options.folder);
    const std::filesystem::path file = scratch.path() / "bench.db";
    const search::PreparedStudy study = prepare(subject.batch, options.trials, registries, stop);
    auto store = store::make_sqlite_store({.path = file});
    const StudyId id = search::create_study(study, *store);
    Seconds time{0};
    if (subject.what == "sqlite") {
        store.reset();
        time = timed([&] { insert_trials(file, options.trials, subject.batch, kParameters); });
    } else {
        search::StudyEnd end;
        time = timed([&] { end = search::run_study(study, *store, id, 1, {}, stop); });
        if (end.state != store::StudyState::complete)
            throw Error(ErrorKind::unavailable, "interrupted before all measurements were made");
    }
    return static_cast<double>(options.trials) / time.count();
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

}  // namespace

std::vector<DriverFigure> run_driver(
    const DriverOptions& options,
    const search::Registries& registries,
    const std::stop_token& stop,
    const std::function<void(std::size_t done, std::size_t all)>& progress) {
    const std::size_t all = subjects().size() * static_cast<std::size_t>(options.rounds);
    std::vector<std::vector<double>> rates(subjects().size());
    std::size_t done = 0;
    for (int round = 0; round < options.rounds; ++round)
        for (std::size_t i = 0; i < subjects().size(); ++i) {
            rates[i].push_back(measure(subjects()[i], options, registries, stop));
            progress(++done, all);
        }
    std::vector<DriverFigure> figures;
    for (std::size_t i = 0; i < subjects().size(); ++i) {
        std::vector<double> ratios;
        for (std::size_t round = 0; round < rates[i].size(); ++round)
            ratios.push_back(rates[i][round] / rates[0][round]);
        figures.push_back({.what = subjects()[i].what,
                           .batch = subjects()[i].batch,
                           .median = median(rates[i]),
                           .low = *std::ranges::min_element(rates[i]),
                           .high = *std::ranges::max_element(rates[i]),
                           .ratio = median(ratios)});
    }
    return figures;
}

}  // namespace parnas::bench
