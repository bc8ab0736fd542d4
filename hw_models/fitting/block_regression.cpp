// SPDX-License-Identifier: Apache-2.0
#include "hw_models/fitting/block_regression.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <Eigen/Dense>

#include "core/error.h"
#include "hw_models/fitting/block_variances.h"
#include "hw_models/fitting/median.h"

namespace parnas::hw_models {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr Index kMostForVariances = 128;
constexpr int kRounds = 3;        // of variances, then noise weights
constexpr int kNoiseUpdates = 5;  // of noise weights in a round
constexpr double kLeastWeight = 0.5;
constexpr double kLeastLevel = 0.25;  // of the median latency: noise is no smaller below
constexpr double kJitter = 1e-9;

// Latencies in a unit that outliers do not set.
struct Unit {
    double centre = 0.0;
    double size = 1.0;
};

Unit unit_of(const VectorXd& latency) {
    const double stddev = std::sqrt((latency.array() - latency.mean()).square().mean());
    const double centre = median(latency);
    const double spread = 1.4826 * median((latency.array() - centre).abs().matrix());
    const double least = 1e-6 * std::max(std::abs(centre), 1e-9);
    return {.centre = centre, .size = std::max({spread, 0.3 * stddev, least})};
}

// The weights, given all variances, and what follows at the samples.
struct Solution {
    VectorXd weights;
    MatrixXd covariance;
    VectorXd error;      // (K + D)^-1 y
    VectorXd precision;  // the diagonal of (K + D)^-1
};

// `x`: n x d, `prior`: d, `noise`: n. Through the n x n kernel matrix.
Solution solve_by_kernel(const MatrixXd& x,
                         const VectorXd& y,
                         const VectorXd& prior,
                         const VectorXd& noise) {
    const MatrixXd spread = x * prior.asDiagonal();
    MatrixXd kernel = spread * x.transpose();
    kernel.diagonal() += noise;
    const Eigen::LLT<MatrixXd> factor(kernel);
    const MatrixXd inverse = factor.solve(MatrixXd::Identity(x.rows(), x.rows()));
    Solution solution{.error = inverse * y, .precision = inverse.diagonal()};
    solution.weights = spread.transpose() * solution.error;
    const MatrixXd whitened = factor.matrixL().solve(spread);
    solution.covariance = -whitened.transpose() * whitened;
    solution.covariance.diagonal() += prior;
    return solution;
}

// Through the d x d precision matrix.
Solution solve_by_weights(const MatrixXd& x,
                          const VectorXd& y,
                          const VectorXd& prior,
                          const VectorXd& noise) {
    const MatrixXd weighted = noise.cwiseInverse().asDiagonal() * x;
    MatrixXd precision = x.transpose() * weighted;
    precision.diagonal() += prior.cwiseInverse();
    const Eigen::LLT<MatrixXd> factor(precision);
    Solution solution;
    solution.covariance = factor.solve(MatrixXd::Identity(x.cols(), x.cols()));
    solution.weights = factor.solve(weighted.transpose() * y);
    solution.error = (y - x * solution.weights).cwiseQuotient(noise);
    const VectorXd fitted = (x * solution.covariance).cwiseProduct(x).rowwise().sum();
    solution.precision = noise.cwiseInverse() - fitted.cwiseQuotient(noise.cwiseAbs2());
    return solution;
}

Solution solve(const MatrixXd& x, const VectorXd& y, const VectorXd& prior, const VectorXd& noise) {
    return x.rows() <= x.cols() ? solve_by_kernel(x, y, prior, noise)
                                : solve_by_weights(x, y, prior, noise);
}

class BlockFitter {
  public:
    BlockFitter(const Samples& samples, FeatureScale scale, const BlockRegressionOptions& options)
        : options_(options),
          scale_(std::move(scale)),
          unit_(unit_of(samples.latency_ms)),
          y_((samples.latency_ms.array() - unit_.centre) / unit_.size),
          x_(samples.size(), scale_.size() + 1),
          weight_(VectorXd::Ones(samples.size())),
          level_(samples.latency_ms.mean()),
          least_(kLeastLevel * median(samples.latency_ms)),
          known_(samples.noise_ms2 / (unit_.size * unit_.size) + kJitter) {
        x_.col(0).setOnes();
        x_.rightCols(scale_.size()) = scale_.scaled(samples.features);
        shares_ = Eigen::MatrixXd::Ones(samples.size(), 2);
        set_level(samples.latency_ms);
        variances_ = expected();
    }

    BlockRegression::Fit run() {
        choose_rows();
        for (int round = 0; round < kRounds; ++round) {
            learn_variances();
            for (int i = 0; i < kNoiseUpdates && round + 1 < kRounds; ++i)
                learn_weights();
        }
        return result();
    }

  private:
    VectorXd prior() const {
        VectorXd prior(x_.cols());
        prior[0] = 1.0;
        for (Index i = 0; i < scale_.size(); ++i)
            prior[i + 1] = variances_.block[scale_.block_of[static_cast<std::size_t>(i)]];
        return prior;
    }
    BlockVariances expected() const {
        return {.block = options_.block_variance,
                .noise = Eigen::Vector2d(options_.absolute_noise, options_.relative_noise)};
    }
    // How much of the relative noise each sample has, by its latency.
    void set_level(const VectorXd& latency) {
        shares_.col(1) = (latency.cwiseMax(least_) / level_).cwiseAbs2();
    }
    // Of samples that are not outlying.
    VectorXd plain_noise() const { return shares_ * variances_.noise; }
    VectorXd noise() const {
        return (plain_noise().cwiseProduct(weight_).array() + known_).matrix();
    }

    // Evenly among all, for what is cubic in their number.
    void choose_rows() {
        const Index count = std::min(kMostForVariances, x_.rows());
        rows_.resize(static_cast<std::size_t>(count));
        for (Index i = 0; i < count; ++i)
            rows_[static_cast<std::size_t>(i)] = i * x_.rows() / count;
        for (Index block = 0; block < options_.block_variance.size(); ++block) {
            MatrixXd gram = MatrixXd::Zero(count, count);
            for (Index i = 0; i < scale_.size(); ++i)
                if (scale_.block_of[static_cast<std::size_t>(i)] == block) {
                    const VectorXd column = x_(rows_, i + 1);
                    gram.selfadjointView<Eigen::Lower>().rankUpdate(column);
                }
            grams_.push_back(gram.selfadjointView<Eigen::Lower>());
        }
    }

    void learn_variances() {
        const VectorXd targets = y_(rows_);
        const MatrixXd shares = (weight_.asDiagonal() * shares_)(rows_, Eigen::all);
        variances_ = most_probable(
            variances_,
            {.grams = grams_, .noise_shares = shares, .known_noise = known_, .targets = targets},
            {.expected = expected(), .log_stddev = options_.log_prior_stddev});
    }

    // The expected precision of each sample's noise (the E step), and the noise's size where the
    // latency is now believed to lie.
    void learn_weights() {
        const VectorXd sum = noise();
        const Solution found = solve(x_, y_, prior(), sum);
        const VectorXd residual = sum.cwiseProduct(found.error);
        const VectorXd fitted = (sum - sum.cwiseAbs2().cwiseProduct(found.precision)).cwiseMax(0.0);
        const VectorXd unweighted = sum.cwiseQuotient(weight_);
        const double freedom = options_.degrees_of_freedom;
        weight_ = (((residual.cwiseAbs2() + fitted).cwiseQuotient(unweighted).array() + freedom) /
                   (freedom + 1.0))
                      .max(kLeastWeight);
        set_level(((y_ - residual) * unit_.size).array() + unit_.centre);
    }

    BlockRegression::Fit result() const {
        const VectorXd sum = noise();
        const Solution found = solve(x_, y_, prior(), sum);
        VectorXd weights = found.weights * unit_.size;
        weights[0] += unit_.centre;
        const double area = unit_.size * unit_.size;
        const auto covariance = found.covariance.selfadjointView<Eigen::Lower>();
        BlockRegression::Fit fit;
        fit.model = BlockRegression({.scale = scale_,
                                     .weights = std::move(weights),
                                     .covariance = MatrixXd(covariance) * area,
                                     .prior = prior() * area,
                                     .noise_ms2 = (variances_.noise[0] + known_) * area,
                                     .noise_share2 = variances_.noise[1] * area / level_ / level_,
                                     .least_ms = least_});
        const VectorXd error = found.error.cwiseQuotient(found.precision);
        fit.left_out = (y_ - error) * unit_.size + VectorXd::Constant(y_.size(), unit_.centre);
        // sqrt(noise precision): by how much the sample's own part narrows its residual.
        const VectorXd narrowing = sum.cwiseProduct(found.precision).cwiseMax(1e-12).cwiseSqrt();
        fit.studentised =
            error.cwiseProduct(narrowing).cwiseQuotient(sum.cwiseQuotient(weight_).cwiseSqrt());
        fit.freedom = static_cast<double>(y_.size()) - sum.dot(found.precision);
        return fit;
    }

    const BlockRegressionOptions& options_;
    FeatureScale scale_;
    Unit unit_;
    VectorXd y_;
    MatrixXd x_;       // the constant, then the scaled features
    MatrixXd shares_;  // of both kinds of noise
    VectorXd weight_;  // of the noise: how outlying a sample is
    double level_;     // ms
    double least_;     // ms
    double known_;     // noise
    BlockVariances variances_;
    std::vector<Index> rows_;
    std::vector<MatrixXd> grams_;
};

}  // namespace

LatencyPosterior BlockRegression::predict(const FeatureRows& rows) const {
    const MatrixXd scaled = parts_.scale.scaled(rows);
    const Index d = scaled.cols();
    const MatrixXd& covariance = parts_.covariance;
    LatencyPosterior posterior;
    posterior.mean = (scaled * parts_.weights.tail(d)).array() + parts_.weights[0];
    const MatrixXd spread = scaled * covariance.bottomRightCorner(d, d);
    VectorXd variance =
        spread.cwiseProduct(scaled).rowwise().sum() + 2.0 * (scaled * covariance.col(0).tail(d));
    variance = (variance.array() + covariance(0, 0)).max(0.0);
    const VectorXd before = (scaled.cwiseAbs2() * parts_.prior.tail(d)).array() + parts_.prior[0];
    posterior.novelty = variance.cwiseQuotient(before).cwiseMin(1.0);
    for (Index i = 0; i < rows.rows(); ++i)
        if (parts_.scale.is_strange(rows, i))
            posterior.novelty[i] = 1.0;
    variance += parts_.noise_share2 * posterior.mean.cwiseMax(parts_.least_ms).cwiseAbs2();
    posterior.stddev = (variance.array() + parts_.noise_ms2).sqrt();
    return posterior;
}

BlockRegression::Fit fit_block_regression(const Samples& samples,
                                          FeatureScale scale,
                                          const BlockRegressionOptions& options) {
    check(samples.size() >= 2 && samples.features.rows() == samples.size(),
          "a regression needs two samples with features");
    return BlockFitter(samples, std::move(scale), options).run();
}

}  // namespace parnas::hw_models
