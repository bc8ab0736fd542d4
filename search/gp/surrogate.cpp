// SPDX-License-Identifier: Apache-2.0
#include "search/gp/surrogate.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "search/gp/lowest_and_newest.h"

namespace parnas::search {
namespace {

constexpr std::size_t kRefitsPerDoubling = 16;

bool is_refitted_at(std::size_t count) {
    return count % std::max<std::size_t>(1, std::bit_floor(count) / kRefitsPerDoubling) == 0;
}

Eigen::Index row_index(std::size_t i) {
    return static_cast<Eigen::Index>(i);
}

Eigen::VectorXd picked(const Eigen::VectorXd& values, const std::vector<std::size_t>& rows) {
    Eigen::VectorXd result(row_index(rows.size()));
    for (std::size_t i = 0; i < rows.size(); ++i)
        result[row_index(i)] = values[row_index(rows[i])];
    return result;
}

}  // namespace

Surrogate::Surrogate(SurrogateOptions options, TargetsOf targets)
    : options_(std::move(options)), targets_of_(std::move(targets)) {}

void Surrogate::add(const Eigen::RowVectorXd& point) {
    added_.push_back(point);
}

void Surrogate::update() {
    // Nothing before the last fit from scratch matters any more.
    const std::size_t scratch = std::bit_floor(added_.size());
    if (seen_ < scratch) {
        seen_ = scratch;
        refit(scratch, true);
    }
    while (!rows_.empty() && rows_.back() >= seen_)
        rows_.pop_back();
    posterior_.truncate(row_index(rows_.size()));
    while (seen_ < added_.size())
        advance(seen_ + 1);
    const Eigen::VectorXd targets = targets_of_(added_.size());
    targets_.clear();
    for (const std::size_t row : rows_)
        targets_.push_back(targets[row_index(row)]);
    set_targets();
}

void Surrogate::advance(std::size_t count) {
    seen_ = count;
    if (is_refitted_at(count))
        refit(count, false);
    else
        append(added_[count - 1], count - 1);
}

void Surrogate::refit(std::size_t count, bool afresh) {
    const Eigen::VectorXd targets = targets_of_(count);
    const std::vector<std::size_t> learned = lowest_and_newest(
        {targets.data(), static_cast<std::size_t>(targets.size())}, options_.most_to_fit);
    if (afresh)
        process_ = MaternProcess::initial(
            options_.axis_of.empty() ? 0 : options_.axis_of.back() + 1, options_.length);
    const Points points = points_of(learned);
    const Eigen::VectorXd values = picked(targets, learned);
    process_ = fit({.points = points, .targets = values, .axis_of = options_.axis_of},
                   process_,
                   {.noise = options_.noise, .length = options_.length});
    kernel_ = process_.kernel(options_.axis_of);
    rows_ = lowest_and_newest({targets.data(), static_cast<std::size_t>(targets.size())},
                              options_.most);
    points_ = points_of(rows_);
    posterior_ = Posterior(kernel_.gram(points_), process_.noise);
}

Points Surrogate::points_of(const std::vector<std::size_t>& rows) const {
    Points points(row_index(rows.size()), row_index(options_.axis_of.size()));
    for (std::size_t i = 0; i < rows.size(); ++i)
        points.row(row_index(i)) = added_[rows[i]];
    return points;
}

void Surrogate::append(const Eigen::RowVectorXd& point, std::size_t observation) {
    const Eigen::Index size = row_index(rows_.size());
    posterior_.append(kernel_.cross(points_.topRows(size), point).col(0), kernel_.variance);
    if (size == points_.rows())
        points_.conservativeResize(size + 64 + size / 4, Eigen::NoChange);
    points_.row(size) = point;
    rows_.push_back(observation);
}

void Surrogate::set_targets() {
    posterior_.set_targets(
        Eigen::Map<const Eigen::VectorXd>(targets_.data(), row_index(targets_.size())));
}

void Surrogate::imagine(const Eigen::RowVectorXd& point) {
    const Eigen::VectorXd cross = kernel_.cross(points_.topRows(row_index(rows_.size())), point);
    targets_.push_back(posterior_.mean(cross)[0]);
    append(point, std::max(added_.size(), rows_.back() + 1));
    set_targets();
}

Surrogate::Prediction Surrogate::predict(const Points& points) const {
    const Eigen::MatrixXd cross = kernel_.cross(points_.topRows(row_index(rows_.size())), points);
    return {.mean = posterior_.mean(cross),
            .variance = posterior_.variance(
                cross, Eigen::VectorXd::Constant(points.rows(), kernel_.variance))};
}

Surrogate::Sloped Surrogate::predict_sloped(const Eigen::RowVectorXd& point) const {
    const Points observed = points_.topRows(row_index(rows_.size()));
    const Eigen::VectorXd cross = kernel_.cross(observed, point);
    const Eigen::MatrixXd slopes = kernel_.slopes(observed, point);
    const Eigen::VectorXd weights = posterior_.weights(cross);
    const double variance =
        std::max(kernel_.variance - weights.dot(cross), 1e-12 * kernel_.variance);
    Sloped result{.mean = cross.dot(posterior_.alpha()),
                  .stddev = std::sqrt(variance),
                  .mean_slope = posterior_.alpha().transpose() * slopes};
    result.stddev_slope = -weights.transpose() * slopes / result.stddev;
    return result;
}

}  // namespace parnas::search
