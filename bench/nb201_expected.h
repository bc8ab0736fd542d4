// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

// What others computed from NAS-Bench-201's table.
namespace parnas::bench {

struct ExpectedSearch {
    std::string_view method;
    std::array<double, 3> accuracy;  // CIFAR-10, CIFAR-100, ImageNet16-120
};

// Simulated by plain loops over the table under NATS-Bench's protocol. NATS-Bench itself prints
// 93.86, 71.55, 45.28 for random search and 94.02, 72.23, 45.77 for evolution.
inline constexpr std::array<ExpectedSearch, 3> kExpectedSearches{{
    {"random", {93.84, 71.53, 45.22}},
    {"regularized_evolution", {94.08, 72.22, 45.82}},
    {"local_search", {94.27, 72.64, 46.11}},
}};

struct ExpectedFront {
    std::size_t data_set;         // 0 CIFAR-10, 1 CIFAR-100, 2 ImageNet16-120
    std::string_view device;      // of nb201_latency
    std::size_t size;             // of the exact front
    std::array<double, 2> nsga2;  // hypervolume ratio after 200 and 500 trials, 20 seeds
};

inline constexpr std::array<ExpectedFront, 10> kExpectedFronts{{
    {0, "raspi4", 56, {0.948, 0.982}},
    {0, "gold_6226", 43, {0.984, 0.997}},
    {1, "raspi4", 46, {0.935, 0.985}},
    {1, "fpga", 16, {0.947, 0.983}},
    {1, "eyeriss", 15, {0.950, 0.988}},
    {1, "gold_6226", 51, {0.947, 0.982}},
    {1, "pixel3", 37, {0.930, 0.980}},
    {1, "titan_rtx_256", 50, {0.965, 0.991}},
    {2, "raspi4", 35, {0.931, 0.977}},
    {2, "gold_6226", 46, {0.944, 0.980}},
}};

}  // namespace parnas::bench
