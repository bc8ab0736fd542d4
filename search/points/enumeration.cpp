// SPDX-License-Identifier: Apache-2.0
#include "search/points/enumeration.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "core/error.h"

namespace parnas::search {
namespace {

using spaces::Param;
using spaces::ParamIndex;

constexpr std::uint64_t kMostValues = 1'000'000;
constexpr std::uint64_t kMostPoints = std::uint64_t{1} << 63;

[[noreturn]] void refuse() {
    throw Error(ErrorKind::invalid_input, "there are more than 2^63 points");
}

std::uint64_t times(std::uint64_t a, std::uint64_t b) {
    if (a > kMostPoints / b)
        refuse();
    return a * b;
}

std::uint64_t plus(std::uint64_t a, std::uint64_t b) {
    if (a > kMostPoints - b)
        refuse();
    return a + b;
}

std::vector<Axis> all_axes(std::span<const Param> params) {
    std::vector<Axis> axes;
    for (const Param& param : params)
        axes.push_back(all_values(param.domain));
    return axes;
}

}  // namespace

Axis all_values(const spaces::Domain& domain) {
    const std::optional<std::uint64_t> count = spaces::cardinality(domain);
    if (!count || *count > kMostValues)
        throw Error(ErrorKind::invalid_input,
                    count ? fmt::format("{} values are too many to go through", *count)
                          : "the values are not countable");
    Axis values;
    for (std::uint64_t i = 0; i < *count; ++i)
        values.push_back(spaces::value_at(domain, i));
    return values;
}

Enumeration::Enumeration(std::span<const Param> params, std::vector<Axis> axes) : params_(params) {
    check(axes.size() == params.size(), "Enumeration: one axis per parameter");
    for (ParamIndex i = 0; i < params.size(); ++i) {
        trees_.push_back({.axis = std::move(axes[i])});
        if (params[i].condition)
            trees_[params[i].condition->parent].children.push_back(i);
        else
            roots_.push_back(i);
    }
    for (ParamIndex i = params.size(); i-- > 0;) {  // children before their parents
        std::uint64_t end = 0;
        for (const Value& value : trees_[i].axis) {
            end = plus(end, ways(trees_[i], value));
            trees_[i].ends.push_back(end);
        }
    }
    for (const ParamIndex root : roots_)
        size_ = times(size_, trees_[root].ends.back());
}

Enumeration::Enumeration(std::span<const Param> params) : Enumeration(params, all_axes(params)) {}

std::uint64_t Enumeration::ways(const Tree& tree, const Value& value) const {
    std::uint64_t product = 1;
    for (const ParamIndex child : tree.children)
        if (spaces::holds(*params_[child].condition, value))
            product = times(product, trees_[child].ends.back());
    return product;
}

std::pair<Value, std::uint64_t> Enumeration::split(ParamIndex param, std::uint64_t index) const {
    const Tree& tree = trees_[param];
    const auto end = std::ranges::upper_bound(tree.ends, index);
    const std::uint64_t begin = end == tree.ends.begin() ? 0 : *std::prev(end);
    return {tree.axis[static_cast<std::size_t>(end - tree.ends.begin())], index - begin};
}

Genotype Enumeration::at(std::uint64_t index) const {
    check(index < size_, "Enumeration: no such genotype");
    std::vector<std::optional<std::uint64_t>> indices(params_.size());  // of the active trees
    const auto distribute = [&](const std::vector<ParamIndex>& trees, std::uint64_t rest) {
        for (auto tree = trees.rbegin(); tree != trees.rend(); ++tree) {
            const std::uint64_t count = trees_[*tree].ends.back();
            indices[*tree] = rest % count;
            rest /= count;
        }
    };
    distribute(roots_, index);
    Genotype genotype;
    for (ParamIndex i = 0; i < params_.size(); ++i) {
        if (!indices[i]) {
            genotype.values.push_back(spaces::first_value(params_[i].domain));
            continue;
        }
        const auto [value, rest] = split(i, *indices[i]);
        genotype.values.push_back(value);
        std::vector<ParamIndex> awake;
        for (const ParamIndex child : trees_[i].children)
            if (spaces::holds(*params_[child].condition, value))
                awake.push_back(child);
        distribute(awake, rest);
    }
    return genotype;
}

}  // namespace parnas::search
