// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/cma_es/restarts.h"

#include <algorithm>
#include <cmath>

namespace parnas::search {

RestartSchedule::RestartSchedule(Restarts kind, const CmaRun& first)
    : kind_(kind), first_(first), large_(first.population) {}

CmaRun RestartSchedule::next(std::size_t evaluations, Rng& rng) {
    if (!first_run_)
        (small_run_ ? spent_small_ : spent_large_) += evaluations;
    small_run_ = kind_ == Restarts::bipop && !first_run_ && spent_small_ < spent_large_;
    first_run_ = false;
    if (!small_run_) {
        constexpr std::size_t kMost = 100'000;
        large_ = std::min(2 * large_, kMost);
        return {.population = large_, .sigma = first_.sigma};
    }
    const double exponent = std::pow(rng.uniform(), 2.0);
    const auto smallest = static_cast<double>(first_.population);
    const double half = 0.5 * static_cast<double>(large_) / smallest;
    return {.population = static_cast<std::size_t>(smallest * std::pow(half, exponent)),
            .sigma = first_.sigma * std::pow(10.0, -2.0 * rng.uniform())};
}

}  // namespace parnas::search
