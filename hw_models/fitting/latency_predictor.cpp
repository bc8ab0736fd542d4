// SPDX-License-Identifier: Apache-2.0
#include "hw_models/fitting/latency_predictor.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "hw_models/fitting/intervals.h"
#include "hw_models/fitting/median.h"
#include "hw_models/fitting/regression_metrics.h"

namespace parnas::hw_models {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kLeastErrorLevel =
    0.25;                           // of the median latency: errors are no more relative below
constexpr double kOutlier = 6.0;    // medians, at which an error stops to count more
constexpr double kSpread = 1.4826;  // standard deviation of normal numbers by their median size
constexpr double kLeastShare = 1.0 / 3.0;  // of the least latency measured
constexpr Index kFolds = 5;
constexpr Index kFewestIntegers = 5;
constexpr double kRounding = 1.0 / 12.0;  // variance of what rounding to integers takes away

// The root of the mean square, of which outliers do not decide.
double robust_size(const VectorXd& errors) {
    const VectorXd sizes = errors.cwiseAbs();
    const double most = kOutlier * median(sizes) + 1e-12;
    return std::sqrt(sizes.cwiseMin(most).cwiseAbs2().mean());
}

// The mean of several posteriors; what they differ by adds to the variance.
LatencyPosterior average(const std::vector<LatencyPosterior>& posteriors,
                         const std::vector<LatencyPredictor::Member>& members) {
    const Index n = posteriors.front().mean.size();
    LatencyPosterior sum{
        .mean = VectorXd::Zero(n), .stddev = VectorXd::Zero(n), .novelty = VectorXd::Zero(n)};
    for (std::size_t i = 0; i < posteriors.size(); ++i) {
        sum.mean += members[i].weight * posteriors[i].mean;
        sum.novelty += members[i].weight * posteriors[i].novelty;
    }
    for (std::size_t i = 0; i < posteriors.size(); ++i)
        sum.stddev += members[i].weight * (posteriors[i].stddev.cwiseAbs2() +
                                           (posteriors[i].mean - sum.mean).cwiseAbs2());
    sum.stddev = sum.stddev.cwiseSqrt();
    return sum;
}

// Whether a timer knew whole milliseconds only.
bool are_integers(const VectorXd& latency) {
    return latency.size() >= kFewestIntegers && (latency.array() == latency.array().round()).all();
}

class PredictorFitter {
  public:
    PredictorFitter(const FeatureSchema& schema,
                    const Samples& samples,
                    const FeatureStatistics& reference,
                    const PredictorOptions& options,
                    std::vector<KnownTarget> known)
        : samples_(samples), reference_(reference), options_(options) {
        parts_.schema = schema;
        parts_.known = std::move(known);
        parts_.least_ms = kLeastShare * samples.latency_ms.minCoeff();
        level_ = samples.latency_ms.cwiseMax(kLeastErrorLevel * median(samples.latency_ms));
        if (are_integers(samples.latency_ms))
            samples_.noise_ms2 = std::max(samples.noise_ms2, kRounding);
    }

    LatencyPredictor run() {
        fit_members();
        if (samples_.size() > options_.trees_from)
            fit_trees();
        left_out_ = left_out_.cwiseMax(parts_.least_ms);
        parts_.interval = interval_factor(
            studentised_, static_cast<double>(samples_.size()) - freedom_, options_.confidence);
        judge();
        return LatencyPredictor(std::move(parts_));
    }

  private:
    void fit_members() {
        const FeatureSchema wide = with_known_targets(parts_.schema, parts_.known);
        Samples samples = samples_;
        samples.features = with_known_targets(samples_.features, parts_.known);
        std::vector<BlockRegression::Fit> fits;
        std::vector<double> errors;
        for (const MemberOptions& member : options_.members) {
            std::vector<std::string> blocks;
            std::vector<double> variances;
            for (std::size_t i = 0; i < member.blocks.size(); ++i) {
                const bool needs_known =
                    member.blocks[i] == kKnownTargets || member.blocks[i] == kKnownTargetsMean;
                if (needs_known && parts_.known.empty())
                    continue;
                blocks.push_back(member.blocks[i]);
                variances.push_back(member.variances.at(i));
            }
            if (blocks.empty())
                continue;
            const BlockRegressionOptions options{.block_variance = Eigen::Map<const VectorXd>(
                                                     variances.data(), std::ssize(variances))};
            fits.push_back(
                fit_block_regression(samples, FeatureScale(wide, blocks, reference_), options));
            errors.push_back(error_of(fits.back().left_out));
            parts_.members.push_back({.name = member.name, .model = fits.back().model});
        }
        check(!errors.empty(), "a predictor has at least one member");
        weigh(errors);
        left_out_ = VectorXd::Zero(samples.size());
        studentised_ = VectorXd::Zero(samples.size());
        for (std::size_t i = 0; i < fits.size(); ++i) {
            left_out_ += parts_.members[i].weight * fits[i].left_out;
            studentised_ += parts_.members[i].weight * fits[i].studentised;
            freedom_ += parts_.members[i].weight * fits[i].freedom;
        }
    }

    // Of predictions of the samples, relative.
    double error_of(const VectorXd& predicted) const {
        return robust_size((predicted - samples_.latency_ms).cwiseQuotient(level_)) + 1e-6;
    }

    void weigh(const std::vector<double>& errors) {
        const double least = *std::ranges::min_element(errors);
        const double power = std::clamp(static_cast<double>(samples_.size()) / 3.0, 4.0, 12.0);
        double sum = 0.0;
        for (std::size_t i = 0; i < errors.size(); ++i)
            sum += parts_.members[i].weight = std::pow(least / errors[i], power);
        for (LatencyPredictor::Member& member : parts_.members)
            member.weight /= sum;
    }

    // Of the logarithm of what was measured by what the members foretell when it is left out.
    void fit_trees() {
        const VectorXd foretold = left_out_.cwiseMax(parts_.least_ms);
        VectorXd ratio = (samples_.latency_ms.array() / foretold.array()).log();
        const double most = 3.0 * kSpread * median(ratio.cwiseAbs()) + 1e-12;
        ratio = ratio.cwiseMax(-most).cwiseMin(most);
        const BoostedTreesOptions options{.least_leaf = std::max<Index>(2, samples_.size() / 20)};
        const VectorXd confirmed = in_folds(ratio, options);
        const double square = confirmed.squaredNorm();
        if (square == 0.0 || confirmed.dot(ratio) <= 0.0)
            return;
        parts_.trees_share = std::min(1.0, confirmed.dot(ratio) / square);
        const VectorXd better = foretold.array() * (parts_.trees_share * confirmed.array()).exp();
        parts_.trees_sharpness = std::min(1.0, error_of(better) / error_of(left_out_));
        studentised_ =
            (samples_.latency_ms - better)
                .cwiseQuotient(LatencyPredictor(parts_).predict(samples_.features).stddev);
        left_out_ = better;
        parts_.trees = fit_boosted_trees(samples_.features, ratio, options);
    }

    // What trees foretell of each fifth of the samples from the others.
    VectorXd in_folds(const VectorXd& values, const BoostedTreesOptions& options) const {
        VectorXd foretold(values.size());
        for (Index fold = 0; fold < kFolds; ++fold) {
            std::vector<Index> in;
            std::vector<Index> out;
            for (Index i = 0; i < values.size(); ++i)
                (i % kFolds == fold ? out : in).push_back(i);
            const BoostedTrees trees =
                fit_boosted_trees(samples_.features(in, Eigen::all), values(in), options);
            foretold(out) = trees.predict(samples_.features(out, Eigen::all));
        }
        return foretold;
    }

    void judge() {
        const VectorXd& measured = samples_.latency_ms;
        const auto count = static_cast<std::size_t>(samples_.size());
        const RegressionMetrics metrics =
            judge_predictions({left_out_.data(), count}, {measured.data(), count});
        const double variance = (measured.array() - measured.mean()).square().mean();
        const double error = (measured - left_out_).cwiseAbs2().mean();
        parts_.evidence = {.samples = samples_.size(),
                           .mean_error = metrics.mean_error,
                           .within_10 = metrics.within_10,
                           .explained = variance > 0.0 ? 1.0 - error / variance : 0.0};
    }

    Samples samples_;
    const FeatureStatistics& reference_;
    const PredictorOptions& options_;
    VectorXd level_;  // that errors are relative to
    LatencyPredictor::Parts parts_;
    VectorXd left_out_;     // each sample's prediction when it is left out
    VectorXd studentised_;  // its residual in standard deviations
    double freedom_ = 0.0;  // that the members took of the samples
};

}  // namespace

PredictedLatencies LatencyPredictor::predict(const FeatureRows& rows) const {
    check(rows.cols() == parts_.schema.columns(), "rows are of the predictor's schema");
    const FeatureRows wide = with_known_targets(rows, parts_.known);
    std::vector<LatencyPosterior> posteriors;
    for (const Member& member : parts_.members)
        posteriors.push_back(member.model.predict(wide));
    LatencyPosterior posterior = average(posteriors, parts_.members);
    posterior.mean = posterior.mean.cwiseMax(parts_.least_ms);
    if (parts_.trees_share > 0.0) {
        posterior.mean = posterior.mean.array() *
                         (parts_.trees_share * parts_.trees.predict(rows).array()).exp();
        posterior.stddev *= parts_.trees_sharpness;
    }
    PredictedLatencies latencies{.novelty = std::move(posterior.novelty)};
    latencies.low =
        (posterior.mean - parts_.interval * posterior.stddev).cwiseMax(0.5 * parts_.least_ms);
    latencies.high = posterior.mean + parts_.interval * posterior.stddev;
    latencies.mean = std::move(posterior.mean);
    latencies.stddev = std::move(posterior.stddev);
    return latencies;
}

AdditiveLatency LatencyPredictor::additive_part() const {
    AdditiveLatency sum{.weights = VectorXd::Zero(parts_.schema.columns())};
    const auto count = static_cast<Index>(parts_.known.size());
    const auto add = [&](const AdditiveLatency& latency, double factor) {
        sum.constant += factor * latency.constant;
        sum.weights += factor * latency.weights;
    };
    for (const Member& member : parts_.members) {
        const BlockRegression::Parts& model = member.model.parts();
        sum.constant += member.weight * model.weights[0];
        for (Index i = 0; i < model.scale.size(); ++i) {
            const double slope = member.weight * model.weights[i + 1] * model.scale.factor[i];
            const Index column = model.scale.columns[static_cast<std::size_t>(i)];
            sum.constant -= slope * model.scale.mean[i];
            const Index beyond = column - parts_.schema.columns();
            if (beyond < 0)
                sum.weights[column] += slope;
            else if (beyond < count)
                add(parts_.known[static_cast<std::size_t>(beyond)].latency, slope);
            else
                for (const KnownTarget& target : parts_.known)
                    add(target.latency, slope / static_cast<double>(count));
        }
    }
    return sum;
}

LatencyPredictor fit_latency_predictor(const FeatureSchema& schema,
                                       const Samples& samples,
                                       const FeatureStatistics& reference,
                                       const PredictorOptions& options,
                                       std::vector<KnownTarget> known) {
    for (Index i = 0; i < samples.size(); ++i)
        if (!(samples.latency_ms[i] > 0.0) || !std::isfinite(samples.latency_ms[i]))
            throw Error(ErrorKind::invalid_input,
                        fmt::format("sample {} has a latency of {} ms", i, samples.latency_ms[i]));
    if (samples.size() < 2)
        throw Error(ErrorKind::invalid_input, "a latency predictor needs two samples");
    return PredictorFitter(schema, samples, reference, options, std::move(known)).run();
}

}  // namespace parnas::hw_models
