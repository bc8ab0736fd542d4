// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/tpe/group_model.h"

#include <cmath>
#include <limits>

namespace parnas::search {
namespace {

using Eigen::ArrayXd;
using Eigen::Index;

Index index(std::size_t i) {
    return static_cast<Index>(i);
}

// Calls visit(row, place) for each row but the good ones, which are ascending; places count
// from 0.
template <typename Visit>
void for_each_other(std::size_t rows, const std::vector<std::size_t>& good, const Visit& visit) {
    std::size_t row = 0;
    for (std::size_t passed = 0; passed <= good.size(); ++passed) {
        const std::size_t end = passed < good.size() ? good[passed] : rows;
        for (; row < end; ++row)
            visit(row, row - passed);
        ++row;
    }
}

}  // namespace

AgeWeights::AgeWeights(std::size_t count) {
    constexpr std::size_t kNewest = 25;
    if (count <= kNewest)
        return;
    ramp_ = count - kNewest;
    first_ = 1.0 / static_cast<double>(count);
    if (ramp_ > 1)
        slope_ = (1.0 - first_) / static_cast<double>(ramp_ - 1);
}

GroupModels::GroupModels(TrialGroups& trials, const ParzenShape& shape)
    : trials_(trials), shape_(shape) {}

void GroupModels::begin() {
    among_good_.setZero(index(trials_.size() + 1));
    among_others_.setZero(index(trials_.size() + 1));
}

double GroupModels::choose(const ParamGroup& group,
                           std::size_t good,
                           std::size_t candidates,
                           Genotype& genotype,
                           Rng& rng) {
    const std::vector<std::size_t> rows = trials_.best_rows(group, good);
    return trials_.grouping() == Grouping::together
               ? choose_jointly(group, rows, candidates, genotype, rng)
               : choose_alone(group, rows, candidates, genotype, rng);
}

JointParzen GroupModels::good_model(const ParamGroup& group,
                                    const std::vector<std::size_t>& good,
                                    const ParzenPoints& centres) const {
    ArrayXd log_weights(index(good.size() + 1));
    for (std::size_t i = 0; i < good.size(); ++i)
        log_weights[index(i)] = among_good_[index(group.trials[good[i]])];
    log_weights[index(good.size())] =
        std::log(shape_.prior_weight) + among_good_[index(trials_.size())];
    return JointParzen(
        group.axes, {.centres = centres, .log_weights = std::move(log_weights)}, shape_);
}

JointParzen GroupModels::other_model(const ParamGroup& group,
                                     const std::vector<std::size_t>& good) const {
    const std::size_t rows = group.trials.size();
    const std::size_t others = rows - good.size();
    const AgeWeights by_age(others);
    ArrayXd weights = ArrayXd::Zero(index(rows + 1));
    ArrayXd context = ArrayXd::Zero(index(rows + 1));
    for_each_other(rows, good, [&](std::size_t row, std::size_t place) {
        weights[index(row)] = by_age[place];
        context[index(row)] = among_others_[index(group.trials[row])];
    });
    weights[index(rows)] = shape_.prior_weight;
    context[index(rows)] = among_others_[index(trials_.size())];
    return JointParzen(group.axes,
                       {.centres = group.coordinates(),
                        .log_weights = weights.log() + context,
                        .offsets = group.offsets},
                       shape_);
}

double GroupModels::choose_jointly(const ParamGroup& group,
                                   const std::vector<std::size_t>& good,
                                   std::size_t candidates,
                                   Genotype& genotype,
                                   Rng& rng) {
    ParzenPoints centres(index(good.size()), index(group.axes.size()));
    for (std::size_t i = 0; i < good.size(); ++i)
        centres.row(index(i)) = group.coordinates().row(index(good[i]));
    const JointParzen likely = good_model(group, good, centres);
    const JointParzen others = other_model(group, good);
    const ParzenPoints points = likely.sample(candidates, rng);
    Index best = 0;
    const double score = (likely.log_density(points) - others.log_density(points)).maxCoeff(&best);
    for (std::size_t i = 0; i < group.params.size(); ++i)
        genotype.values[group.params[i]] = group.axes[i].value(points(best, index(i)));
    if (trials_.groups().size() > 1)
        remember(group, good, others, points.row(best));
    return score;
}

void GroupModels::remember(const ParamGroup& group,
                           const std::vector<std::size_t>& good,
                           const JointParzen& others,
                           const Eigen::RowVectorXd& chosen) {
    const std::size_t rows = group.trials.size();
    ArrayXd only_good =
        ArrayXd::Constant(index(rows + 1), -std::numeric_limits<double>::infinity());
    only_good[index(rows)] = 0.0;
    for (const std::size_t row : good)
        only_good[index(row)] = 0.0;
    const JointParzen all_as_good(
        group.axes, {.centres = group.coordinates(), .log_weights = std::move(only_good)}, shape_);
    const ArrayXd good_logs = all_as_good.log_kernels(chosen);
    const ArrayXd other_logs = others.log_kernels(chosen);
    for (std::size_t row = 0; row < rows; ++row) {
        among_good_[index(group.trials[row])] += good_logs[index(row)];
        among_others_[index(group.trials[row])] += other_logs[index(row)];
    }
    among_good_[index(trials_.size())] += good_logs[index(rows)];
    among_others_[index(trials_.size())] += other_logs[index(rows)];
}

double GroupModels::choose_alone(const ParamGroup& group,
                                 const std::vector<std::size_t>& good,
                                 std::size_t candidates,
                                 Genotype& genotype,
                                 Rng& rng) {
    const ParzenAxis& axis = group.axes.front();
    const std::size_t rows = group.trials.size();
    const AgeWeights by_age(rows - good.size());
    ParzenPlaces good_places(axis);
    for (const std::size_t row : good)
        good_places.add(group.places[row], 1.0);
    ParzenPlaces other_places(axis);
    for_each_other(rows, good, [&](std::size_t row, std::size_t place) {
        other_places.add(group.places[row], by_age[place]);
    });
    const LineParzen likely(axis, good_places, shape_, place_kernels_);
    const LineParzen others(axis, other_places, shape_, place_kernels_);
    if (others.place_kernels())
        place_kernels_ = others.place_kernels();
    ArrayXd points(index(candidates));
    for (double& point : points)
        point = likely.sample(rng);
    Index best = 0;
    const double ratio = (likely.density(points) / others.density(points)).maxCoeff(&best);
    genotype.values[group.params.front()] = axis.value(points[best]);
    return std::log(ratio);
}

}  // namespace parnas::search
