// SPDX-License-Identifier: Apache-2.0
#include "search/gp/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

namespace parnas::search {
namespace {

using Eigen::VectorXd;

struct Curvature {
    VectorXd step;
    VectorXd change;  // of the gradient
    double rho = 0.0;
};

struct Visited {
    VectorXd x;
    VectorXd gradient;
    double value = 0.0;
};

class Descent {
  public:
    Descent(const SmoothFunction& function, const LbfgsOptions& options)
        : function_(function), options_(options), boxed_(options.lower.size() > 0) {}

    Minimum run(VectorXd start) {
        Visited here = evaluate(into_box(std::move(start)));
        for (int i = 0; i < options_.iterations && std::isfinite(here.value); ++i) {
            const VectorXd slope = free_part(here);
            if (slope.size() == 0 || slope.cwiseAbs().maxCoeff() <= options_.gradient_tolerance)
                break;
            std::optional<Visited> next = step(here, direction(slope));
            if (!next && !curvatures_.empty()) {
                curvatures_.clear();  // what was learnt misleads
                next = step(here, direction(slope));
            }
            if (!next)
                break;
            const double gain = here.value - next->value;
            remember(here, *next);
            here = *std::move(next);
            if (gain <= options_.value_tolerance * std::max(1.0, std::abs(here.value)))
                break;
        }
        return {.x = std::move(here.x), .value = here.value, .evaluations = evaluations_};
    }

  private:
    VectorXd into_box(VectorXd x) const {
        return boxed_ ? VectorXd(x.cwiseMax(options_.lower).cwiseMin(options_.upper)) : x;
    }

    Visited evaluate(VectorXd x) {
        Visited place{.x = std::move(x)};
        place.gradient.resize(place.x.size());
        place.value = function_(place.x, place.gradient);
        ++evaluations_;
        return place;
    }

    // The gradient, 0 where the box holds the coordinate.
    VectorXd free_part(const Visited& at) const {
        VectorXd slope = at.gradient;
        for (Eigen::Index i = 0; boxed_ && i < slope.size(); ++i)
            if ((at.x[i] <= options_.lower[i] && slope[i] > 0.0) ||
                (at.x[i] >= options_.upper[i] && slope[i] < 0.0))
                slope[i] = 0.0;
        return slope;
    }

    VectorXd direction(const VectorXd& slope) const {
        VectorXd result = -slope;
        std::vector<double> shares(curvatures_.size());
        for (std::size_t i = curvatures_.size(); i-- > 0;) {
            shares[i] = curvatures_[i].rho * curvatures_[i].step.dot(result);
            result -= shares[i] * curvatures_[i].change;
        }
        if (curvatures_.empty())
            result /= std::max(1.0, slope.norm());
        else
            result /= curvatures_.back().rho * curvatures_.back().change.squaredNorm();
        for (std::size_t i = 0; i < curvatures_.size(); ++i)
            result += (shares[i] - curvatures_[i].rho * curvatures_[i].change.dot(result)) *
                      curvatures_[i].step;
        result = (slope.array() == 0.0).select(0.0, result);  // what is held stays
        return result.dot(slope) < 0.0 ? result : VectorXd(-slope / std::max(1.0, slope.norm()));
    }

    // The first place along the direction that is sufficiently better (Armijo's rule).
    std::optional<Visited> step(const Visited& here, const VectorXd& direction) {
        constexpr double kSufficient = 1e-4;
        constexpr int kHalvings = 20;
        double length = 1.0;
        for (int i = 0; i < kHalvings; ++i) {
            Visited there = evaluate(into_box(here.x + length * direction));
            const double slope = here.gradient.dot(there.x - here.x);
            if (std::isfinite(there.value) && slope < 0.0 &&
                there.value <= here.value + kSufficient * slope)
                return there;
            // The minimum of the parabola through both values and the slope.
            double shorter = 0.5;
            if (std::isfinite(there.value) && there.value > here.value + slope)
                shorter = std::clamp(-0.5 * slope / (there.value - here.value - slope), 0.1, 0.5);
            length *= shorter;
        }
        return std::nullopt;
    }

    void remember(const Visited& from, const Visited& to) {
        Curvature added{.step = to.x - from.x, .change = to.gradient - from.gradient};
        const double product = added.step.dot(added.change);
        if (product <= 1e-10 * added.step.norm() * added.change.norm())
            return;
        added.rho = 1.0 / product;
        curvatures_.push_back(std::move(added));
        if (curvatures_.size() > static_cast<std::size_t>(options_.memory))
            curvatures_.pop_front();
    }

    const SmoothFunction& function_;
    const LbfgsOptions& options_;
    bool boxed_;
    std::deque<Curvature> curvatures_;
    int evaluations_ = 0;
};

}  // namespace

Minimum minimise(const SmoothFunction& function,
                 Eigen::VectorXd start,
                 const LbfgsOptions& options) {
    return Descent(function, options).run(std::move(start));
}

}  // namespace parnas::search
