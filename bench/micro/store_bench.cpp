// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "bench/micro/micro.h"
#include "bench/scratch.h"
#include "store/service_store.h"
#include "store/sqlite_store.h"

namespace parnas::bench {
namespace {

using benchmark::State;
using store::Store;

constexpr int kParams = 10;
constexpr std::int64_t kMostTrials = 10'000;  // in a store, before a new one is taken
constexpr std::int64_t kLargeStudy = 100'000;
constexpr std::int64_t kPage = 100;

using MakeStore = std::unique_ptr<Store> (*)(const std::filesystem::path& folder);

std::unique_ptr<Store> make_memory(const std::filesystem::path&) {
    return store::make_memory_store();
}

std::unique_ptr<Store> make_sqlite(const std::filesystem::path& folder) {
    return store::make_sqlite_store({.path = folder / "bench.db"});
}

store::TrialStart start_of(TrialNumber number) {
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
    return start;
}

store::TrialFinish finish_of(TrialNumber number) {
    return {.number = number,
            .values = {0.9, 2.5},
            .metrics = {{"accuracy", 0.9}, {"latency_ms", 2.5}},
            .finished = now()};
}

// Ids as long as a ULID with its prefix.
store::AttemptStart attempt_at(StudyId study, TrialNumber number) {
    return {
        .lease = fmt::format("lse_01ARZ3NDEK{:06}{:010}", static_cast<std::int64_t>(study), number),
        .number = number,
        .worker = "wrk_01ARZ3NDEKTSV4RRFFQ69G5FAV",
        .ttl = Seconds(60),
        .granted = now()};
}

store::Answer answer_to(StudyId study, TrialNumber number) {
    return {.scope = "tok_01ARZ3NDEKTSV4RRFFQ69G5FAV/result",
            .key = fmt::format("{}-{}", static_cast<std::int64_t>(study), number),
            .request = hash_bytes("request"),
            .body = R"({"study": "bench", "trial": 17, "state": "complete"})",
            .time = now()};
}

struct Served {
    store::Batch starts;
    std::vector<store::AttemptStart> given;
    store::Batch results;
};

// A study of a store, driven by this process.
class DrivenStudy {
  public:
    DrivenStudy(Store& store, const std::string& name) : store_(store) {
        const StudyId id =
            store.create_study({.name = name,
                                .metrics = {"accuracy", "latency_ms"},
                                .directions = {Direction::maximize, Direction::minimize},
                                .job = "{}"});
        driver_ = store.acquire_study(id, store::this_process(), Seconds(3600));
    }

    // `count` trials that begin and end.
    store::Batch next_batch(std::int64_t count) {
        store::Batch batch{.driver = driver_};
        for (std::int64_t i = 0; i < count; ++i, ++trials_) {
            batch.starts.push_back(start_of(trials_));
            batch.finishes.push_back(finish_of(trials_));
        }
        return batch;
    }

    // What a service writes of `count` trials that workers elsewhere evaluate: their starts, their
    // leases, and their results with the answers to those who sent them.
    Served next_served(std::int64_t count) {
        Served served{.starts = {.driver = driver_}, .results = {.driver = driver_}};
        for (std::int64_t i = 0; i < count; ++i, ++trials_) {
            served.starts.starts.push_back(start_of(trials_));
            served.given.push_back(attempt_at(id(), trials_));
            served.results.attempt_ends.push_back(
                {.number = trials_, .state = store::AttemptState::ok, .ended = now()});
            served.results.finishes.push_back(finish_of(trials_));
            served.results.answers.push_back(answer_to(id(), trials_));
            served.results.events.push_back(
                {.time = now(), .kind = "trial_finished", .body = fmt::format("{}", trials_)});
        }
        return served;
    }

    void write(const Served& served) {
        store_.commit(served.starts);
        store::service_store(store_).grant(id(), served.given);
        store_.commit(served.results);
    }

    StudyId id() const { return driver_.study; }
    std::int64_t trials() const { return trials_; }

  private:
    Store& store_;
    store::Driver driver_;
    std::int64_t trials_ = 0;
};

// A store with such a study.
class Study {
  public:
    explicit Study(MakeStore make)
        : scratch_(std::filesystem::temp_directory_path()),
          store_(make(scratch_.path())),
          study_(*store_, "bench") {}

    store::Batch next_batch(std::int64_t count) { return study_.next_batch(count); }
    Served next_served(std::int64_t count) { return study_.next_served(count); }
    void write(const Served& served) { study_.write(served); }
    void fill(std::int64_t trials) { store_->commit(next_batch(trials)); }

    Store& store() { return *store_; }
    StudyId id() const { return study_.id(); }
    std::int64_t trials() const { return study_.trials(); }

  private:
    Scratch scratch_;
    std::unique_ptr<Store> store_;
    DrivenStudy study_;
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

// Trials of one study, as many at once as the argument says.
void serve(State& state, MakeStore make) {
    std::optional<Study> study;
    for (auto _ : state) {
        state.PauseTiming();
        if (!study || study->trials() >= kMostTrials)
            study.emplace(make);
        const Served served = study->next_served(state.range(0));
        state.ResumeTiming();
        study->write(served);
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

// One trial at a time in each thread, of a study of its own in a common store.
void serve_in_threads(State& state, MakeStore make) {
    static std::optional<Scratch> scratch;
    static std::unique_ptr<Store> store;
    if (state.thread_index() == 0) {
        store.reset();
        scratch.emplace(std::filesystem::temp_directory_path());
        store = make(scratch->path());
    }
    std::optional<DrivenStudy> study;
    for (auto _ : state) {
        // The store is there when the loop has begun.
        if (!study)
            study.emplace(*store, fmt::format("bench {}", state.thread_index()));
        study->write(study->next_served(1));
    }
    state.SetItemsProcessed(state.iterations());
}

void read(State& state, MakeStore make) {
    Study study(make);
    study.fill(state.range(0));
    for (auto _ : state)
        benchmark::DoNotOptimize(study.store().trials(study.id()));
    state.SetItemsProcessed(state.iterations() * state.range(0));
    state.SetComplexityN(state.range(0));
}

// A file with a study of kLargeStudy trials, made once.
const std::filesystem::path& large_store() {
    static const Scratch scratch(std::filesystem::temp_directory_path());
    static const std::filesystem::path path = [] {
        const auto store = make_sqlite(scratch.path());
        DrivenStudy study(*store, "bench");
        while (study.trials() < kLargeStudy)
            store->commit(study.next_batch(1000));
        store->commit(
            {.driver = store->acquire_study(study.id(), store::this_process(), Seconds(1)),
             .front = std::vector<TrialNumber>{1, 2, 3}});
        return scratch.path() / "bench.db";
    }();
    return path;
}

void open_large(State& state) {
    const auto& path = large_store();
    for (auto _ : state) {
        const auto store = store::make_sqlite_store({.path = path});
        benchmark::DoNotOptimize(store->find_study("bench").trials);
    }
}

void find_large(State& state) {
    const auto store = store::make_sqlite_store({.path = large_store()});
    for (auto _ : state)
        benchmark::DoNotOptimize(store->find_study("bench").trials);
}

void count_states(State& state) {
    const auto store = store::make_sqlite_store({.path = large_store()});
    const StudyId id = store->find_study("bench").id;
    for (auto _ : state)
        benchmark::DoNotOptimize(store::service_store(*store).count_trials(id));
}

void read_page(State& state) {
    const auto store = store::make_sqlite_store({.path = large_store()});
    const StudyId id = store->find_study("bench").id;
    TrialNumber first = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(store->trials(id, first, kPage));
        first = (first + 7919) % kLargeStudy;
    }
    state.SetItemsProcessed(state.iterations() * kPage);
}

void read_front(State& state) {
    const auto store = store::make_sqlite_store({.path = large_store()});
    const StudyId id = store->find_study("bench").id;
    for (auto _ : state)
        benchmark::DoNotOptimize(store->front(id));
}

void add_large() {
    const auto add = [](const char* name, void (*run)(State&)) {
        benchmark::RegisterBenchmark(fmt::format("store/{}/{}", name, kLargeStudy).c_str(), run)
            ->Unit(benchmark::kMillisecond)
            ->MeasureProcessCPUTime()
            ->UseRealTime();
    };
    add("open", open_large);
    add("find", find_large);
    add("count", count_states);
    add("page", read_page);
    add("front", read_front);
}

void add_store(const std::string& name, MakeStore make) {
    // By the clock, since SQLite's disk is no CPU time; that of its writing thread is counted.
    benchmark::RegisterBenchmark(("store/commit/" + name).c_str(),
                                 [=](State& state) { commit(state, make); })
        ->Arg(1)
        ->Arg(10)
        ->Arg(100)
        ->MeasureProcessCPUTime()
        ->UseRealTime();
    benchmark::RegisterBenchmark(("store/service_trial/" + name).c_str(),
                                 [=](State& state) { serve(state, make); })
        ->Arg(1)
        ->Arg(16)
        ->Arg(64)
        ->Arg(256)
        ->MeasureProcessCPUTime()
        ->UseRealTime();
    benchmark::RegisterBenchmark(("store/service_trial/" + name).c_str(),
                                 [=](State& state) { serve_in_threads(state, make); })
        ->Threads(64)
        ->MeasureProcessCPUTime()
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
    add_large();
}

}  // namespace parnas::bench
