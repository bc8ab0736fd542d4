// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <nlohmann/json.hpp>

#include "bench/micro/micro.h"
#include "spaces/canonical.h"
#include "spaces/count.h"
#include "spaces/load.h"
#include "spaces/network_json.h"
#include "spaces/simplify.h"

namespace parnas::bench {
namespace {

using benchmark::State;
using spaces::Network;

constexpr std::size_t kGenotypes = 64;  // genotypes that a benchmark goes round

std::vector<Genotype> samples(const spaces::SearchSpace& space) {
    std::vector<Genotype> genotypes;
    Rng rng(1);
    for (std::size_t i = 0; i < kGenotypes; ++i)
        genotypes.push_back(spaces::sample_feasible(space, rng));
    return genotypes;
}

// `work` on a space of the library.
void add(const std::string& what,
         const std::string& name,
         void (*work)(State&, const spaces::SearchSpace&)) {
    benchmark::RegisterBenchmark(("spaces/" + what + '/' + name).c_str(),
                                 [=](State& state) { work(state, *spaces::load_space(name, {})); });
}

void sample(State& state, const spaces::SearchSpace& space) {
    Rng rng(1);
    for (auto _ : state)
        benchmark::DoNotOptimize(spaces::sample_feasible(space, rng));
}

void decode(State& state, const spaces::SearchSpace& space) {
    const std::vector<Genotype> genotypes = samples(space);
    std::size_t i = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(space.decode(genotypes[i++ % kGenotypes]));
}

// `Work` on one network after the other, which have so many nodes on average.
template <auto Work>
void each_network(State& state, const spaces::SearchSpace& space) {
    std::vector<std::shared_ptr<const Network>> networks;
    double nodes = 0.0;
    for (const Genotype& genotype : samples(space)) {
        networks.push_back(space.decode(genotype).network);
        nodes += static_cast<double>(networks.back()->nodes.size()) / kGenotypes;
    }
    std::size_t i = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(Work(*networks[i++ % kGenotypes]));
    state.counters["nodes"] = nodes;
}

Network json_round_trip(const Network& network) {
    return spaces::network_from_json(parse_json(dump_json(spaces::to_json(network)), "network"));
}

void load(State& state, const std::string& name) {
    for (auto _ : state)
        benchmark::DoNotOptimize(spaces::load_space(name, {}));
}

}  // namespace

void add_spaces_benchmarks() {
    for (const std::string name : {"cell201", "darts", "mobile"}) {
        benchmark::RegisterBenchmark(("spaces/load/" + name).c_str(),
                                     [=](State& state) { load(state, name); });
        add("sample", name, sample);
        add("decode", name, decode);
        add("count", name, each_network<[](const Network& each) { return spaces::count(each); }>);
        add("simplify", name, each_network<spaces::simplify>);
        add("canonical_hash", name, each_network<spaces::canonical_hash>);
        add("json_round_trip", name, each_network<json_round_trip>);
    }
}

}  // namespace parnas::bench
