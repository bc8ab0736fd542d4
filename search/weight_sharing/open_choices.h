// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "spaces/search_space.h"

namespace parnas::search {

// A choice between blocks that a supernet keeps open.
struct OpenChoice {
    spaces::ParamIndex param = 0;
    std::string cell;  // path of the first cell that has it; empty: it is in none
    // One flag per option: a zero, and an identity or what is named like one (skip, ...).
    std::vector<bool> is_none;
    std::vector<bool> is_skip;
    bool on_taken_edge = false;  // of a node that takes some of its edges only
};

// A cell's node that takes a subset of its edges.
struct OpenNode {
    spaces::ParamIndex inputs = 0;
    std::vector<std::vector<std::size_t>> subsets;           // of edges, by the value of `inputs`
    std::vector<std::optional<spaces::ParamIndex>> choices;  // per edge: its op; none: it is given
};

// What a differentiable search does with the parameters of a space.
struct OpenChoices {
    std::vector<OpenChoice> choices;
    std::vector<OpenNode> nodes;
    // Sizes and repetitions of the network: no weighted sum of them can be trained.
    std::vector<spaces::ParamIndex> closed;
};

// The space must have a template.
OpenChoices find_open_choices(const spaces::SearchSpace& space);

// The option that the genotype has of a choice.
std::size_t chosen(const Genotype& genotype, spaces::ParamIndex param);

// The middle of every domain: what the parameters hold that are not searched.
Genotype middle_genotype(std::span<const spaces::Param> params);

}  // namespace parnas::search
