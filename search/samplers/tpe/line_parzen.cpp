// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/tpe/line_parzen.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace parnas::search {
namespace {

// Kernels further away than so many bandwidths are left out: each has less than 1e-17 of its
// peak there, and the flat kernel is everywhere.
constexpr double kReach = 9.0;

constexpr int kPlaces = static_cast<int>(ParzenPlaces::kPlaces);
constexpr int kLanes = 4;  // places at once

double peak(double centre, double width) {
    return 1.0 / (mass_inside(centre, width) * width * std::sqrt(2.0 * std::numbers::pi));
}

Eigen::Map<const Eigen::ArrayXd> column(const std::vector<double>& values) {
    return {values.data(), static_cast<Eigen::Index>(values.size())};
}

}  // namespace

PlaceKernels::PlaceKernels(double bandwidth)
    : width(bandwidth),
      reach(
          std::min<Eigen::Index>(kPlaces, static_cast<Eigen::Index>(kReach * width * kPlaces) + 1)),
      bell(Eigen::ArrayXd::Zero(2 * reach + 1 + kLanes)) {
    const auto middle = static_cast<double>(reach);
    auto inner = bell.head(2 * reach + 1);
    inner =
        (Eigen::ArrayXd::LinSpaced(2 * reach + 1, -middle, middle) / (width * kPlaces)).square();
    inner = (inner * -0.5).exp();
    peaks.reserve(kPlaces);
    for (int place = 0; place < kPlaces; ++place)
        peaks.push_back(peak((place + 0.5) / kPlaces, width));
}

LineParzen::LineParzen(const ParzenAxis& axis,
                       const ParzenPlaces& places,
                       const ParzenShape& shape,
                       std::shared_ptr<const PlaceKernels> kernels)
    : axis_(axis),
      least_(least_width(places.kernels() + 1, shape)),
      choice_floor_(choice_floor(places.kernels() + 1, shape)),
      prior_weight_(shape.prior_weight),
      total_(shape.prior_weight) {
    if (axis.kind() != ParzenAxis::Kind::choices) {
        // A sum over all places within reach is quicker than one over more kernels than that.
        if (axis.kind() == ParzenAxis::Kind::interval &&
            static_cast<double>(places.kernels()) > kReach * least_ * kPlaces)
            take_place_kernels(std::move(kernels));
        add_kernels(places, shape);
        add_wide(kPriorCentre, kPriorWidth, prior_weight_);
        return;
    }
    for (const ParzenPlaces::Place& place : places.all()) {
        narrow_.weights.push_back(place.weight);
        total_ += place.weight;
    }
}

void LineParzen::take_place_kernels(std::shared_ptr<const PlaceKernels> kernels) {
    place_kernels_ = kernels && kernels->width == least_ ? std::move(kernels)
                                                         : std::make_shared<PlaceKernels>(least_);
    by_place_ = Eigen::ArrayXd::Zero(kPlaces + kLanes);
    narrow_.weights.resize(kPlaces);
}

void LineParzen::add_kernels(const ParzenPlaces& places, const ParzenShape& shape) {
    places.for_each_occupied(shape, [&](const ParzenPlaces::Occupied& each) {
        const auto& [index, centre, place, left_gap, right_gap] = each;
        const auto count = static_cast<double>(place.kernels);
        const double share = place.weight / count;
        const double gap = std::max(left_gap, right_gap);
        total_ += place.weight;
        if (gap <= least_) {
            add_narrow(each, place.weight);
        } else if (place.kernels == 1) {
            add_wide(centre, gap, share);
        } else {
            add(each, left_gap, share);
            add(each, right_gap, share);
            if (place.kernels > 2)
                add_narrow(each, share * (count - 2.0));
        }
    });
}

double LineParzen::scaled(double centre, double width, double weight) const {
    if (axis_.kind() == ParzenAxis::Kind::cells)
        return weight / mass_inside(centre, width);
    return weight * peak(centre, width);
}

void LineParzen::Kernels::add(double centre, double width, double weight, double scale) {
    centres.push_back(centre);
    widths.push_back(width);
    curvatures.push_back(-0.5 / (width * width));
    weights.push_back(weight);
    scales.push_back(scale);
}

void LineParzen::add(const ParzenPlaces::Occupied& at, double width, double weight) {
    if (width <= least_)
        add_narrow(at, weight);
    else
        add_wide(at.centre, width, weight);
}

void LineParzen::add_narrow(const ParzenPlaces::Occupied& at, double weight) {
    if (place_kernels_) {
        const auto place = static_cast<Eigen::Index>(at.index);
        by_place_[place] += weight * place_kernels_->peaks[at.index];
        narrow_.weights[at.index] += weight;
    } else {
        narrow_.add(at.centre, least_, weight, scaled(at.centre, least_, weight));
    }
}

void LineParzen::add_wide(double centre, double width, double weight) {
    const double clipped = std::min(width, 1.0);
    wide_.add(centre, clipped, weight, scaled(centre, clipped, weight));
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
    const Eigen::Index reach = place_kernels_->reach;
    const double q = 1.0 / (least_ * least_ * kPlaces * kPlaces);
    const Eigen::Index first = std::max<Eigen::Index>(0, nearest - reach);
    const Eigen::Index last = std::min<Eigen::Index>(kPlaces - 1, nearest + reach);
    Lanes powers =
        (Lanes::LinSpaced(0.0, kLanes - 1.0) + static_cast<double>(first - nearest)) * (away * q);
    powers = powers.exp();
    const double step = std::exp(away * q * kLanes);
    Lanes sums = Lanes::Zero();
    for (Eigen::Index place = first; place <= last; place += kLanes) {
        sums += by_place_.segment<kLanes>(place) *
                place_kernels_->bell.segment<kLanes>(place - nearest + reach) * powers;
        powers *= step;
    }
    return std::exp(-0.5 * away * away * q) * sums.sum();
}

double LineParzen::sum_at(double position, const Kernels& kernels) {
    const auto away = column(kernels.centres) - position;
    return ((away.square() * column(kernels.curvatures)).exp() * column(kernels.scales)).sum();
}

double LineParzen::on_interval(double position) const {
    return sum_at(position, wide_) +
           (place_kernels_ ? narrow_on_interval(position) : sum_at(position, narrow_));
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

double LineParzen::density(double coordinate) const {
    if (axis_.kind() == ParzenAxis::Kind::interval)
        return on_interval(coordinate + 0.5) / total_;
    if (axis_.kind() == ParzenAxis::Kind::cells)
        return on_cell(static_cast<std::size_t>(coordinate)) / total_;
    return on_choice(static_cast<std::size_t>(coordinate)) / total_;
}

double LineParzen::narrow_centre(std::size_t kernel) const {
    return place_kernels_ ? (static_cast<double>(kernel) + 0.5) / kPlaces : narrow_.centres[kernel];
}

double LineParzen::sample(Rng& rng) const {
    double left = rng.uniform() * total_;
    for (std::size_t i = 0; i < narrow_.weights.size(); ++i) {
        left -= narrow_.weights[i];
        if (left >= 0.0)
            continue;
        if (axis_.kind() != ParzenAxis::Kind::choices)
            return axis_.draw(narrow_centre(i), least_, rng);
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
