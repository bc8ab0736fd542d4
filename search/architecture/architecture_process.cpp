// SPDX-License-Identifier: Apache-2.0
#include "search/architecture/architecture_process.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace parnas::search {
namespace {

constexpr std::array<double, 6> kSquaredLengths{1.0, 2.0, 4.0, 8.0, 16.0, 32.0};
constexpr std::array<double, 3> kNoises{1e-3, 1e-2, 1e-1};
constexpr std::array<double, 3> kEmphases{1.0, 0.25, 4.0};
constexpr double kLeastLikelihood = 0.1;  // of the best setting's

double log_evidence(const ProcessSetting& setting,
                    const DistanceTable& gram,
                    const Eigen::VectorXd& targets) {
    Posterior posterior(setting.kernel(gram), setting.noise);
    posterior.set_targets(targets);
    return posterior.log_likelihood();
}

}  // namespace

DistanceTable distances(std::span<const ArchitecturePoint> from,
                        std::span<const ArchitecturePoint> to) {
    const auto rows = static_cast<Eigen::Index>(from.size());
    const auto columns = static_cast<Eigen::Index>(to.size());
    const bool has_others = rows > 0 && from.front().others.size() > 0;
    DistanceTable table{.architecture = Eigen::MatrixXd(rows, columns)};
    if (has_others)
        table.others.resize(rows, columns);
    for (Eigen::Index column = 0; column < columns; ++column)
        for (Eigen::Index row = 0; row < rows; ++row) {
            const ArchitectureDistance distance = squared_distance(
                from[static_cast<std::size_t>(row)], to[static_cast<std::size_t>(column)]);
            table.architecture(row, column) = distance.architecture;
            if (has_others)
                table.others(row, column) = distance.others;
        }
    return table;
}

Eigen::MatrixXd ProcessSetting::kernel(const DistanceTable& table) const {
    const double scale = 0.5 / squared_length;
    if (table.others.size() == 0)
        return (1.0 + scale * table.architecture.array()).inverse();
    return (1.0 + scale * (table.architecture.array() + emphasis * table.others.array())).inverse();
}

std::vector<ProcessSetting> likely_settings(const DistanceTable& gram,
                                            const Eigen::VectorXd& targets) {
    std::vector<std::pair<double, ProcessSetting>> tried;
    double best = -std::numeric_limits<double>::infinity();
    const std::size_t emphases = gram.others.size() == 0 ? 1 : kEmphases.size();
    for (const double squared_length : kSquaredLengths)
        for (const double noise : kNoises)
            for (const double emphasis : std::span(kEmphases).first(emphases)) {
                const ProcessSetting setting{
                    .squared_length = squared_length, .emphasis = emphasis, .noise = noise};
                tried.emplace_back(log_evidence(setting, gram, targets), setting);
                best = std::max(best, tried.back().first);
            }
    std::vector<ProcessSetting> likely;
    double sum = 0.0;
    for (auto& [evidence, setting] : tried) {
        setting.share = std::exp(evidence - best);
        if (setting.share < kLeastLikelihood)
            continue;
        sum += setting.share;
        likely.push_back(setting);
    }
    for (ProcessSetting& setting : likely)
        setting.share /= sum;
    return likely;
}

PoolProcess::PoolProcess(std::vector<ProcessSetting> settings,
                         std::span<const ArchitecturePoint> pool)
    : pool_(pool) {
    for (ProcessSetting& setting : settings)
        parts_.push_back({.setting = setting});
}

void PoolProcess::observe(std::span<const ArchitecturePoint> points) {
    const Eigen::Index known = size();
    if (known == 0) {
        const DistanceTable gram = distances(points, points);
        for (Part& part : parts_)
            part.posterior = Posterior(part.setting.kernel(gram), part.setting.noise);
        observed_.assign(points.begin(), points.end());
    } else {
        for (const ArchitecturePoint& point : points) {
            const DistanceTable row = distances({&point, 1}, observed_);
            for (Part& part : parts_)
                part.posterior.append(part.setting.kernel(row).transpose(), 1.0);
            observed_.push_back(point);
        }
    }
    const DistanceTable cross = distances(points, pool_);
    for (Part& part : parts_) {
        if (part.whitened.rows() < size())
            part.whitened.conservativeResize(size() + 16, cross.architecture.cols());
        part.posterior.whiten(part.setting.kernel(cross), known, part.whitened.topRows(size()));
    }
}

void PoolProcess::truncate(Eigen::Index observations) {
    observed_.resize(static_cast<std::size_t>(observations));
    for (Part& part : parts_)
        part.posterior.truncate(observations);
}

PoolPrediction PoolProcess::predict(const Eigen::VectorXd& targets) const {
    const auto points = static_cast<Eigen::Index>(pool_.size());
    Eigen::VectorXd mean = Eigen::VectorXd::Zero(points);
    Eigen::VectorXd square = Eigen::VectorXd::Zero(points);
    for (const Part& part : parts_) {
        const auto whitened = part.whitened.topRows(size());
        Eigen::MatrixXd targets_whitened(size(), 1);
        part.posterior.whiten(targets, 0, targets_whitened);
        const Eigen::VectorXd of_part = whitened.transpose() * targets_whitened.col(0);
        const Eigen::VectorXd variance =
            (1.0 - whitened.colwise().squaredNorm().transpose().array()).max(1e-10);
        mean += part.setting.share * of_part;
        square += part.setting.share * (variance + of_part.cwiseAbs2());
    }
    return {.mean = mean, .stddev = (square - mean.cwiseAbs2()).cwiseMax(1e-10).cwiseSqrt()};
}

double PoolProcess::mean_at(const ArchitecturePoint& point, const Eigen::VectorXd& targets) const {
    const DistanceTable row = distances({&point, 1}, observed_);
    double mean = 0.0;
    for (const Part& part : parts_) {
        Eigen::MatrixXd both(size(), 2);
        Eigen::MatrixXd values(size(), 2);
        values << part.setting.kernel(row).transpose(), targets;
        part.posterior.whiten(values, 0, both);
        mean += part.setting.share * both.col(0).dot(both.col(1));
    }
    return mean;
}

}  // namespace parnas::search
