// SPDX-License-Identifier: Apache-2.0
#include "search/multi_fidelity/levels.h"

#include <cmath>

namespace parnas::search {
namespace {

constexpr double kRounding = 1e-9;  // of 1/27, written as a decimal or computed

}  // namespace

Levels::Levels(std::int64_t eta, double min_fidelity) : eta_(eta) {
    for (double share = 1.0 / static_cast<double>(eta); share >= min_fidelity * (1.0 - kRounding);
         share /= static_cast<double>(eta))
        ++count_;
}

double Levels::fidelity(std::size_t level) const {
    return 1.0 / std::pow(static_cast<double>(eta_), static_cast<double>(top() - level));
}

std::optional<std::size_t> Levels::of(double fidelity) const {
    for (std::size_t level = 0; level < count_; ++level)
        if (std::abs(fidelity / this->fidelity(level) - 1.0) < kRounding)
            return level;
    return std::nullopt;
}

}  // namespace parnas::search
