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

constexpr int kPlaces = static_cast<int>(ParzenAxis::kPlaces);
constexpr int kLanes = 4;  // places at once

double peak(double centre, double width) {
    return 1.0 / (mass_inside(centre, width) * width * std::sqrt(2.0 * std::numbers::pi));
}

}  // namespace

PlaceKernels::PlaceKernels(double bandwidth)
    : width(bandwidth),
      reach(
          std::min<Eigen::Index>(kPlaces, static_cast<Eigen::Index>(kReach * width * kPlaces) + 1)),
      bell(Eigen::ArrayXd::Zero(2 * reach + 1 + kLanes)),
      peaks(kPlaces) {
    const auto middle = static_cast<double>(reach);
    auto inner = bell.head(2 * reach + 1);
    inner =
        (Eigen::ArrayXd::LinSpaced(2 * reach + 1, -middle, middle) / (width * kPlaces)).square();
    inner = (inner * -0.5).exp();
    for (int place = 0; place < kPlaces; ++place)
        peaks[place] = peak((place + 0.5) / kPlaces, width);
}

LineParzen::LineParzen(const ParzenAxis& axis,
                       const ParzenPlaces& places,
                       const ParzenShape& shape,
                       std::shared_ptr<const PlaceKernels> kernels)
    : axis_(axis),
      least_(least_width(places.kernels() + 1, shape)),
      choice_floor_(choice_floor(places.kernels() + 1, shape)),
      prior_weight_(shape.prior_weight),
      total_(shape.prior_weight + places.weights().sum()),
      by_place_(places.weights()) {
    if (axis.kind() == ParzenAxis::Kind::choices)
        return;
    // A sum over all places within reach is quicker than one over more kernels than that.
    if (axis.kind() == ParzenAxis::Kind::interval &&
        static_cast<double>(places.kernels()) > kReach * least_ * kPlaces)
        place_kernels_ = kernels && kernels->width == least_
                             ? std::move(kernels)
                             : std::make_shared<PlaceKernels>(least_);
    add_kernels(places, shape);
}

void LineParzen::add_kernels(const ParzenPlaces& places, const ParzenShape& shape) {
    places.for_each_wide(shape, least_, [&](const ParzenPlaces::Wide& each) {
        const auto place = static_cast<Eigen::Index>(each.place);
        const double share =
            places.weights()[place] / static_cast<double>(places.kernels(each.place));
        wide_.push_back(make(axis_.place_centre(each.place), each.width, share));
        by_place_[place] -= share;
    });
    wide_.push_back(make(kPriorCentre, kPriorWidth, prior_weight_));
    if (place_kernels_) {
        place_scales_ = Eigen::ArrayXd::Zero(kPlaces + kLanes);
        place_scales_.head(kPlaces) = by_place_ * place_kernels_->peaks;
        return;
    }
    narrow_.reserve(std::min(places.kernels(), axis_.places()));
    for (Eigen::Index i = 0; i < by_place_.size(); ++i)
        if (by_place_[i] > 0.0)
            narrow_.push_back(
                make(axis_.place_centre(static_cast<std::size_t>(i)), least_, by_place_[i]));
}

LineParzen::Kernel LineParzen::make(double centre, double width, double weight) const {
    const double scale = axis_.kind() == ParzenAxis::Kind::cells
                             ? weight / mass_inside(centre, width)
                             : weight * peak(centre, width);
    return {.centre = centre, .width = width, .weight = weight, .scale = scale};
}

// Centres are one place apart, so that with q = (place / width)^2 the kernel j places from the
// one at distance d is exp(-(j - d)^2 q / 2) = exp(-d^2 q / 2) exp(-j^2 q / 2) exp(d q)^j: the
// first factor is the same for all, the second in the bell, and the third a product.
Eigen::ArrayXd LineParzen::of_places(const Eigen::ArrayXd& positions) const {
    using Lanes = Eigen::Array<double, kLanes, 1>;
    const double q = 1.0 / (least_ * least_ * kPlaces * kPlaces);
    const Eigen::Index reach = place_kernels_->reach;
    const Eigen::ArrayXd nearest = (positions * kPlaces).floor().min(kPlaces - 1.0);
    const Eigen::ArrayXd first = (nearest - static_cast<double>(reach)).max(0.0);
    const Eigen::ArrayXd away = positions * kPlaces - 0.5 - nearest;
    const Eigen::ArrayXd ratios = (away * q).exp();
    const Eigen::ArrayXd starts = ((first - nearest - 0.5 * away) * away * q).exp();
    Eigen::ArrayXd sums(positions.size());
    for (Eigen::Index i = 0; i < positions.size(); ++i) {
        const auto begin = static_cast<Eigen::Index>(first[i]);
        const auto middle = static_cast<Eigen::Index>(nearest[i]);
        const Eigen::Index last = std::min<Eigen::Index>(kPlaces - 1, middle + reach);
        Lanes powers;
        double power = 1.0;
        for (double& each : powers) {
            each = starts[i] * power;
            power *= ratios[i];
        }
        Lanes sum = Lanes::Zero();
        for (Eigen::Index place = begin; place <= last; place += kLanes) {
            sum += place_scales_.segment<kLanes>(place) *
                   place_kernels_->bell.segment<kLanes>(place - middle + reach) * powers;
            powers *= power;
        }
        sums[i] = sum.sum();
    }
    return sums;
}

Eigen::ArrayXd LineParzen::on_interval(const Eigen::ArrayXd& positions) const {
    Eigen::ArrayXd sums = Eigen::ArrayXd::Zero(positions.size());
    const auto add = [&](const Kernel& kernel) {
        const double curvature = -0.5 / (kernel.width * kernel.width);
        sums += kernel.scale * ((positions - kernel.centre).square() * curvature).exp();
    };
    std::ranges::for_each(narrow_, add);
    std::ranges::for_each(wide_, add);
    if (place_kernels_)
        sums += of_places(positions);
    return sums;
}

double LineParzen::on_cell(std::size_t cell) const {
    const double low = axis_.edges()[cell];
    const double high = axis_.edges()[cell + 1];
    double sum = 0.0;
    const auto add = [&](const Kernel& kernel) {
        const double reach = kReach * kernel.width;
        if (kernel.centre > low - reach && kernel.centre < high + reach)
            sum += kernel.scale * normal_mass(low, high, kernel.centre, kernel.width);
    };
    std::ranges::for_each(narrow_, add);
    std::ranges::for_each(wide_, add);
    return sum;
}

double LineParzen::on_choice(std::size_t choice) const {
    const auto choices = static_cast<double>(axis_.size());
    const double seen = total_ - prior_weight_;
    return (seen * choice_floor_ + by_place_[static_cast<Eigen::Index>(choice)]) /
               (1.0 + choices * choice_floor_) +
           prior_weight_ / choices;
}

Eigen::ArrayXd LineParzen::density(const Eigen::ArrayXd& coordinates) const {
    if (axis_.kind() == ParzenAxis::Kind::interval)
        return on_interval(coordinates + 0.5) / total_;
    return coordinates.unaryExpr([&](double coordinate) {
        const auto value = static_cast<std::size_t>(coordinate);
        return axis_.kind() == ParzenAxis::Kind::cells ? on_cell(value) : on_choice(value);
    }) / total_;
}

double LineParzen::draw_from(std::size_t place, Rng& rng) const {
    if (axis_.kind() != ParzenAxis::Kind::choices)
        return axis_.draw(axis_.place_centre(place), least_, rng);
    const double all = 1.0 + static_cast<double>(axis_.size()) * choice_floor_;
    return rng.uniform() * all < 1.0 ? static_cast<double>(place) : axis_.draw_any(rng);
}

double LineParzen::sample(Rng& rng) const {
    double left = rng.uniform() * total_;
    const auto passes = [&left](double weight) {
        left -= weight;
        return left >= 0.0;
    };
    if (place_kernels_ || axis_.kind() == ParzenAxis::Kind::choices) {
        const auto found = std::find_if_not(by_place_.begin(), by_place_.end(), passes);
        if (found != by_place_.end())
            return draw_from(static_cast<std::size_t>(found - by_place_.begin()), rng);
    }
    for (const std::vector<Kernel>* kernels : {&narrow_, &wide_}) {
        const auto found = std::ranges::find_if_not(*kernels, passes, &Kernel::weight);
        if (found != kernels->end())
            return axis_.draw(found->centre, found->width, rng);
    }
    return axis_.draw_any(rng);
}

}  // namespace parnas::search
