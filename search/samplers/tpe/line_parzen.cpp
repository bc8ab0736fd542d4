// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/tpe/line_parzen.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <Eigen/Core>

namespace parnas::search {
namespace {

using Kind = ParzenAxis::Kind;

// Kernels further away than so many bandwidths are left out: each has less than 1e-17 of its
// peak there, and the flat kernel is everywhere.
constexpr double kReach = 9.0;

}  // namespace

LineParzen::LineParzen(const ParzenAxis& axis, const ParzenPlaces& places, const ParzenShape& shape)
    : axis_(axis),
      least_(least_width(places.kernels() + 1, shape)),
      choice_floor_(choice_floor(places.kernels() + 1, shape)),
      prior_weight_(shape.prior_weight),
      total_(shape.prior_weight) {
    for (const ParzenPlaces::Place& place : places.all())
        total_ += place.weight;
    if (axis.kind() != Kind::choices) {
        add_kernels(places, shape);
        add(kPriorCentre, kPriorWidth, prior_weight_);
        return;
    }
    for (const ParzenPlaces::Place& place : places.all())
        narrow_.weights.push_back(place.weight);
}

void LineParzen::add_kernels(const ParzenPlaces& places, const ParzenShape& shape) {
    for (const auto& [centre, place, left_gap, right_gap] : places.occupied(shape)) {
        const auto count = static_cast<double>(place.kernels);
        const double share = place.weight / count;
        if (place.kernels == 1) {
            add(centre, std::max(left_gap, right_gap), share);
            continue;
        }
        add(centre, left_gap, share);
        add(centre, right_gap, share);
        if (place.kernels > 2)
            add(centre, 0.0, share * (count - 2.0));
    }
}

double LineParzen::scaled(double centre, double width, double weight) const {
    const double mass = mass_inside(centre, width);
    if (axis_.kind() == Kind::cells)
        return weight / mass;
    return weight / (mass * width * std::sqrt(2.0 * std::numbers::pi));
}

void LineParzen::add(double centre, double width, double weight) {
    if (width > least_) {
        const double clipped = std::min(width, 1.0);
        wide_.push_back({.centre = centre,
                         .width = clipped,
                         .weight = weight,
                         .scale = scaled(centre, clipped, weight)});
    } else if (!narrow_.centres.empty() && narrow_.centres.back() == centre) {
        narrow_.weights.back() += weight;
        narrow_.scales.back() += scaled(centre, least_, weight);
    } else {
        narrow_.centres.push_back(centre);
        narrow_.weights.push_back(weight);
        narrow_.scales.push_back(scaled(centre, least_, weight));
    }
}

double LineParzen::on_interval(double position) const {
    const auto& centres = narrow_.centres;
    const auto first = std::ranges::lower_bound(centres, position - kReach * least_);
    const auto last = std::ranges::upper_bound(first, centres.end(), position + kReach * least_);
    using Column = Eigen::Map<const Eigen::ArrayXd>;
    const Column near(centres.data() + (first - centres.begin()), last - first);
    const Column scales(narrow_.scales.data() + (first - centres.begin()), last - first);
    double sum = ((near - position).square() * (-0.5 / (least_ * least_)))
                     .exp()
                     .matrix()
                     .dot(scales.matrix());
    for (const Wide& kernel : wide_) {
        const double away = (position - kernel.centre) / kernel.width;
        if (std::abs(away) < kReach)
            sum += kernel.scale * std::exp(-0.5 * away * away);
    }
    return sum;
}

double LineParzen::on_cell(std::size_t cell) const {
    const double low = axis_.edges()[cell];
    const double high = axis_.edges()[cell + 1];
    double sum = 0.0;
    for (std::size_t i = 0; i < narrow_.centres.size(); ++i)
        if (narrow_.centres[i] > low - kReach * least_ &&
            narrow_.centres[i] < high + kReach * least_)
            sum += narrow_.scales[i] * normal_mass(low, high, narrow_.centres[i], least_);
    for (const Wide& kernel : wide_)
        sum += kernel.scale * normal_mass(low, high, kernel.centre, kernel.width);
    return sum;
}

double LineParzen::on_choice(std::size_t choice) const {
    const auto choices = static_cast<double>(axis_.size());
    const double seen = total_ - prior_weight_;
    return (seen * choice_floor_ + narrow_.weights[choice]) / (1.0 + choices * choice_floor_) +
           prior_weight_ / choices;
}

double LineParzen::log_density(double coordinate) const {
    double sum = 0.0;
    if (axis_.kind() == Kind::interval)
        sum = on_interval(coordinate + 0.5);
    else if (axis_.kind() == Kind::cells)
        sum = on_cell(static_cast<std::size_t>(coordinate));
    else
        sum = on_choice(static_cast<std::size_t>(coordinate));
    return std::log(sum / total_);
}

double LineParzen::sample(Rng& rng) const {
    double left = rng.uniform() * total_;
    for (std::size_t i = 0; i < narrow_.weights.size(); ++i) {
        left -= narrow_.weights[i];
        if (left >= 0.0)
            continue;
        if (axis_.kind() != Kind::choices)
            return axis_.draw(narrow_.centres[i], least_, rng);
        const double all = 1.0 + static_cast<double>(axis_.size()) * choice_floor_;
        return rng.uniform() * all < 1.0 ? static_cast<double>(i) : axis_.draw_any(rng);
    }
    for (const Wide& kernel : wide_) {
        left -= kernel.weight;
        if (left < 0.0)
            return axis_.draw(kernel.centre, kernel.width, rng);
    }
    return axis_.draw_any(rng);
}

}  // namespace parnas::search
