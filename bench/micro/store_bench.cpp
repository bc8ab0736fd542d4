// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "bench/micro/micro.h"
#include "bench/scratch.h"
#include "store/sqlite_store.h"
#include "store/store.h"

namespace parnas::bench {
namespace {

using benchmark::State;
using store::Store;

constexpr int kParams = 10;
constexpr std::int64_t kMostTrials = 10'000;  // in a store, before a new one is taken

using MakeStore = std::unique_ptr<Store> (*)(const std::filesystem::path& folder);

std::unique_ptr<Store> make_memory(const std::filesystem::path&) {
    return store::make_memory_store();
}

std::unique_ptr<Store> make_sqlite(const std::filesystem::path& folder) {
    return store::make_sqlite_store({.path = folder / "bench.db"});
}

// A store with one study that this process drives.
class Study {
  public:
    explicit Study(MakeStore make)
        : scratch_(std::filesystem::temp_directory_path()), store_(make(scratch_.path())) {
        const StudyId id =
            store_->create_study({.name = "bench",
                                  .metrics = {"accuracy", "latency_ms"},
                                  .directions = {Direction::maximize, Direction::minimize},
                                  .job = "{}"});
        driver_ = store_->acquire_study(id, store::this_process(), Seconds(3600));
    }

    // `count` trials that begin and end.
    store::Batch next_batch(std::int64_t count) {
        store::Batch batch{.driver = driver_};
        for (std::int64_t i = 0; i < count; ++i, ++trials_)
            add_trial(batch, trials_);
        return batch;
    }

    void fill(std::int64_t trials) { store_->commit(next_batch(trials)); }

    Store& store() { return *store_; }
    StudyId id() const { return driver_.study; }
    std::int64_t trials() const { return trials_; }

  private:
    static void add_trial(store::Batch& batch, TrialNumber number) {
        store::TrialStart start{.number = number, .genotype = "[", .started = now()};
        for (int i = 0; i < kParams; ++i) {
            const double value = 1.0 / static_cast<double>(number + i + 1);
            start.params.push_back(
                {fmt::format("x{}", i),
                 value,
                 R"({"name": "FloatDistribution", "attributes": {"step": null, "low": 0.0, "high": 1.0, "log": false}})"});
            start.genotype += fmt::format("{}{}", i == 0 ? "" : ",", value);
        }
        start.genotype += ']';
        batch.starts.push_back(std::move(start));
        batch.finishes.push_back({.number = number,
                                  .values = {0.9, 2.5},
                                  .metrics = {{"accuracy", 0.9}, {"latency_ms", 2.5}},
                                  .finished = now()});
    }

    Scratch scratch_;
    std::unique_ptr<Store> store_;
    store::Driver driver_;
    std::int64_t trials_ = 0;
};

void commit(State& state, MakeStore make) {
    std::optional<Study> study;
    for (auto _ : state) {
        state.PauseTiming();
        if (!study || study->trials() >= kMostTrials)
            study.emplace(make);
        const store::Batch batch = study->next_batch(state.range(0));
        state.ResumeTiming();
        study->store().commit(batch);
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

void read(State& state, MakeStore make) {
    Study study(make);
    study.fill(state.range(0));
    for (auto _ : state)
        benchmark::DoNotOptimize(study.store().trials(study.id()));
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetComplexityN(state.range(0));
}

void add_store(const std::string& name, MakeStore make) {
    // By the clock: SQLite's disk and its writing thread are no CPU time of the caller.
    benchmark::RegisterBenchmark(("store/commit/" + name).c_str(),
                                 [=](State& state) { commit(state, make); })
        ->Arg(1)
        ->Arg(10)
        ->Arg(100)
        ->UseRealTime();
    benchmark::RegisterBenchmark(("store/read/" + name).c_str(),
                                 [=](State& state) { read(state, make); })
        ->Arg(100)
        ->Arg(1000)
        ->Arg(10'000)
        ->Unit(benchmark::kMillisecond)
        ->Complexity(benchmark::oN);
}

}  // namespace

void add_store_benchmarks() {
    add_store("memory", make_memory);
    add_store("sqlite", make_sqlite);
}

}  // namespace parnas::bench
