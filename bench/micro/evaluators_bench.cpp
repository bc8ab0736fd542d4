// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/micro/micro.h"
#include "bench/scratch.h"
#include "evaluators/synthetic.h"
#include "evaluators/tabular/tabular.h"
#include "spaces/load.h"

namespace parnas::bench {
namespace {

using benchmark::State;
using evaluators::Evaluator;

constexpr std::size_t kSamples = 256;  // candidates that a benchmark goes round

std::unique_ptr<Evaluator> make(evaluators::EvaluatorFactory factory,
                                const Json& options,
                                const std::filesystem::path& base) {
    Faults faults;
    ObjectReader reader(options, "/evaluator", faults);
    auto evaluator = factory(reader, base);
    reader.finish();
    faults.throw_if_any();
    return evaluator;
}

void evaluate_samples(State& state, const Evaluator& evaluator, const spaces::SearchSpace& space) {
    Faults faults;
    evaluator.check_space(space, faults);
    faults.throw_if_any();
    std::vector<Candidate> candidates;
    Rng rng(1);
    for (std::size_t i = 0; i < kSamples; ++i)
        candidates.push_back({.genotype = spaces::sample_feasible(space, rng)});
    std::size_t i = 0;
    for (auto _ : state)
        benchmark::DoNotOptimize(evaluator.evaluate(candidates[i++ % kSamples], {.space = space}));
}

// A row for each of the 10,000 points.
void write_table(const std::filesystem::path& path) {
    std::ofstream table(path);
    table << "a,b,c,d,accuracy\n";
    for (int i = 0; i < 10'000; ++i)
        table << fmt::format(
            "{},{},{},{},{}\n", i / 1000, i / 100 % 10, i / 10 % 10, i % 10, 0.01 * (i % 97));
}

void tabular(State& state, const std::string& match) {
    const Scratch scratch(std::filesystem::temp_directory_path());
    write_table(scratch.path() / "table.csv");
    const auto evaluator =
        make(evaluators::make_tabular_evaluator,
             {{"table", "table.csv"}, {"metrics", {{"accuracy", "accuracy"}}}, {"match", match}},
             scratch.path());
    Json params = Json::object();
    for (const char* name : {"a", "b", "c", "d"})
        params[name] = {{"integer", {0, 9}}};
    const auto space =
        spaces::load_space({{"document", {{"name", "table@1"}, {"params", params}}}}, {});
    evaluate_samples(state, *evaluator, *space);
}

Json mixed_cond_params() {
    const Json cnn{{"kind", "cnn"}};
    const Json mlp{{"kind", "mlp"}};
    const Json tree{{"kind", "tree"}};
    Json params{{"kind", {{"one_of", {"cnn", "mlp", "tree"}}}},
                {"opt", {{"one_of", {"adamw", "adam", "lamb", "sgd"}}}},
                {"depth", {{"integer", {1, 8}}, {"when", cnn}}},
                {"width", {{"integer", {8, 512}}, {"log", true}, {"when", cnn}}},
                {"cnn_lr", {{"real", {1e-5, 1e-1}}, {"log", true}, {"when", cnn}}},
                {"dropout", {{"real", {0.0, 0.6}}, {"when", cnn}}},
                {"units", {{"integer", {16, 1024}}, {"log", true}, {"when", mlp}}},
                {"act", {{"one_of", {"gelu", "relu", "tanh"}}, {"when", mlp}}},
                {"mlp_lr", {{"real", {1e-5, 1e-1}}, {"log", true}, {"when", mlp}}},
                {"trees", {{"integer", {10, 500}}, {"when", tree}}},
                {"leaf", {{"integer", {2, 64}}, {"when", tree}}},
                {"eta", {{"real", {0.01, 0.5}}, {"log", true}, {"when", tree}}}};
    for (int i = 0; i < 8; ++i)
        params[fmt::format("op_{}", i)] = {{"one_of", {"conv3", "conv5", "dw3", "skip"}},
                                           {"when", {{"depth", {{"at_least", i + 1}}}}}};
    return params;
}

void mixed_cond(State& state) {
    const auto evaluator =
        make(evaluators::make_synthetic_evaluator, {{"function", "mixed_cond"}}, {});
    const auto space = spaces::load_space(
        {{"document", {{"name", "mixed_cond@1"}, {"params", mixed_cond_params()}}}}, {});
    evaluate_samples(state, *evaluator, *space);
}

}  // namespace

void add_evaluators_benchmarks() {
    for (const std::string match : {"exact", "nearest"})
        benchmark::RegisterBenchmark(("evaluators/tabular/" + match).c_str(),
                                     [=](State& state) { tabular(state, match); });
    benchmark::RegisterBenchmark("evaluators/synthetic/mixed_cond", mixed_cond);
}

}  // namespace parnas::bench
