// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "core/hash.h"
#include "spaces/network.h"

namespace parnas::spaces {

// To or from another vertex. The tag is the position among the reader's inputs or, where
// the reader is a sum, how often it takes the term (modulo 2^64).
struct Edge {
    std::uint32_t vertex = 0;
    std::uint64_t tag = 0;
};

// Two networks are the same architecture iff their normal graphs are isomorphic: labels
// say all of a vertex but its edges, and every vertex comes after its inputs.
struct Graph {
    std::vector<Digest> labels;
    std::vector<std::vector<Edge>> inputs;
    std::vector<std::vector<Edge>> readers;
};

// Of the simplified network, with one vertex for each input, output, op and sum, where
//  - a sum is a multiset of terms that are no sums: it absorbs those of the sums it reads
//    (if of its precision), even if others read them too;
//  - sums of the same terms are one vertex, and a sum that takes one term once is the term;
//  - zeros of one shape are one vertex without inputs.
Graph normal_graph(const Network& network);

}  // namespace parnas::spaces
