// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/branches/branch_space.h"

namespace parnas::search {

std::optional<spaces::ParamIndex> find_fork(std::span<const spaces::Param> params) {
    std::vector<std::size_t> root(params.size());  // the unconditional ancestor
    std::vector<std::size_t> woken(params.size(), 0);
    for (std::size_t i = 0; i < params.size(); ++i) {
        root[i] = params[i].condition ? root[params[i].condition->parent] : i;
        if (root[i] != i)
            ++woken[root[i]];
    }
    std::optional<spaces::ParamIndex> fork;
    for (std::size_t i = 0; i < params.size(); ++i) {
        const auto* domain = std::get_if<spaces::Categorical>(&params[i].domain);
        if (woken[i] == 0 || domain == nullptr || domain->ordered)
            continue;
        if (fork)
            return std::nullopt;
        fork = i;
    }
    if (fork && 2 * woken[*fork] < params.size())
        return std::nullopt;
    return fork;
}

BranchSpace::BranchSpace(const spaces::SearchSpace& whole,
                         spaces::ParamIndex fork,
                         std::int64_t choice)
    : whole_(whole) {
    const std::span<const spaces::Param> params = whole.params();
    std::vector<std::optional<spaces::ParamIndex>> kept(params.size());  // here, by place there
    for (spaces::ParamIndex i = 0; i < params.size(); ++i) {
        base_.values.push_back(i == fork ? Value(choice) : spaces::first_value(params[i].domain));
        if (i == fork)
            continue;
        spaces::Param param = params[i];
        if (param.condition && param.condition->parent == fork) {
            if (!spaces::holds(*param.condition, Value(choice)))
                continue;
            param.condition.reset();
        } else if (param.condition) {
            if (!kept[param.condition->parent])
                continue;
            param.condition->parent = *kept[param.condition->parent];
        }
        kept[i] = params_.size();
        places_.push_back(i);
        params_.push_back(std::move(param));
    }
}

Genotype BranchSpace::whole(const Genotype& part) const {
    Genotype result = base_;
    for (std::size_t i = 0; i < places_.size(); ++i)
        result.values[places_[i]] = part.values[i];
    return result;
}

Genotype BranchSpace::part(const Genotype& whole) const {
    Genotype result;
    for (const spaces::ParamIndex place : places_)
        result.values.push_back(whole.values[place]);
    return result;
}

}  // namespace parnas::search
