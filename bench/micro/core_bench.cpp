// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

#include "bench/micro/micro.h"
#include "core/hash.h"
#include "core/json.h"
#include "core/rng.h"

namespace parnas::bench {
namespace {

using benchmark::State;

template <typename Draw>
void add_draw(const char* name, Draw draw) {
    benchmark::RegisterBenchmark(name, [draw](State& state) {
        Rng rng(1);
        for (auto _ : state)
            benchmark::DoNotOptimize(draw(rng));
    });
}

void count_bytes(State& state, std::size_t bytes) {
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

void hash(State& state) {
    const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
    for (auto _ : state)
        benchmark::DoNotOptimize(hash_bytes(bytes));
    count_bytes(state, bytes.size());
}

// `rows` objects of a number, a text and a list each, about 70 bytes.
std::string rows_text(std::int64_t rows) {
    Rng rng(1);
    Json json = Json::array();
    for (std::int64_t i = 0; i < rows; ++i)
        json.push_back(
            {{"number", i}, {"state", "complete"}, {"values", {rng.uniform(), rng.uniform()}}});
    return dump_json(json);
}

void parse(State& state) {
    const std::string text = rows_text(state.range(0));
    for (auto _ : state)
        benchmark::DoNotOptimize(parse_json(text, "rows"));
    count_bytes(state, text.size());
    state.SetComplexityN(state.range(0));
}

void dump(State& state) {
    const std::string text = rows_text(state.range(0));
    const Json json = parse_json(text, "rows");
    for (auto _ : state)
        benchmark::DoNotOptimize(dump_json(json));
    count_bytes(state, text.size());
    state.SetComplexityN(state.range(0));
}

}  // namespace

void add_core_benchmarks() {
    add_draw("core/rng/next", [](Rng& rng) { return rng.next(); });
    add_draw("core/rng/below", [](Rng& rng) { return rng.below(1000); });
    add_draw("core/rng/normal", [](Rng& rng) { return rng.normal(); });
    add_draw("core/rng/fork", [](Rng& rng) { return rng.fork(7).next(); });
    benchmark::RegisterBenchmark("core/hash_bytes", hash)->Arg(16)->Arg(1 << 10)->Arg(1 << 20);
    for (auto* each : {benchmark::RegisterBenchmark("core/parse_json", parse),
                       benchmark::RegisterBenchmark("core/dump_json", dump)})
        each->Arg(10)->Arg(100)->Arg(1000)->Complexity(benchmark::oN);
}

}  // namespace parnas::bench
