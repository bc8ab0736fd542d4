// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/bananas/trial_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "search/gp/lowest_and_newest.h"
#include "search/gp/posterior.h"

namespace parnas::search {
namespace {

constexpr std::size_t kRefit = 10;

}  // namespace

Learnable learnable(std::span<const double> values, Clip clip) {
    std::vector<double> finite;
    for (const double value : values)
        if (std::isfinite(value))
            finite.push_back(value);
    std::ranges::sort(finite);
    double most = finite.empty() ? 0.0 : finite.back();
    if (clip == Clip::worst_tenth && !finite.empty())
        most = finite[static_cast<std::size_t>(
            std::ceil(0.9 * static_cast<double>(finite.size() - 1)))];
    std::vector<double> clipped(values.begin(), values.end());
    for (double& value : clipped)
        value = std::min(value, most);
    const Standardised standard = standardise(clipped);
    return {.targets = standard.values, .mean = standard.mean, .stddev = standard.stddev};
}

void TrialModel::tell(ArchitecturePoint point, double value) {
    points_.push_back(std::move(point));
    values_.push_back(value);
}

void TrialModel::update(std::span<const ArchitecturePoint> pool, std::uint64_t version) {
    const std::size_t fitted = size() < kRefit ? size() : size() / kRefit * kRefit;
    if (fitted != fitted_ || !process_)
        choose_settings(fitted);
    if (!process_ || version_ != version) {
        version_ = version;
        process_.emplace(settings_, pool);
        process_->observe(points_of(base_));
        more_ = 0;
    }
    process_->truncate(static_cast<Eigen::Index>(base_.size() + more_));
    // One by one, as they come from ask to ask: their sums have one order.
    for (; fitted_ + more_ < size(); ++more_)
        process_->observe({&points_[fitted_ + more_], 1});
    scale_ = learnable(values_, clip_);
    const auto base = static_cast<Eigen::Index>(base_.size());
    targets_.resize(base + static_cast<Eigen::Index>(more_));
    for (Eigen::Index i = 0; i < base; ++i)
        targets_[i] = scale_.targets[static_cast<Eigen::Index>(base_[static_cast<std::size_t>(i)])];
    targets_.tail(static_cast<Eigen::Index>(more_)) =
        scale_.targets.tail(static_cast<Eigen::Index>(more_));
}

void TrialModel::imagine(const ArchitecturePoint& point) {
    const double mean = process_->mean_at(point, targets_);
    process_->observe({&point, 1});
    targets_.conservativeResize(targets_.size() + 1);
    targets_[targets_.size() - 1] = mean;
}

void TrialModel::choose_settings(std::size_t fitted) {
    fitted_ = fitted;
    process_.reset();
    base_ = lowest_and_newest(std::span(values_).first(fitted), most_);
    std::vector<double> values;
    for (const std::size_t i : base_)
        values.push_back(values_[i]);
    const std::vector<ArchitecturePoint> points = points_of(base_);
    settings_ = likely_settings(distances(points, points), learnable(values, clip_).targets);
}

std::vector<ArchitecturePoint> TrialModel::points_of(const std::vector<std::size_t>& values) const {
    std::vector<ArchitecturePoint> points;
    for (const std::size_t i : values)
        points.push_back(points_[i]);
    return points;
}

}  // namespace parnas::search
