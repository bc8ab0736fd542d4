// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/trial.h"
#include "spaces/template.h"

namespace parnas::search {

// What a cell computes, as a graph of its ops. Skips and nodes are gone: an op reads a sum of
// terms, which are the cell's inputs and other ops, and so is what the cell gives. Ops that no
// input reaches, or that reach no output, are gone too. Two cells with isomorphic graphs are one
// architecture.
struct OpGraph {
    // The i-th input is term i, the j-th op is term inputs + j. Ascending; what is added several
    // times is there once.
    using Terms = std::vector<std::size_t>;
    struct Op {
        std::uint64_t label = 0;  // equal for ops that differ in nothing but their place
        Terms terms;              // at least one, each before the op
    };

    std::size_t inputs = 1;
    std::vector<Op> ops;
    Terms output;  // empty: the cell gives nothing but zeros
};

// The graph of `cell` for a genotype.
OpGraph op_graph(const spaces::Cell& cell,
                 std::span<const spaces::Param> params,
                 const Genotype& genotype);

// Features of an architecture: how much of each property it has, by a hash of the property.
using Counts = std::map<std::uint64_t, double>;

// How often each label is there.
Counts label_counts(const OpGraph& graph);

// 1 for each path from an input to the output, which is its first term and the labels on the way.
// There are at most as many as most_paths() of the cell says.
Counts path_presence(const OpGraph& graph);
// Infinite in effect where it is beyond 10^18.
double most_paths(const spaces::Cell& cell);

// How often each label is there, and each label with what surrounds it up to `depth` steps away,
// towards the inputs (Shervashidze et al., "Weisfeiler-Lehman Graph Kernels", JMLR 12, 2011).
Counts subtree_counts(const OpGraph& graph, int depth);

}  // namespace parnas::search
