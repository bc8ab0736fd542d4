// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "spaces/network.h"

namespace parnas::hw_models {

// What a runtime makes of a network: which nodes it runs as one, and what it leaves out.
struct FusionRules {
    bool conv_norm = false;        // a batch norm after a convolution
    bool conv_activation = false;  // an activation after that, or after a convolution
    bool depthwise_norm = false;   // the same of depthwise convolutions
    bool depthwise_activation = false;
    bool sum_activation = false;  // an activation after a sum or product
    bool folds_zeros = false;     // what only computes with zeros is not run
    bool merges_equal = false;    // what is computed twice is run once (spaces/equal_values.h)

    bool operator==(const FusionRules&) const = default;
};

// Work of one inference of one sample.
struct KernelWork {
    double multiply_adds = 0.0;
    double bytes = 0.0;         // of activations: read and written
    double weight_bytes = 0.0;  // read once for a batch

    bool operator==(const KernelWork&) const = default;
};

// One kernel as a network of its own, with its inputs as inputs.
struct KernelCase {
    // All that its time on a target depends on: "conv out=16 kernel=3x3, norm @ 3x32x32".
    std::string key;
    // What it shares with kernels that the same code runs on other sizes: "conv 3x3, norm".
    std::string kind;
    KernelWork work;
    spaces::Network network;
};

// A network as a target sees it: what the rules fuse, one after the other.
struct KernelList {
    std::vector<KernelCase> kernels;
    int branches = 0;  // inputs of sums, products and concatenations beyond each's first
};

// The network's kernels in execution order. Identities are none; zeros are kernels unless the
// rules fold them. The network must be valid.
KernelList split_kernels(const spaces::Network& network, const FusionRules& rules);

}  // namespace parnas::hw_models
