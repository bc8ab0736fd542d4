// SPDX-License-Identifier: Apache-2.0
#include "hw_models/measuring/triad.h"

#include <algorithm>
#include <thread>

namespace parnas::hw_models {
namespace {

constexpr std::size_t kBytesOfARun = std::size_t{64} << 20U;  // at least

void go_through(double* a, const double* b, const double* c, std::size_t count) {
    constexpr double kFactor = 0.5;
    for (std::size_t i = 0; i < count; ++i)
        a[i] = b[i] + kFactor * c[i];
    // The compiler may neither leave a round out nor merge two.
    asm volatile("" : : "r"(a) : "memory");
}

}  // namespace

Triad::Triad(std::size_t bytes, int threads)
    : a_(std::max<std::size_t>(bytes / (3 * sizeof(double)), 1), 1.0),
      b_(a_.size(), 2.0),
      c_(a_.size(), 3.0),
      threads_(threads),
      rounds_(1 + kBytesOfARun / (3 * sizeof(double) * a_.size())) {}

void Triad::run() {
    const std::size_t part = a_.size() / static_cast<std::size_t>(threads_);
    const auto work = [&](std::size_t first, std::size_t count) {
        for (std::size_t round = 0; round < rounds_; ++round)
            go_through(a_.data() + first, b_.data() + first, c_.data() + first, count);
    };
    std::vector<std::jthread> others;
    for (int i = 1; i < threads_; ++i)
        others.emplace_back(work, static_cast<std::size_t>(i) * part, part);
    work(0, part);
}

double Triad::bytes_moved() const {
    const std::size_t part = a_.size() / static_cast<std::size_t>(threads_);
    return 3.0 * sizeof(double) * static_cast<double>(part) * threads_ *
           static_cast<double>(rounds_);
}

}  // namespace parnas::hw_models
