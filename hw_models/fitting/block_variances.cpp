// SPDX-License-Identifier: Apache-2.0
#include "hw_models/fitting/block_variances.h"

#include <cmath>
#include <optional>
#include <utility>

#include <Eigen/Cholesky>

namespace parnas::hw_models {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr int kSteps = 30;
constexpr int kDampings = 12;
constexpr double kLongestStep = 2.0;  // of a logarithm
constexpr double kTolerance = 1e-4;   // of the loss
constexpr double kFarthest = 7.0;     // of a logarithm from the expected one

// The loss, minus the logarithm of the posterior density, with slope and expected curvature by
// the logarithms of the variances.
struct Local {
    double loss = 0.0;
    MatrixXd inverse;
    VectorXd alpha;
};

class Climb {
  public:
    Climb(const VarianceData& data, const VariancePrior& prior)
        : data_(data),
          expected_(logs(prior.expected)),
          precision_(1.0 / prior.log_stddev / prior.log_stddev) {}

    static VectorXd logs(const BlockVariances& variances) {
        VectorXd logs(variances.block.size() + variances.noise.size());
        logs << variances.block.array().log().matrix(), variances.noise.array().log().matrix();
        return logs;
    }

    VectorXd run(VectorXd at) const {
        std::optional<Local> here = look(at);
        double damping = 0.0;
        for (int step = 0; step < kSteps && here; ++step) {
            const VectorXd before = at;
            const double loss = here->loss;
            if (!improve(at, here, damping))
                break;
            if (loss - here->loss < kTolerance)
                break;
        }
        return at;
    }

  private:
    std::optional<Local> look(const VectorXd& at) const {
        const Index n = data_.targets.size();
        const Index blocks = at.size() - data_.noise_shares.cols();
        MatrixXd kernel = MatrixXd::Ones(n, n);
        for (Index b = 0; b < blocks; ++b)
            kernel += std::exp(at[b]) * data_.grams[static_cast<std::size_t>(b)];
        kernel.diagonal() +=
            data_.noise_shares * at.tail(at.size() - blocks).array().exp().matrix();
        kernel.diagonal().array() += data_.known_noise;
        const Eigen::LLT<MatrixXd> factor(kernel);
        if (factor.info() != Eigen::Success)
            return std::nullopt;
        Local local;
        local.inverse = factor.solve(MatrixXd::Identity(n, n));
        local.alpha = local.inverse * data_.targets;
        const double log_determinant = 2.0 * factor.matrixLLT().diagonal().array().log().sum();
        local.loss = 0.5 * data_.targets.dot(local.alpha) + 0.5 * log_determinant +
                     0.5 * precision_ * (at - expected_).squaredNorm();
        if (!std::isfinite(local.loss))
            return std::nullopt;
        return local;
    }

    bool improve(VectorXd& at, std::optional<Local>& here, double& damping) const {
        const Index count = at.size();
        std::vector<MatrixXd> products;  // inverse times the kernel's derivative
        VectorXd slope = precision_ * (at - expected_);
        const Index blocks = count - data_.noise_shares.cols();
        for (Index i = 0; i < count; ++i) {
            const double variance = std::exp(at[i]);
            if (i < blocks) {
                const MatrixXd& gram = data_.grams[static_cast<std::size_t>(i)];
                products.emplace_back(variance * here->inverse * gram);
                slope[i] -= 0.5 * variance * here->alpha.dot(gram * here->alpha);
            } else {
                const VectorXd shares = variance * data_.noise_shares.col(i - blocks);
                products.emplace_back(here->inverse * shares.asDiagonal());
                slope[i] -= 0.5 * here->alpha.cwiseAbs2().dot(shares);
            }
            slope[i] += 0.5 * products.back().trace();
        }

        MatrixXd curvature(count, count);
        for (Index i = 0; i < count; ++i)
            for (Index j = 0; j <= i; ++j) {
                const auto& a = products[static_cast<std::size_t>(i)];
                const auto& b = products[static_cast<std::size_t>(j)];
                curvature(i, j) = curvature(j, i) = 0.5 * a.cwiseProduct(b.transpose()).sum();
            }
        curvature.diagonal().array() += precision_;

        for (int i = 0; i < kDampings; ++i) {
            MatrixXd damped = curvature;
            damped.diagonal() *= 1.0 + damping;
            VectorXd step = -damped.llt().solve(slope);
            step *= std::min(1.0, kLongestStep / step.cwiseAbs().maxCoeff());
            const VectorXd next = (at + step)
                                      .cwiseMax((expected_.array() - kFarthest).matrix())
                                      .cwiseMin((expected_.array() + kFarthest).matrix());
            std::optional<Local> there = look(next);
            if (there && there->loss < here->loss) {
                at = next;
                here = std::move(there);
                damping *= 0.2;
                return true;
            }
            damping = damping == 0.0 ? 0.1 : damping * 4.0;
        }
        return false;
    }

    const VarianceData& data_;
    VectorXd expected_;
    double precision_;
};

}  // namespace

BlockVariances most_probable(const BlockVariances& start,
                             const VarianceData& data,
                             const VariancePrior& prior) {
    const VectorXd found = Climb(data, prior).run(Climb::logs(start));
    const Index blocks = start.block.size();
    return {.block = found.head(blocks).array().exp(),
            .noise = found.tail(found.size() - blocks).array().exp()};
}

}  // namespace parnas::hw_models
