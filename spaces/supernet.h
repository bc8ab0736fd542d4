// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/trial.h"
#include "spaces/network.h"
#include "spaces/template.h"

namespace parnas::spaces {

// The supernet of a template, as a network: choices are kept instead of made.

// What an architecture parameter can be in a supernet.
enum class Openness {
    options,  // a choice: its options are mixed
    edges,    // which inputs a cell's node takes: all of them are mixed
    closed,   // read by an expression (a width, a kernel, a number of repetitions): one value
    none,     // the network does not depend on it
};
// One entry per parameter.
std::vector<Openness> open_parameters(const Template& blueprint, std::size_t params);

struct SupernetOptions {
    // The values of what is not kept. A choice that is kept wakes the parameters of all its
    // options, so those that the genotype leaves inactive count with the values it has.
    Genotype base;
    // Per parameter the options that are kept, ascending; empty, or one: it is not kept, and has
    // the value in `base`, or that one. Of the inputs of a cell's node: subsets, whose union the
    // node reads.
    std::vector<std::vector<std::size_t>> options;
    // K: mixed options get the first of K parts of the channels, the rest goes past them, and all
    // are shuffled (Xu et al., "PC-DARTS", 2020). 1: all channels. Weights are then not those of
    // decode(): an option has a K-th of its channels.
    std::int64_t partial_channels = 1;
    // The share of each repeat's bodies that is there, rounded, at least one (Chen et al.,
    // "Progressive DARTS", 2019).
    double depth = 1.0;
    // Norms within mixed options do not learn, and each pool in them is followed by such a norm,
    // "<pool>.norm" (Liu et al., "DARTS", 2019, section A.1.1). Otherwise options could
    // rescale what their weights in the mix say.
    bool search_norms = false;
};

// Architecture weights: one for each entry.
struct Strength {
    enum class Kind { options, edges } kind = Kind::options;
    // options: the choice; edges: the node's `inputs`, or if it takes all the first edge's choice.
    ParamIndex param = 0;
    std::vector<std::size_t> entries;  // options that are kept, or edges
    // Unique: the parameter's name, with ".edges" in place of its last part for edges without
    // `inputs`.
    std::string name;

    bool operator==(const Strength&) const = default;
};

struct Supernet {
    // A node with op Mix{strength} has one input per entry of strengths[strength], in order. All
    // other nodes have the names that they have in decode(): "<node>.weight" is one and the same
    // weight in the supernet and in every network of the space.
    Network network;
    std::vector<Strength> strengths;  // several mixes may have one: places that share a choice
};

// Keeps choices: the kept options of a choice at `path` read the same value and are mixed by
// "<path>.mix". In a cell with a kept choice or kept inputs, a node of two or more edges is a
// mix where decode() has a sum. Options that are zeros stay nodes with op Zero, and one that adds
// no node is an Identity named by its path. Throws Error(invalid_input) as decode() does, for an
// entry of `options` that its parameter does not have or that cannot be kept, and for channels
// that are not divisible by `partial_channels`.
Supernet keep_choices(const Template& blueprint,
                      std::span<const Param> params,
                      const SupernetOptions& options);

}  // namespace parnas::spaces
