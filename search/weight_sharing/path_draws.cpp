// SPDX-License-Identifier: Apache-2.0
#include "search/weight_sharing/path_draws.h"

#include <algorithm>
#include <span>
#include <utility>

namespace parnas::search {
namespace {

constexpr int kDeals = 100;           // of a fair step, before chance fills in
constexpr std::int64_t kPerBin = 64;  // sub-networks drawn to fill the bins, on average
constexpr std::uint64_t kDealt = 64;  // options of a choice that is dealt out

// Hyperparameters of training say nothing about a sub-network: they keep one value.
OpenValues without_training(const spaces::SearchSpace& space,
                            OpenValues open,
                            const std::vector<Role>& roles) {
    open.resize(roles.size());
    for (std::size_t p = 0; p < roles.size(); ++p)
        if (roles[p] == Role::none)
            open[p] = {spaces::first_value(space.params()[p].domain)};
    return open;
}

// The options of a parameter that a fair step deals out; none: it is drawn.
std::vector<Value> options(const spaces::Domain& domain, const std::vector<Value>& open) {
    if (!open.empty())
        return open;
    const std::optional<std::uint64_t> count = spaces::cardinality(domain);
    if (!count || *count > kDealt)
        return {};
    std::vector<Value> values;
    for (std::uint64_t i = 0; i < *count; ++i)
        values.push_back(spaces::value_at(domain, i));
    return values;
}

}  // namespace

PathDraws::PathDraws(const spaces::SearchSpace& space, const PathEpoch& epoch, Rng rng)
    : space_(space), epoch_(epoch), rng_(rng), roles_(roles(space)) {
    epoch_.open = without_training(space, std::move(epoch_.open), roles_);
    if (epoch_.sampling == PathSampling::cost_bins)
        fill_bins();
}

std::vector<Genotype> PathDraws::next() {
    if (epoch_.sampling == PathSampling::fair)
        return fair();
    std::vector<Genotype> step;
    if (epoch_.sampling == PathSampling::sandwich)
        step.push_back(largest());
    const OpenValues open = in_one_resolution();
    for (std::int64_t i = 0; i < epoch_.paths; ++i)
        step.push_back(epoch_.sampling == PathSampling::cost_bins ? rng_.pick(rng_.pick(bins_))
                                                                  : draw_open(space_, open, rng_));
    if (epoch_.sampling == PathSampling::sandwich)
        step.push_back(smallest());
    return step;
}

const Genotype& PathDraws::largest() {
    if (!largest_)
        largest_ = extreme_path(space_, epoch_.open, Extreme::largest);
    return *largest_;
}

const Genotype& PathDraws::smallest() {
    if (!smallest_)
        smallest_ = extreme_path(space_, epoch_.open, Extreme::smallest);
    return *smallest_;
}

Genotype PathDraws::teacher_of(const Genotype& path) {
    if (!teacher_)
        teacher_ = extreme_path(space_, without_training(space_, {}, roles_), Extreme::largest);
    Genotype teacher = *teacher_;
    for (std::size_t p = 0; p < roles_.size(); ++p)
        if (roles_[p] == Role::resolution)
            teacher.values[p] = path.values[p];
    return teacher;
}

OpenValues PathDraws::in_one_resolution() {
    OpenValues open = epoch_.open;
    const Genotype one = draw_open(space_, open, rng_);
    for (std::size_t p = 0; p < roles_.size(); ++p)
        if (roles_[p] == Role::resolution)
            open[p] = {one.values[p]};
    return open;
}

std::vector<Genotype> PathDraws::fair() {
    std::vector<Genotype> step;
    for (int i = 0; i < kDeals; ++i)
        if (deal(step))
            return step;
    // The requirements leave no even hand: what they forbid is drawn again.
    for (Genotype& path : step)
        if (!space_.feasible(path))
            path = draw_open(space_, epoch_.open, rng_);
    return step;
}

// Every parameter deals its options out in a random order, again and again if another has
// more of them. False if a sub-network breaks a requirement.
bool PathDraws::deal(std::vector<Genotype>& step) {
    const OpenValues open = in_one_resolution();
    std::vector<std::vector<Value>> hands;
    std::size_t size = 1;
    for (std::size_t p = 0; p < open.size(); ++p) {
        hands.push_back(options(space_.params()[p].domain, open[p]));
        size = std::max(size, hands.back().size());
    }
    step.assign(size, {});
    for (std::size_t p = 0; p < open.size(); ++p) {
        std::vector<Value>& hand = hands[p];
        for (std::size_t i = 0; i < size; ++i) {
            if (hand.empty()) {
                step[i].values.push_back(spaces::sample(space_.params()[p].domain, rng_));
                continue;
            }
            if (i % hand.size() == 0)
                rng_.shuffle(std::span(hand));
            step[i].values.push_back(hand[i % hand.size()]);
        }
    }
    bool feasible = true;
    for (Genotype& path : step) {
        path = spaces::normalised(space_.params(), std::move(path));
        feasible = feasible && space_.feasible(path);
    }
    return feasible;
}

// Bins are of equal width between the cheapest and the dearest of a random sample; those that
// it leaves empty are dropped.
void PathDraws::fill_bins() {
    std::vector<std::pair<double, Genotype>> sample{{path_cost(space_, largest()), largest()},
                                                    {path_cost(space_, smallest()), smallest()}};
    for (std::int64_t i = 0; i < epoch_.bins * kPerBin; ++i) {
        Genotype path = draw_open(space_, epoch_.open, rng_);
        const double cost = path_cost(space_, path);
        sample.emplace_back(cost, std::move(path));
    }
    const double low = sample[1].first;
    const double width = (sample[0].first - low) / static_cast<double>(epoch_.bins);
    bins_.resize(static_cast<std::size_t>(epoch_.bins));
    for (auto& [cost, path] : sample) {
        const double place = width > 0.0 ? (cost - low) / width : 0.0;
        const auto bin = static_cast<std::size_t>(
            std::clamp(place, 0.0, static_cast<double>(epoch_.bins) - 1.0));
        bins_[bin].push_back(std::move(path));
    }
    std::erase_if(bins_, [](const std::vector<Genotype>& bin) { return bin.empty(); });
}

}  // namespace parnas::search
