// SPDX-License-Identifier: Apache-2.0
#pragma once

// Google Benchmark's cases for the inner parts. Their names are "folder/what/of what/size".
namespace parnas::bench {

void add_core_benchmarks();
void add_spaces_benchmarks();
void add_hw_models_benchmarks();
void add_evaluators_benchmarks();
void add_plugin_benchmarks();
void add_store_benchmarks();
void add_search_benchmarks();
// Of every registered strategy.
void add_strategy_benchmarks();

}  // namespace parnas::bench
