// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/tpe/line_parzen.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace parnas::search {
namespace {

// Kernels further away than so many bandwidths are left out: each has less than 1e-17 of its
// peak there, and the flat kernel is everywhere.
constexpr double kReach = 9.0;

constexpr int kPlaces = static_cast<int>(ParzenPlaces::kPlaces);
constexpr int kLanes = 4;  // places at once

}  // namespace

LineParzen::LineParzen(const ParzenAxis& axis, const ParzenPlaces& places, const ParzenShape& shape)
    : axis_(axis),
      least_(least_width(places.kernels() + 1, shape)),
      choice_floor_(choice_floor(places.kernels() + 1, shape)),
      prior_weight_(shape.prior_weight),
      total_(shape.prior_weight) {
    for (const ParzenPlaces::Place& place : places.all())
        total_ += place.weight;
    if (axis.kind() != ParzenAxis::Kind::choices) {
        add_kernels(places, shape);
        add(kPriorCentre, kPriorWidth, prior_weight_);
        if (axis.kind() == ParzenAxis::Kind::interval)
            spread_narrow();
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
    if (axis_.kind() == ParzenAxis::Kind::cells)
        return weight / mass;
    return weight / (mass * width * std::sqrt(2.0 * std::numbers::pi));
}

void LineParzen::Kernels::add(double centre, double width, double weight, double scale) {
    centres.push_back(centre);
    widths.push_back(width);
    weights.push_back(weight);
    scales.push_back(scale);
}

void LineParzen::add(double centre, double width, double weight) {
    const double clipped = std::clamp(width, least_, 1.0);
    const double scale = scaled(centre, clipped, weight);
    if (clipped > least_) {
        wide_.add(centre, clipped, weight, scale);
    } else if (!narrow_.centres.empty() && narrow_.centres.back() == centre) {
        narrow_.weights.back() += weight;
        narrow_.scales.back() += scale;
    } else {
        narrow_.add(centre, clipped, weight, scale);
    }
}

void LineParzen::spread_narrow() {
    by_place_ = Eigen::ArrayXd::Zero(kPlaces + kLanes);
    for (std::size_t i = 0; i < narrow_.centres.size(); ++i)
        by_place_[static_cast<Eigen::Index>(narrow_.centres[i] * kPlaces)] = narrow_.scales[i];
    const double width = least_ * kPlaces;  // in places
    reach_ = std::min<Eigen::Index>(kPlaces, static_cast<Eigen::Index>(kReach * width) + 1);
    const auto middle = static_cast<double>(reach_);
    bell_ = Eigen::ArrayXd::Zero(2 * reach_ + 1 + kLanes);
    bell_.head(2 * reach_ + 1) =
        (Eigen::ArrayXd::LinSpaced(2 * reach_ + 1, -middle, middle) / width).square() * -0.5;
    bell_.head(2 * reach_ + 1) = bell_.head(2 * reach_ + 1).exp();
}

// Centres are one place apart, so that with q = (place / width)^2 the kernel j places from the
// one at distance d is exp(-(j - d)^2 q / 2) = exp(-d^2 q / 2) exp(-j^2 q / 2) exp(d q)^j: the
// first factor is the same for all, the second in the bell, and the third a product.
double LineParzen::narrow_on_interval(double position) const {
    using Lanes = Eigen::Array<double, kLanes, 1>;
    const double at = position * kPlaces - 0.5;
    const auto nearest =
        std::clamp<Eigen::Index>(static_cast<Eigen::Index>(std::lround(at)), 0, kPlaces - 1);
    const double away = at - static_cast<double>(nearest);
    const double q = 1.0 / (least_ * least_ * kPlaces * kPlaces);
    const Eigen::Index first = std::max<Eigen::Index>(0, nearest - reach_);
    const Eigen::Index last = std::min<Eigen::Index>(kPlaces - 1, nearest + reach_);
    Lanes powers =
        (Lanes::LinSpaced(0.0, kLanes - 1.0) + static_cast<double>(first - nearest)) * (away * q);
    powers = powers.exp();
    const double step = std::exp(away * q * kLanes);
    Lanes sums = Lanes::Zero();
    for (Eigen::Index place = first; place <= last; place += kLanes) {
        sums += by_place_.segment<kLanes>(place) * bell_.segment<kLanes>(place - nearest + reach_) *
                powers;
        powers *= step;
    }
    return std::exp(-0.5 * away * away * q) * sums.sum();
}

double LineParzen::on_interval(double position) const {
    using Column = Eigen::Map<const Eigen::ArrayXd>;
    const auto column = [](const std::vector<double>& values) {
        return Column(values.data(), static_cast<Eigen::Index>(values.size()));
    };
    const auto away = (column(wide_.centres) - position) / column(wide_.widths);
    return narrow_on_interval(position) +
           ((away.square() * -0.5).exp() * column(wide_.scales)).sum();
}

double LineParzen::on_cell(std::size_t cell) const {
    const double low = axis_.edges()[cell];
    const double high = axis_.edges()[cell + 1];
    double sum = 0.0;
    for (std::size_t i = 0; i < narrow_.centres.size(); ++i)
        if (narrow_.centres[i] > low - kReach * least_ &&
            narrow_.centres[i] < high + kReach * least_)
            sum += narrow_.scales[i] * normal_mass(low, high, narrow_.centres[i], least_);
    for (std::size_t i = 0; i < wide_.centres.size(); ++i)
        sum += wide_.scales[i] * normal_mass(low, high, wide_.centres[i], wide_.widths[i]);
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
    if (axis_.kind() == ParzenAxis::Kind::interval)
        sum = on_interval(coordinate + 0.5);
    else if (axis_.kind() == ParzenAxis::Kind::cells)
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
        if (axis_.kind() != ParzenAxis::Kind::choices)
            return axis_.draw(narrow_.centres[i], least_, rng);
        const double all = 1.0 + static_cast<double>(axis_.size()) * choice_floor_;
        return rng.uniform() * all < 1.0 ? static_cast<double>(i) : axis_.draw_any(rng);
    }
    for (std::size_t i = 0; i < wide_.weights.size(); ++i) {
        left -= wide_.weights[i];
        if (left < 0.0)
            return axis_.draw(wide_.centres[i], wide_.widths[i], rng);
    }
    return axis_.draw_any(rng);
}

}  // namespace parnas::search
