// SPDX-License-Identifier: Apache-2.0
#include "spaces/supernet.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "spaces/supernet_options.h"
#include "spaces/template_walker.h"

namespace parnas::spaces {
namespace {

void check_options(std::span<const Param> params,
                   std::span<const Openness> roles,
                   const SupernetOptions& options) {
    validate(params, options.base);
    Faults faults;
    if (options.options.size() != params.size())
        faults.add("",
                   fmt::format("expected the kept options of {} parameters, got {}",
                               params.size(),
                               options.options.size()));
    for (ParamIndex i = 0; i < std::min(params.size(), options.options.size()); ++i) {
        const std::vector<std::size_t>& kept = options.options[i];
        if (kept.empty())
            continue;
        if (roles[i] != Openness::options && roles[i] != Openness::edges)
            faults.add(params[i].name, "it is neither a choice nor the inputs of a cell's node");
        else if (!std::ranges::is_sorted(kept, std::ranges::less_equal{}) ||
                 kept.back() >= std::get<Categorical>(params[i].domain).choices.size())
            faults.add(params[i].name,
                       fmt::format("expected ascending indices of its {} options, got {}",
                                   std::get<Categorical>(params[i].domain).choices.size(),
                                   fmt::join(kept, ", ")));
    }
    if (options.partial_channels < 1)
        faults.add("partial_channels",
                   fmt::format("expected 1 or more, got {}", options.partial_channels));
    if (!(options.depth > 0.0 && options.depth <= 1.0))
        faults.add("depth", fmt::format("expected a share in (0, 1], got {}", options.depth));
    faults.throw_if_any();
}

// Parameters that are kept with one option are made to have it.
Genotype base_of(const SupernetOptions& options) {
    Genotype base = options.base;
    for (ParamIndex i = 0; i < options.options.size(); ++i)
        if (options.options[i].size() == 1)
            base.values[i] = static_cast<std::int64_t>(options.options[i].front());
    return base;
}

class Keeper : public TemplateWalker {
  public:
    Keeper(const Template& blueprint,
           std::span<const Param> params,
           const Genotype& base,
           const SupernetOptions& options)
        : TemplateWalker(blueprint, params, base), options_(&options) {}

    std::vector<Strength> take_strengths() { return std::move(strengths_); }
    const std::vector<MixedRange>& ranges() const { return ranges_; }

  private:
    bool is_kept(ParamIndex param) const { return options_->options[param].size() > 1; }

    ValueId emit_choice(const Choice& choice, const Block& block, ValueId input) override {
        if (!is_kept(choice.param))
            return TemplateWalker::emit_choice(choice, block, input);
        const std::vector<std::size_t>& kept = options_->options[choice.param];
        const bool outermost = !std::exchange(within_, true);
        const std::size_t first = builder().node_count();
        std::vector<ValueId> terms;
        for (const std::size_t option : kept) {
            const ValueId term = emit_option(choice, option, input);
            terms.push_back(term != input
                                ? term
                                : builder().add(choice.options[option].path, Identity{}, {input}));
        }
        if (outermost) {
            within_ = false;
            if (!probing())
                ranges_.push_back({.first = first, .mix = builder().node_count(), .input = input});
        }
        return mix(block.path + ".mix",
                   {.kind = Strength::Kind::options,
                    .param = choice.param,
                    .entries = kept,
                    .name = params()[choice.param].name},
                   terms);
    }

    std::vector<std::size_t> edges_of(const CellNode& node) const override {
        if (!node.inputs || !is_kept(*node.inputs))
            return TemplateWalker::edges_of(node);
        std::set<std::size_t> edges;
        for (const std::size_t subset : options_->options[*node.inputs])
            edges.insert(node.subsets[subset].begin(), node.subsets[subset].end());
        return {edges.begin(), edges.end()};
    }

    ValueId sum(const CellNode& node,
                const std::string& path,
                const std::vector<std::size_t>& edges,
                const std::vector<ValueId>& terms) override {
        const auto kept_choice = [&](std::size_t edge) {
            const auto* choice = std::get_if<Choice>(&node.edges[edge].kind);
            return choice != nullptr && is_kept(choice->param);
        };
        const auto first = std::ranges::find_if(edges, kept_choice);
        const bool mixes = first != edges.end() || (node.inputs && is_kept(*node.inputs));
        if (terms.size() == 1 || !mixes)
            return TemplateWalker::sum(node, path, edges, terms);
        Strength strength{.kind = Strength::Kind::edges, .entries = edges};
        if (node.inputs) {
            strength.param = *node.inputs;
            strength.name = params()[*node.inputs].name;
        } else {
            strength.param = std::get<Choice>(node.edges[*first].kind).param;
            const std::string& edge = params()[strength.param].name;
            strength.name = edge.substr(0, edge.rfind('.')) + ".edges";
        }
        return mix(path, std::move(strength), terms);
    }

    std::size_t repetitions(std::size_t times) const override {
        if (times == 0)
            return 0;
        const double share = std::round(options_->depth * static_cast<double>(times));
        return std::max<std::size_t>(1, static_cast<std::size_t>(share));
    }

    ValueId mix(const std::string& name, Strength strength, const std::vector<ValueId>& terms) {
        return builder().add(
            name, Mix{.strength = probing() ? 0 : index_of(std::move(strength))}, terms);
    }

    // Places that share a choice have one strength.
    std::int64_t index_of(Strength strength) {
        const auto found = std::ranges::find(strengths_, strength);
        const auto index = found - strengths_.begin();
        if (found == strengths_.end())
            strengths_.push_back(std::move(strength));
        return index;
    }

    const SupernetOptions* options_;
    std::vector<Strength> strengths_;
    std::vector<MixedRange> ranges_;
    bool within_ = false;  // an option of a mix
};

}  // namespace

Supernet keep_choices(const Template& blueprint,
                      std::span<const Param> params,
                      const SupernetOptions& options) {
    check_options(params, open_parameters(blueprint, params.size()), options);
    const Genotype base = base_of(options);
    Keeper keeper(blueprint, params, base, options);
    Network network = keeper.run();
    return {.network = change_options(network,
                                      keeper.ranges(),
                                      {.partial_channels = options.partial_channels,
                                       .search_norms = options.search_norms}),
            .strengths = keeper.take_strengths()};
}

}  // namespace parnas::spaces
