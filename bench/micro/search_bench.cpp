// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/micro/micro.h"
#include "core/rng.h"
#include "search/fronts/hypervolume.h"
#include "search/fronts/hypervolume_contributions.h"
#include "search/fronts/non_dominated_sort.h"
#include "search/pareto.h"
#include "search/pruners/percentile.h"
#include "search/samplers/explored.h"
#include "spaces/load.h"

namespace parnas::bench {
namespace {

using namespace search;
using benchmark::State;

using MakePoint = Point (*)(Rng& rng, std::size_t objectives);

// Anywhere in the unit cube: few are on the front.
Point cloud(Rng& rng, std::size_t objectives) {
    Point point(objectives);
    for (double& value : point)
        value = rng.uniform();
    return point;
}

// On the unit sphere: all are on the front.
Point sphere(Rng& rng, std::size_t objectives) {
    Point point(objectives);
    double square = 0.0;
    for (double& value : point) {
        value = std::abs(rng.normal());
        square += value * value;
    }
    for (double& value : point)
        value /= std::sqrt(square);
    return point;
}

std::vector<Point> points(MakePoint make, std::int64_t count, std::size_t objectives) {
    Rng rng(1);
    std::vector<Point> result;
    for (std::int64_t i = 0; i < count; ++i)
        result.push_back(make(rng, objectives));
    return result;
}

struct Rows {
    std::vector<double> values;
    std::size_t objectives;

    operator PointRows() const { return {.values = values, .objectives = objectives}; }
};

Rows rows(MakePoint make, const State& state, std::size_t objectives) {
    return {.values = rows_of(points(make, state.range(0), objectives)), .objectives = objectives};
}

void add_sorting(const std::string& name, MakePoint make, std::size_t objectives) {
    benchmark::RegisterBenchmark(
        fmt::format("search/non_dominated_sort/{}/{}d", name, objectives).c_str(),
        [=](State& state) {
            const Rows all = rows(make, state, objectives);
            for (auto _ : state)
                benchmark::DoNotOptimize(non_dominated_sort(all));
            state.SetComplexityN(state.range(0));
        })
        ->RangeMultiplier(10)
        ->Range(100, 100'000)
        ->Complexity();
}

// `measure` takes PointRows and a reference.
template <typename Measure>
void add_volume(const std::string& name,
                Measure measure,
                std::size_t objectives,
                const std::vector<std::int64_t>& sizes) {
    auto* added = benchmark::RegisterBenchmark(
        fmt::format("search/{}/{}d", name, objectives).c_str(), [=](State& state) {
            const Rows front = rows(sphere, state, objectives);
            const Point reference(objectives, 1.1);
            for (auto _ : state)
                benchmark::DoNotOptimize(measure(front, reference));
            state.SetComplexityN(state.range(0));
        });
    for (const std::int64_t size : sizes)
        added->Arg(size);
    added->Complexity();
}

void add_volumes(std::size_t objectives, const std::vector<std::int64_t>& sizes) {
    add_volume(
        "hypervolume",
        [](PointRows front, const Point& reference) { return hypervolume(front, reference); },
        objectives,
        sizes);
}

void add_contributions(std::size_t objectives, const std::vector<std::int64_t>& sizes) {
    add_volume("hypervolume_contributions", hypervolume_contributions, objectives, sizes);
}

// So many insertions, one after the other.
void add_archive(const std::string& name, MakePoint make) {
    benchmark::RegisterBenchmark(("search/archive/" + name).c_str(),
                                 [=](State& state) {
                                     const auto all = points(make, state.range(0), 2);
                                     for (auto _ : state) {
                                         ParetoArchive archive;
                                         for (std::size_t i = 0; i < all.size(); ++i)
                                             archive.insert(static_cast<TrialNumber>(i), all[i]);
                                         benchmark::DoNotOptimize(archive);
                                     }
                                     state.SetItemsProcessed(state.iterations() * state.range(0));
                                     state.SetComplexityN(state.range(0));
                                 })
        ->Arg(100)
        ->Arg(1000)
        ->Arg(10'000)
        ->Complexity();
}

Curve curve(Rng& rng, TrialNumber number, std::int64_t steps) {
    Curve result{.number = number, .state = TrialState::complete};
    for (std::int64_t step = 0; step < steps; ++step)
        result.points.push_back({step, rng.uniform()});
    return result;
}

// At the 50th of 100 steps, with so many complete trials.
void median_judge(State& state) {
    const auto pruner = make_percentile_pruner({}, {.metric = "accuracy"});
    Rng rng(1);
    std::vector<Curve> known;
    for (std::int64_t i = 0; i < state.range(0); ++i)
        known.push_back(curve(rng, i, 100));
    const Curve trial = curve(rng, state.range(0), 50);
    for (auto _ : state)
        benchmark::DoNotOptimize(pruner->judge(trial, known));
    state.SetComplexityN(state.range(0));
}

// Whether a genotype is new after so many were told.
void explored_is_new(State& state) {
    const auto space = spaces::load_space("mobile", {});
    const Known known = [](const Genotype& genotype) {
        return KnownFacts{.identity = spaces::hash(genotype)};
    };
    Explored explored(*space);
    Rng rng(1);
    for (std::int64_t i = 0; i < state.range(0); ++i)
        explored.tell(spaces::sample_feasible(*space, rng));
    const Genotype genotype = spaces::sample_feasible(*space, rng);
    for (auto _ : state)
        benchmark::DoNotOptimize(explored.is_new(genotype, known));
    state.SetComplexityN(state.range(0));
}

// A genotype of cell201 when so many of its 15,625 were told.
void explored_draw(State& state) {
    const auto space = spaces::load_space("cell201", {});
    Explored explored(*space);
    Rng rng(1);
    for (std::int64_t i = 0; i < state.range(0); ++i)
        explored.tell(explored.draw(rng).value());
    for (auto _ : state)
        benchmark::DoNotOptimize(explored.draw(rng));
}

}  // namespace

void add_search_benchmarks() {
    for (const std::size_t objectives : {2, 3, 4}) {
        add_sorting("cloud", cloud, objectives);
        add_sorting("sphere", sphere, objectives);
    }
    add_archive("cloud", cloud);
    add_archive("sphere", sphere);
    add_volumes(2, {100, 1000, 10'000});
    add_volumes(3, {100, 1000, 10'000});
    add_volumes(4, {10, 100, 1000});
    add_volumes(5, {10, 30, 100});
    add_contributions(2, {100, 1000, 10'000});
    add_contributions(3, {100, 1000, 10'000});
    add_contributions(4, {10, 30, 100});
    for (auto* each : {benchmark::RegisterBenchmark("search/median_judge", median_judge),
                       benchmark::RegisterBenchmark("search/explored/is_new", explored_is_new)})
        each->Arg(100)->Arg(1000)->Arg(10'000)->Complexity();
    benchmark::RegisterBenchmark("search/explored/draw", explored_draw)->Arg(100)->Arg(15'600);
}

}  // namespace parnas::bench
