// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/container/static_vector.hpp>
#include <cstdint>
#include <vector>

#include "spaces/network.h"

namespace parnas::spaces {

// Nodes that a runtime runs as one: a convolution or linear layer with the batch norm
// and activation that alone read it, and a sum or product with the activation after it.
// Other normalisations need statistics of their input and are kernels of their own.
struct Kernel {
    static constexpr std::size_t kMostNodes = 3;
    boost::container::static_vector<std::size_t, kMostNodes> nodes;  // of the network, in order
};

// Every node except identities and zeros, each in one kernel, in execution order.
std::vector<Kernel> kernels(const Network& network);

}  // namespace parnas::spaces
