// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "api/plugin/plugin_set.h"
#include "bench/micro/micro.h"
#include "bench/scratch.h"
#include "core/error.h"
#include "spaces/decodes_many.h"

namespace parnas::bench {
namespace {

using benchmark::State;

// A plugin whose document says how to reach it.
plugin::LoadedPlugin load(const Scratch& scratch, const std::string& how) {
    std::ofstream(scratch.path() / "p.plugin.yaml") << "plugin: p\n" << how << '\n';
    plugin::LoadedPlugin loaded = plugin::load_plugin(scratch.path() / "p.plugin.yaml");
    if (!loaded.trouble.empty())
        throw Error(ErrorKind::unavailable, loaded.trouble);
    return loaded;
}

std::string library() {
    return "library: " PARNAS_BENCH_PLUGIN;
}

std::string process() {
    return fmt::format(
        "command: [/usr/bin/python3, {0}/bench/micro/plugin_parts.py]\n"
        "environment: {{PYTHONPATH: {0}/python}}",
        PARNAS_SOURCE_DIR);
}

// One candidate that costs nothing to decode.
void call(State& state, const std::string& how) {
    const Scratch scratch(std::filesystem::temp_directory_path());
    const plugin::LoadedPlugin loaded = load(scratch, how);
    const Json params = {{"space", "values@1"}, {"candidates", Json::array({{{"depth", 3}}})}};
    for (auto _ : state)
        benchmark::DoNotOptimize(loaded.plugin->ask("space.decode", params));
}

// Networks of 5 to 14 nodes, in batches.
void decode_many(State& state) {
    const Scratch scratch(std::filesystem::temp_directory_path());
    const std::vector<plugin::LoadedPlugin> plugins = {load(scratch, process())};
    std::unique_ptr<spaces::SearchSpace> space;
    for (const spaces::OfferedSpace& each : plugin::offered_spaces(plugins))
        if (each.entry.name == "networks@1")
            space = each.make(Json());
    std::vector<Genotype> genotypes;
    Rng rng(1);
    for (int i = 0; i < 10'000; ++i)
        genotypes.push_back(spaces::sample(space->params(), rng));
    for (auto _ : state)
        for (const auto& decoded : spaces::decode_all(*space, genotypes))
            if (const auto* error = std::get_if<Error>(&decoded))
                throw *error;
}

}  // namespace

void add_plugin_benchmarks() {
    benchmark::RegisterBenchmark("plugin/call/library", [](State& state) {
        call(state, library());
    })->UseRealTime();
    benchmark::RegisterBenchmark("plugin/call/process", [](State& state) {
        call(state, process());
    })->UseRealTime();
    benchmark::RegisterBenchmark("plugin/decode/process/10000", decode_many)
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
}

}  // namespace parnas::bench
