// SPDX-License-Identifier: Apache-2.0
#include "search/weight_sharing/open_values.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/error.h"
#include "spaces/count.h"
#include "spaces/overloaded.h"
#include "spaces/template.h"

namespace parnas::search {
namespace {

using spaces::Block;
using spaces::Expression;
using spaces::Param;

constexpr int kRejections = 10'000;
constexpr std::uint64_t kTried = 64;  // values of a parameter that extreme_path() compares
constexpr int kSweeps = 8;

class RoleFinder {
  public:
    explicit RoleFinder(std::size_t params) : roles_(params, Role::none) {}

    void read(const spaces::Template& blueprint) {
        for (const spaces::TemplateInput& input : blueprint.inputs)
            for (const Expression& dimension : input.shape)
                mark(dimension, Role::resolution);
        read(blueprint.body);
    }

    std::vector<Role> take() { return std::move(roles_); }

  private:
    void mark(spaces::ParamIndex param, Role role) {
        Role& known = roles_[param];
        if (known == Role::none || role < known)
            known = role;
    }
    void mark(const Expression& expression, Role role) {
        for (const spaces::ParamIndex param : expression.params())
            mark(param, role);
    }

    void read(const std::vector<Block>& blocks) {
        for (const Block& block : blocks)
            read(block);
    }

    void read(const Block& block) {
        std::visit(spaces::Overloaded{[&](const spaces::Layer& layer) { read(layer); },
                                      [&](const spaces::Sequence& each) { read(each.blocks); },
                                      [&](const spaces::Branches& each) { read(each.blocks); },
                                      [&](const spaces::Choice& choice) {
                                          mark(choice.param, Role::path);
                                          read(choice.options);
                                      },
                                      [&](const spaces::Repeat& repeat) {
                                          mark(repeat.times, Role::depth);
                                          read(repeat.bodies);
                                      },
                                      [&](const spaces::Cell& cell) { read(cell); }},
                   block.kind);
    }

    void read(const spaces::Cell& cell) {
        for (const spaces::CellNode& node : cell.nodes) {
            if (node.inputs)
                mark(*node.inputs, Role::path);
            read(node.edges);
        }
        read(cell.prepare);
        read(cell.prepare_larger);
    }

    void read(const spaces::Layer& layer) {
        static const std::set<std::string, std::less<>> kWidths{
            "out", "expand", "hidden", "features", "ratio", "se_ratio", "heads"};
        for (std::size_t i = 0; i < layer.attributes.size(); ++i) {
            const spaces::AttributeType& type = layer.type->attributes[i];
            mark(layer.attributes[i],
                 type.name == "kernel"         ? Role::kernel
                 : kWidths.contains(type.name) ? Role::width
                                               : Role::path);
        }
    }

    std::vector<Role> roles_;
};

std::optional<double> as_number(const Scalar& scalar) {
    if (const auto* integer = std::get_if<std::int64_t>(&scalar))
        return static_cast<double>(*integer);
    if (const auto* real = std::get_if<double>(&scalar))
        return *real;
    return std::nullopt;
}

// What extreme_path() compares: the open values, or those of the domain.
std::vector<Value> values_to_try(const spaces::Domain& domain, const std::vector<Value>& open) {
    if (!open.empty())
        return open;
    const std::optional<std::uint64_t> count = spaces::cardinality(domain);
    if (!count || *count > kTried) {
        if (const auto* real = std::get_if<spaces::Real>(&domain))
            return {real->low, real->high};
        return {spaces::value_at(domain, 0), spaces::value_at(domain, *count - 1)};
    }
    std::vector<Value> values;
    for (std::uint64_t i = 0; i < *count; ++i)
        values.push_back(spaces::value_at(domain, i));
    return values;
}

// The open values at one end; the first if they have no order.
Genotype start(const spaces::SearchSpace& space, const OpenValues& open, Extreme extreme) {
    Genotype genotype;
    for (std::size_t i = 0; i < open.size(); ++i) {
        const spaces::Domain& domain = space.params()[i].domain;
        const std::vector<Value> values = values_to_try(domain, open[i]);
        std::vector<Value> ordered = by_size(domain);
        std::erase_if(ordered, [&](const Value& value) {
            return std::ranges::find(values, value) == values.end();
        });
        if (ordered.empty())
            genotype.values.push_back(std::holds_alternative<spaces::Categorical>(domain) ||
                                              extreme == Extreme::smallest
                                          ? values.front()
                                          : values.back());
        else
            genotype.values.push_back(extreme == Extreme::largest ? ordered.back()
                                                                  : ordered.front());
    }
    genotype = spaces::normalised(space.params(), std::move(genotype));
    if (space.feasible(genotype))
        return genotype;
    Rng rng(0);
    return draw_open(space, open, rng);
}

// With this value; what it wakes gets an open value.
Genotype with_value(const spaces::SearchSpace& space,
                    const OpenValues& open,
                    Genotype genotype,
                    const std::pair<spaces::ParamIndex, Value>& set) {
    const std::vector<bool> was_active = spaces::active(space.params(), genotype);
    genotype.values[set.first] = set.second;
    for (std::size_t p = 0; p < open.size(); ++p)
        if (!was_active[p] && !open[p].empty())
            genotype.values[p] = open[p].front();
    return spaces::normalised(space.params(), std::move(genotype));
}

}  // namespace

std::vector<Role> roles(const spaces::SearchSpace& space) {
    RoleFinder finder(space.params().size());
    if (const spaces::Template* blueprint = space.shared_weights())
        finder.read(*blueprint);
    return finder.take();
}

std::vector<Value> by_size(const spaces::Domain& domain) {
    const std::optional<std::uint64_t> count = spaces::cardinality(domain);
    if (!count || *count > kTried)
        return {};
    std::vector<std::pair<double, Value>> sized;
    const auto* categorical = std::get_if<spaces::Categorical>(&domain);
    for (std::uint64_t i = 0; i < *count; ++i) {
        const Value value = spaces::value_at(domain, i);
        std::optional<double> size = static_cast<double>(i);
        if (categorical != nullptr && !categorical->ordered)
            size = as_number(categorical->choices[static_cast<std::size_t>(i)]);
        if (!size)
            return {};
        sized.emplace_back(*size, value);
    }
    std::ranges::sort(sized, {}, &std::pair<double, Value>::first);
    std::vector<Value> values;
    for (const auto& [size, value] : sized)
        values.push_back(value);
    return values;
}

Genotype draw_open(const spaces::SearchSpace& space, const OpenValues& open, Rng& rng) {
    for (int i = 0; i < kRejections; ++i) {
        Genotype genotype;
        for (std::size_t p = 0; p < open.size(); ++p)
            genotype.values.push_back(open[p].empty()
                                          ? spaces::sample(space.params()[p].domain, rng)
                                          : rng.pick(open[p]));
        genotype = spaces::normalised(space.params(), std::move(genotype));
        if (space.feasible(genotype))
            return genotype;
    }
    throw Error(ErrorKind::invalid_input,
                "none of 10,000 random sub-networks with the open values meets the space's "
                "requirements");
}

double path_cost(const spaces::SearchSpace& space, const Genotype& genotype) {
    const spaces::Decoded decoded = space.decode(genotype);
    check(decoded.network != nullptr, "a sub-network has a network");
    return static_cast<double>(spaces::count(*decoded.network).multiply_adds);
}

Genotype extreme_path(const spaces::SearchSpace& space, const OpenValues& open, Extreme extreme) {
    const double sign = extreme == Extreme::largest ? 1.0 : -1.0;
    Genotype best = start(space, open, extreme);
    double best_cost = sign * path_cost(space, best);
    for (int sweep = 0; sweep < kSweeps; ++sweep) {
        const Genotype before = best;
        for (std::size_t p = 0; p < open.size(); ++p) {
            if (!spaces::active(space.params(), best)[p])
                continue;
            for (const Value& value : values_to_try(space.params()[p].domain, open[p])) {
                Genotype other = with_value(space, open, best, {p, value});
                if (other == best || !space.feasible(other))
                    continue;
                const double cost = sign * path_cost(space, other);
                if (cost <= best_cost)
                    continue;
                best = std::move(other);
                best_cost = cost;
            }
        }
        if (best == before)
            break;
    }
    return best;
}

Genotype full_genotype(const spaces::SearchSpace& space) {
    Genotype full = extreme_path(space, OpenValues(space.params().size()), Extreme::largest);
    const std::vector<bool> is_active = spaces::active(space.params(), full);
    for (std::size_t p = 0; p < is_active.size(); ++p) {
        const std::vector<Value> ordered = by_size(space.params()[p].domain);
        if (!is_active[p] && !ordered.empty())
            full.values[p] = ordered.back();
    }
    return full;
}

}  // namespace parnas::search
