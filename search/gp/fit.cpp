// SPDX-License-Identifier: Apache-2.0
#include "search/gp/fit.h"

#include <algorithm>
#include <cmath>

#include "search/gp/lbfgs.h"
#include "search/gp/posterior.h"

namespace parnas::search {
namespace {

// Wide enough for all that the priors leave any chance.
constexpr double kMostLogWeight = 9.0;
constexpr double kMostLogVariance = 7.0;

double log_prior(const MaternProcess& process, double length) {
    const Eigen::ArrayXd w = length * length * process.weights.array();
    return -0.1 * (w.inverse() + w).sum() + std::log(process.variance) - process.variance +
           0.1 * std::log(process.noise) - 30.0 * process.noise;
}

// The variables are the logarithms of weights, variance and noise; the last only if it is learned.
class LogPosterior {
  public:
    LogPosterior(const FitData& data, const FitOptions& options) : data_(data), options_(options) {}

    Eigen::VectorXd variables(const MaternProcess& process) const {
        const Eigen::Index axes = process.weights.size();
        const bool noise = options_.noise == Noise::learned;
        Eigen::VectorXd x(axes + (noise ? 2 : 1));
        x.head(axes) = process.weights.array().log();
        x[axes] = std::log(process.variance);
        if (noise)
            x[axes + 1] = std::log(std::max(process.noise, kLeastNoise));
        return x;
    }

    MaternProcess process(const Eigen::VectorXd& x) const {
        const bool noise = options_.noise == Noise::learned;
        const Eigen::Index axes = x.size() - (noise ? 2 : 1);
        return {.weights = x.head(axes).array().exp(),
                .variance = std::exp(x[axes]),
                .noise = noise ? std::exp(x[axes + 1]) : kLeastNoise};
    }

    double negated(const Eigen::VectorXd& x, Eigen::VectorXd& gradient) const {
        const MaternProcess at = process(x);
        const Matern kernel = at.kernel(data_.axis_of);
        const Eigen::MatrixXd gram = kernel.gram(data_.points);
        Posterior posterior(gram, at.noise);
        posterior.set_targets(data_.targets);
        const Eigen::MatrixXd by_gram = posterior.likelihood_by_gram();

        const Eigen::Index axes = at.weights.size();
        gradient.setZero();
        const Eigen::VectorXd by_coordinate = kernel.gradient(data_.points, by_gram);
        for (std::size_t i = 0; i < data_.axis_of.size(); ++i)
            gradient[data_.axis_of[i]] += by_coordinate[static_cast<Eigen::Index>(i)];
        const Eigen::ArrayXd w = options_.length * options_.length * at.weights.array();
        gradient.head(axes).array() += 0.1 * (w.inverse() - w);
        gradient[axes] = by_gram.cwiseProduct(gram).sum() + 1.0 - at.variance;
        if (options_.noise == Noise::learned)
            gradient[axes + 1] = by_gram.trace() * at.noise + 0.1 - 30.0 * at.noise;
        gradient = -gradient;
        return -posterior.log_likelihood() - log_prior(at, options_.length);
    }

    LbfgsOptions limits(Eigen::Index size) const {
        LbfgsOptions result{
            .iterations = options_.iterations, .gradient_tolerance = 1e-2, .value_tolerance = 1e-5};
        result.upper = Eigen::VectorXd::Constant(size, kMostLogWeight);
        result.lower = -result.upper;
        const Eigen::Index axes = size - (options_.noise == Noise::learned ? 2 : 1);
        result.upper[axes] = kMostLogVariance;
        result.lower[axes] = -kMostLogVariance;
        if (options_.noise == Noise::learned) {
            result.lower[axes + 1] = std::log(kLeastNoise);
            result.upper[axes + 1] = 0.0;
        }
        return result;
    }

  private:
    const FitData& data_;
    const FitOptions& options_;
};

}  // namespace

MaternProcess MaternProcess::initial(Eigen::Index axes, double length) {
    return {.weights = Eigen::VectorXd::Constant(axes, 1.0 / (length * length))};
}

MaternProcess fit(const FitData& data, const MaternProcess& start, const FitOptions& options) {
    const LogPosterior posterior(data, options);
    const Eigen::VectorXd x = posterior.variables(start);
    const Minimum found =
        minimise([&](const Eigen::VectorXd& at,
                     Eigen::VectorXd& gradient) { return posterior.negated(at, gradient); },
                 x,
                 posterior.limits(x.size()));
    return posterior.process(found.x);
}

double log_posterior(const FitData& data, const MaternProcess& process, double length) {
    Posterior posterior(process.kernel(data.axis_of).gram(data.points), process.noise);
    posterior.set_targets(data.targets);
    return posterior.log_likelihood() + log_prior(process, length);
}

}  // namespace parnas::search
