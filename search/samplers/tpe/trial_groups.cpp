// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/tpe/trial_groups.h"

#include <algorithm>
#include <iterator>
#include <variant>

#include "search/fronts/hypervolume_subset.h"

namespace parnas::search {
namespace {

// Choosing among a front by hypervolume takes time that grows with the square of this; of more
// the least crowded ones are as good.
constexpr std::size_t kMostSpread = 64;

using spaces::Condition;
using spaces::Param;
using spaces::ParamIndex;

bool equal(const std::optional<Condition>& a, const std::optional<Condition>& b) {
    if (!a || !b)
        return a.has_value() == b.has_value();
    if (a->parent != b->parent || a->active.index() != b->active.index())
        return false;
    if (const auto* choices = std::get_if<spaces::ChoiceSet>(&a->active))
        return choices->indices == std::get<spaces::ChoiceSet>(b->active).indices;
    const auto& left = std::get<spaces::Interval>(a->active);
    const auto& right = std::get<spaces::Interval>(b->active);
    return left.low == right.low && left.high == right.high;
}

void add_param(ParamGroup& group, ParamIndex index, const Param& param) {
    ParzenAxis axis(param.domain);
    const bool interval = axis.kind() == ParzenAxis::Kind::interval;
    const auto place =
        interval ? std::ranges::count(group.axes, ParzenAxis::Kind::interval, &ParzenAxis::kind)
                 : static_cast<std::ptrdiff_t>(group.axes.size());
    group.params.insert(group.params.begin() + place, index);
    group.axes.insert(group.axes.begin() + place, std::move(axis));
}

// A tenth of each worst value behind it, as Optuna has it.
std::vector<double> reference_behind(PointRows points) {
    std::vector<double> reference(points[0].begin(), points[0].end());
    for (std::size_t i = 1; i < points.size(); ++i)
        for (std::size_t k = 0; k < points.objectives; ++k)
            reference[k] = std::max(reference[k], points[i][k]);
    for (double& each : reference)
        each = std::max({1.1 * each, 0.9 * each, each + 1e-12});
    return reference;
}

}  // namespace

TrialGroups::TrialGroups(const Setup& setup)
    : params_(setup.params),
      objectives_(setup.objectives),
      grouping_(setup.grouping),
      shape_(setup.shape) {
    for (ParamIndex i = 0; i < params_.size(); ++i) {
        const Param& param = params_[i];
        if (spaces::cardinality(param.domain) == std::uint64_t{1})
            continue;
        const auto found = std::ranges::find_if(groups_, [&](const ParamGroup& group) {
            return grouping_ == Grouping::together && equal(group.condition, param.condition);
        });
        ParamGroup& group = found == groups_.end() ? groups_.emplace_back() : *found;
        group.condition = param.condition;
        add_param(group, i, param);
    }
    for (ParamGroup& group : groups_)
        group.storage.resize(0, static_cast<Eigen::Index>(group.axes.size()));
}

void TrialGroups::add_row(ParamGroup& group, const Genotype& genotype) const {
    const auto row = static_cast<Eigen::Index>(group.trials.size());
    if (row == group.storage.rows())
        group.storage.conservativeResize(std::max<Eigen::Index>(64, 2 * row), Eigen::NoChange);
    for (std::size_t i = 0; i < group.axes.size(); ++i)
        group.storage(row, static_cast<Eigen::Index>(i)) =
            group.axes[i].coordinate(genotype.values[group.params[i]]);
    if (grouping_ == Grouping::together)
        group.offsets.push_back(
            JointParzen::settled_offset(group.axes, group.storage.row(row), shape_));
    else
        group.places.push_back(
            static_cast<std::uint32_t>(group.axes.front().place(group.storage(row, 0))));
    group.trials.push_back(size_);
    group.rows.push_back(row);
}

void TrialGroups::add(const Genotype& genotype, bool ranked) {
    const std::vector<bool> active = spaces::active(params_, genotype);
    for (ParamGroup& group : groups_) {
        if (!active[group.params.front()]) {
            group.rows.push_back(-1);
            continue;
        }
        add_row(group, genotype);
        group.ranked += ranked ? 1 : 0;
    }
    ++size_;
}

void TrialGroups::tell(const Trial& trial) {
    const bool pruned = trial.state == TrialState::pruned && objectives_ == 1;
    const bool ranked = is_comparable(trial) || pruned;
    if (ranked && objectives_ > 1)
        individuals_.push_back(
            {.number = trial.number, .objectives = trial.objectives, .violation = trial.violation});
    if (ranked) {
        const bool feasible = trial.violation <= 0.0;
        const bool measured = feasible && !pruned;
        ranks_.push_back({.tier = !feasible ? 2
                                  : pruned  ? 1
                                            : 0,
                          .value = measured ? trial.objectives.front() : trial.violation,
                          .trial = size_,
                          .individual = individuals_.empty() ? 0 : individuals_.size() - 1});
    }
    add(trial.genotype, ranked);
}

void TrialGroups::push_pending(const Genotype& genotype) {
    add(genotype, false);
}

void TrialGroups::pop_pending(std::size_t count) {
    for (ParamGroup& group : groups_)
        for (std::size_t i = 0; i < count; ++i) {
            if (group.rows.back() >= 0) {
                group.trials.pop_back();
                group.offsets.resize(std::min(group.offsets.size(), group.trials.size()));
                group.places.resize(std::min(group.places.size(), group.trials.size()));
            }
            group.rows.pop_back();
        }
    size_ -= count;
}

void TrialGroups::sort() {
    if (sorted_ == ranks_.size())
        return;
    if (objectives_ == 1) {
        const auto added = ranks_.begin() + static_cast<std::ptrdiff_t>(sorted_);
        std::sort(added, ranks_.end());
        std::inplace_merge(ranks_.begin(), added, ranks_.end());
    } else {
        const std::vector<Fitness> order = fitness(individuals_);
        for (Rank& rank : ranks_) {
            rank.tier = static_cast<int>(order[rank.individual].rank);
            rank.value = -order[rank.individual].crowding;
        }
        std::ranges::sort(ranks_);
        best_.clear();
    }
    sorted_ = ranks_.size();
}

std::vector<std::size_t> TrialGroups::best_rows(const ParamGroup& group, std::size_t count) {
    sort();
    if (objectives_ == 1) {
        std::vector<std::size_t> best;
        for (auto each = ranks_.begin(); each != ranks_.end() && best.size() < count; ++each)
            if (const std::ptrdiff_t row = group.rows[each->trial]; row >= 0)
                best.push_back(static_cast<std::size_t>(row));
        std::ranges::sort(best);
        return best;
    }
    if (group.condition)
        return best_of_fronts(group, count);
    if (best_.size() != std::min(count, ranks_.size()))
        best_ = best_of_fronts(group, count);
    return best_;
}

std::vector<std::size_t> TrialGroups::best_of_fronts(const ParamGroup& group,
                                                     std::size_t count) const {
    std::vector<Rank> best;
    for (auto begin = ranks_.begin(); begin != ranks_.end() && best.size() < count;) {
        const auto end =
            std::ranges::find_if(begin, ranks_.end(), [tier = begin->tier](const Rank& rank) {
                return rank.tier != tier;
            });
        std::vector<Rank> front;
        std::copy_if(begin, end, std::back_inserter(front), [&group](const Rank& rank) {
            return group.rows[rank.trial] >= 0;
        });
        if (best.size() + front.size() > count)
            front = spread(front, count - best.size());
        best.insert(best.end(), front.begin(), front.end());
        begin = end;
    }
    std::vector<std::size_t> rows;
    for (const Rank& each : best)
        rows.push_back(static_cast<std::size_t>(group.rows[each.trial]));
    std::ranges::sort(rows);
    return rows;
}

std::vector<TrialGroups::Rank> TrialGroups::spread(std::span<const Rank> front,
                                                   std::size_t count) const {
    std::vector<Rank> chosen;
    const bool feasible = individuals_[front.front().individual].violation <= 0.0;
    if (!feasible || count > kMostSpread) {
        chosen.assign(front.begin(), front.begin() + static_cast<std::ptrdiff_t>(count));
        return chosen;
    }
    std::vector<double> values;
    for (const Rank& each : front)
        std::ranges::copy(individuals_[each.individual].objectives, std::back_inserter(values));
    const PointRows points{.values = values, .objectives = objectives_};
    for (const std::size_t i : hypervolume_subset(points, reference_behind(points), count))
        chosen.push_back(front[i]);
    return chosen;
}

}  // namespace parnas::search
