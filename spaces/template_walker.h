// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/trial.h"
#include "spaces/network_builder.h"
#include "spaces/template.h"

namespace parnas::spaces {

// Walks a template once and adds its nodes to a network. It makes every choice as the
// genotype says; who does otherwise overrides the place where the choice is made. What it
// is made from has to outlive it. Throws Error(invalid_input), its place the block's path.
class TemplateWalker {
  public:
    TemplateWalker(const Template& blueprint,
                   std::span<const Param> params,
                   const Genotype& genotype)
        : blueprint_(&blueprint), params_(params), genotype_(&genotype) {}
    TemplateWalker(const TemplateWalker&) = delete;
    TemplateWalker& operator=(const TemplateWalker&) = delete;
    virtual ~TemplateWalker() = default;

    Network run();

  protected:
    virtual ValueId emit_choice(const Choice& choice, const Block& block, ValueId input);
    // The edges that a cell's node reads, ascending.
    virtual std::vector<std::size_t> edges_of(const CellNode& node) const;
    // The value of a cell's node: the sum of its edges' values.
    virtual ValueId sum(const CellNode& node,
                        const std::string& path,
                        const std::vector<std::size_t>& edges,
                        const std::vector<ValueId>& terms);
    // How many bodies of a repeat are there when `times` are asked for.
    virtual std::size_t repetitions(std::size_t times) const { return times; }

    ValueId emit_option(const Choice& choice, std::size_t chosen, ValueId input);
    // The shape of what the option gives; all that it adds is taken back.
    Shape shape_of_option(const Choice& choice, std::size_t chosen, ValueId input);
    // True while nodes are added that will be taken back.
    bool probing() const { return probing_; }
    std::size_t chosen(ParamIndex param) const;
    std::span<const Param> params() const { return params_; }
    NetworkBuilder& builder() { return builder_; }

  private:
    Bindings bindings(std::optional<std::int64_t> same) const;
    ValueId add_input(const TemplateInput& input);
    std::int64_t symbol_index(const std::string& symbol);
    // With `wanted`, an identity that projects its input to this shape.
    ValueId emit(const Block& block, ValueId value, const Shape* wanted = nullptr);
    std::vector<ValueId> named(const Block& block) const;
    ValueId emit(const Layer& layer, const Block& block, const std::vector<ValueId>& inputs);
    ValueId emit(const Sequence& sequence, const Block& block, const std::vector<ValueId>& inputs);
    ValueId emit(const Choice& choice, const Block& block, const std::vector<ValueId>& inputs);
    ValueId emit(const Repeat& repeat, const Block& block, const std::vector<ValueId>& inputs);
    ValueId emit(const Branches& branches, const Block& block, const std::vector<ValueId>& inputs);
    ValueId emit(const Cell& cell, const Block& block, const std::vector<ValueId>& inputs);
    bool projects(const Block& block) const;
    const Block* first_without_projection(const std::vector<Block>& blocks) const;
    template <typename Emit>
    Shape shape_after(const Emit& emit_value);
    ValueId project(const std::string& path, ValueId value, const Shape& wanted);
    std::vector<ValueId> emit_branches(const std::vector<Block>& blocks, ValueId value);
    std::int64_t concat_axis(ValueId value) const;
    std::vector<ValueId> cell_inputs(const Cell& cell,
                                     const Block& block,
                                     const std::vector<ValueId>& inputs) const;
    void prepare(const Cell& cell, std::vector<ValueId>& values);

    const Template* blueprint_;
    std::span<const Param> params_;
    const Genotype* genotype_;
    NetworkBuilder builder_;
    std::map<std::string, ValueId> named_;
    std::vector<ValueId> outputs_;
    std::vector<std::string> symbols_;
    std::optional<ValueId> cell_before_;  // the value that came into the cell before
    bool probing_ = false;
};

}  // namespace parnas::spaces
