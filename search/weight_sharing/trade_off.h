// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "search/weight_sharing/additive_cost.h"
#include "search/weight_sharing/discretise.h"

namespace parnas::search {

// A network along the trade-off between an architecture's strengths and a cost.
struct TradeOff {
    Genotype genotype;
    double cost_weight = 0.0;  // mu; 0: the strengths alone decide
    double cost = 0.0;
};

struct TradeOffSearch {
    const spaces::SearchSpace& space;
    const OpenChoices& open;
    const Preferences& preferences;
    Genotype base;
    DiscretiseOptions discretise;
    const AdditiveCost* cost = nullptr;  // null: only the most preferred one is found
    // Whether a genotype may be proposed, and means something new.
    std::function<bool(const Genotype&)> accept;
};

// First the accepted genotype with the smallest cost weight mu that maximises preferences minus mu
// times cost, and among equal ones that with mu >= 0; then up to `others`, spread evenly over the
// costs of all that some mu leads to. Cheaper ones than the first are never none where the first
// may be.
std::vector<TradeOff> trade_offs(const TradeOffSearch& search, std::size_t others);

}  // namespace parnas::search
