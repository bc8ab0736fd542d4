// SPDX-License-Identifier: Apache-2.0
#include "search/weight_sharing/open_choices.h"

#include <algorithm>
#include <set>

#include "core/error.h"
#include "spaces/supernet.h"
#include "spaces/template.h"
#include "spaces/unit_interval.h"

namespace parnas::search {
namespace {

using spaces::Block;
using spaces::ParamIndex;

// Walks a template and notes what its parameters do.
class Finder {
  public:
    explicit Finder(std::span<const spaces::Param> params) : params_(params) {}

    OpenChoices find(const spaces::Template& blueprint) {
        walk(blueprint.body, {});
        const std::vector<spaces::Openness> openness =
            spaces::open_parameters(blueprint, params_.size());
        for (ParamIndex param = 0; param < params_.size(); ++param)
            if (openness[param] == spaces::Openness::closed &&
                spaces::cardinality(params_[param].domain) != 1)
                found_.closed.push_back(param);
        return std::move(found_);
    }

  private:
    struct Place {
        std::string cell;
        bool on_taken_edge = false;
    };

    void walk(const Block& block, const Place& place) {
        std::visit([&](const auto& kind) { enter(kind, block, place); }, block.kind);
    }

    void walk(const std::vector<Block>& blocks, const Place& place) {
        for (const Block& block : blocks)
            walk(block, place);
    }

    void enter(const spaces::Layer&, const Block&, const Place&) {}

    void enter(const spaces::Sequence& sequence, const Block&, const Place& place) {
        walk(sequence.blocks, place);
    }

    void enter(const spaces::Choice& choice, const Block&, const Place& place) {
        if (open_.insert(choice.param).second)
            found_.choices.push_back(describe(choice, place));
        // What an option decides within itself is no op of the cell's edge.
        walk(choice.options, {.cell = place.cell.empty() ? "" : place.cell + ".option"});
    }

    void enter(const spaces::Repeat& repeat, const Block&, const Place& place) {
        walk(repeat.bodies, place);
    }

    void enter(const spaces::Branches& branches, const Block&, const Place& place) {
        walk(branches.blocks, place);
    }

    void enter(const spaces::Cell& cell, const Block& block, const Place& place) {
        walk(cell.prepare, place);
        walk(cell.prepare_larger, place);
        for (const spaces::CellNode& node : cell.nodes) {
            if (node.inputs && open_.insert(*node.inputs).second)
                found_.nodes.push_back(describe(node));
            walk(node.edges, {.cell = block.path, .on_taken_edge = node.inputs.has_value()});
        }
    }

    static OpenNode describe(const spaces::CellNode& node) {
        OpenNode open{.inputs = *node.inputs, .subsets = node.subsets};
        for (const Block& edge : node.edges) {
            const auto* choice = std::get_if<spaces::Choice>(&edge.kind);
            open.choices.push_back(choice != nullptr ? std::optional(choice->param) : std::nullopt);
        }
        return open;
    }

    OpenChoice describe(const spaces::Choice& choice, const Place& place) const {
        OpenChoice open{
            .param = choice.param, .cell = place.cell, .on_taken_edge = place.on_taken_edge};
        const auto& domain = std::get<spaces::Categorical>(params_[choice.param].domain);
        for (std::size_t i = 0; i < choice.options.size(); ++i) {
            const auto* layer = std::get_if<spaces::Layer>(&choice.options[i].kind);
            const std::string type = layer != nullptr ? layer->type->name : "";
            const std::string label = parnas::to_string(domain.choices[i]);
            open.is_none.push_back(type == "zero" || label == "none");
            open.is_skip.push_back(type == "identity" || label.starts_with("skip"));
        }
        return open;
    }

    std::span<const spaces::Param> params_;
    OpenChoices found_;
    std::set<ParamIndex> open_;
};

}  // namespace

OpenChoices find_open_choices(const spaces::SearchSpace& space) {
    const spaces::Template* blueprint = space.shared_weights();
    check(blueprint != nullptr, "only a space with a template has choices to keep open");
    return Finder(space.params()).find(*blueprint);
}

std::size_t chosen(const Genotype& genotype, spaces::ParamIndex param) {
    return static_cast<std::size_t>(std::get<std::int64_t>(genotype.values[param]));
}

Genotype middle_genotype(std::span<const spaces::Param> params) {
    Genotype genotype;
    for (const spaces::Param& param : params)
        genotype.values.push_back(spaces::from_unit(param.domain, 0.5));
    return spaces::normalised(params, std::move(genotype));
}

}  // namespace parnas::search
