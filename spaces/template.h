// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "spaces/expression.h"
#include "spaces/layer_type.h"
#include "spaces/network.h"
#include "spaces/param.h"

namespace parnas::spaces {

// A network with its choices open, as a space document describes it: what a decoder turns
// into one network by making every choice, and a supernet into shared weights by keeping
// them. Definitions are expanded: every place has blocks of its own, and places that share
// a choice name the same parameter.
struct Block;

struct Layer {
    const LayerType* type = nullptr;
    std::shared_ptr<const CustomOp> custom;  // whose layer it is; null: it is built in
    std::vector<Expression> attributes;      // one per attribute of the type
};

struct Sequence {
    std::vector<Block> blocks;
};

// Exactly one of several blocks of equal output shape.
struct Choice {
    ParamIndex param = 0;  // categorical, one value per option
    std::vector<Block> options;
};

// The first `times` of the bodies, in order.
struct Repeat {
    Expression times;
    std::vector<Block> bodies;
};

enum class Join { add, concat, multiply };

// Parallel blocks that read the same value.
struct Branches {
    Join join = Join::add;
    std::vector<Block> blocks;
};

// A node is the sum of its edges.
struct CellNode {
    // Categorical over `subsets`; none: the node reads all its edges.
    std::optional<ParamIndex> inputs;
    std::vector<std::vector<std::size_t>> subsets;  // of edges, by index
    std::vector<std::size_t> from;                  // one per edge
    std::vector<Block> edges;                       // the op on each edge
};

enum class Combine { last, concat, add };

// A directed graph of nodes. With two inputs these are the input of the cell before and
// the value that comes in (c_{k-2} and c_{k-1} of Liu et al., "DARTS", 2019).
struct Cell {
    std::size_t inputs = 1;
    std::vector<CellNode> nodes;
    Combine combine = Combine::last;    // of the nodes, into the cell's value
    std::vector<Block> prepare;         // one per input, or none
    std::vector<Block> prepare_larger;  // in its place for an input larger than the last one
};

struct Block {
    std::string path;               // unique; names of nodes begin with it
    std::vector<std::string> from;  // named values to read instead of the one before
    std::string name;               // under which `from` finds its value; may be empty
    std::string output;             // a second name, of a further output; empty: it is none
    std::variant<Layer, Sequence, Choice, Repeat, Branches, Cell> kind;
};

struct TemplateInput {
    std::string name;
    DType dtype = DType::fp32;
    std::vector<Expression> shape;  // a text value is a symbol
};

// Has to be true where all its parameters are active.
struct Requirement {
    Expression condition;
    std::string text;  // as the document has it
};

struct Template {
    std::vector<TemplateInput> inputs;
    std::int64_t classes = 0;  // of the document's `output`; 0 if it says nothing
    Block body;
    std::vector<Requirement> requirements;
};

}  // namespace parnas::spaces
