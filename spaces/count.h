// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "spaces/network.h"

namespace parnas::spaces {

// Costs of one inference of one sample.
//
// A multiply-add is one multiplication and addition in a convolution, linear layer,
// attention, recurrent cell or message passing; a bias and an elementwise product count
// one per output. Normalisation, activation and pooling count none: the convention under
// which NAS-Bench-201's and the mobile networks' figures are published.
struct Count {
    std::int64_t multiply_adds = 0;
    std::int64_t parameters = 0;     // trained values; running statistics are not among them
    std::int64_t weight_bytes = 0;   // parameters by the node's precision
    std::int64_t bytes_read = 0;     // activations and weights, each op's inputs once
    std::int64_t bytes_written = 0;  // activations
    // The most activation memory alive at once, when nodes run in order and a value is
    // freed after its last use.
    std::int64_t peak_activation_bytes = 0;
};

// Sizes of a network's symbols; a symbol without one counts as 1.
using SymbolSizes = std::map<std::string, std::int64_t, std::less<>>;

Count count(const Network& network, const SymbolSizes& sizes = {});

// One entry per node: the same figures, without the peak.
std::vector<Count> count_nodes(const Network& network, const SymbolSizes& sizes = {});

}  // namespace parnas::spaces
