// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include <benchmark/benchmark.h>

#include "bench/micro/micro.h"
#include "core/error.h"

// Takes Google Benchmark's options: --help lists them. Exits 1 if no benchmark has a name
// that was asked for.
int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return parnas::exit_code(parnas::ErrorKind::invalid_input);
    try {
        using namespace parnas::bench;
        add_core_benchmarks();
        add_spaces_benchmarks();
        add_hw_models_benchmarks();
        add_evaluators_benchmarks();
        add_plugin_benchmarks();
        add_store_benchmarks();
        add_search_benchmarks();
        add_strategy_benchmarks();
        return benchmark::RunSpecifiedBenchmarks() > 0 ? 0 : 1;
    } catch (const parnas::Error& error) {
        std::cerr << "error: " << error.what() << '\n';
        return parnas::exit_code(error.kind());
    }
}
