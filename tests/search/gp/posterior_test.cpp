// SPDX-License-Identifier: Apache-2.0
#include "search/gp/posterior.h"

#include <cmath>
#include <numbers>

#include <Eigen/LU>

#include "core/rng.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

struct Observed {
    Eigen::MatrixXd gram;     // of 20 observed points
    Eigen::MatrixXd cross;    // with 5 others
    Eigen::VectorXd self;     // of those
    Eigen::VectorXd targets;  // 20
};

Observed example() {
    Rng rng(5);
    Eigen::MatrixXd features(25, 30);
    for (double& each : features.reshaped())
        each = rng.normal();
    const Eigen::MatrixXd all = features * features.transpose() / 30.0;
    Observed result{.gram = all.topLeftCorner(20, 20),
                    .cross = all.topRightCorner(20, 5),
                    .self = all.diagonal().tail(5),
                    .targets = Eigen::VectorXd(20)};
    for (double& each : result.targets)
        each = rng.normal();
    return result;
}

}  // namespace

TEST_CASE("rows are whitened at once or one by one", "[search][gp]") {
    const Observed data = example();
    const Posterior whole(data.gram, 0.1);
    Eigen::MatrixXd at_once(20, 5);
    whole.whiten(data.cross, 0, at_once);
    CHECK(whole.variance(data.cross, data.self)
              .isApprox(data.self - at_once.colwise().squaredNorm().transpose()));
    Posterior grown(data.gram.topLeftCorner(8, 8), 0.1);
    Eigen::MatrixXd by_row(20, 5);
    grown.whiten(data.cross.topRows(8), 0, by_row.topRows(8));
    for (Eigen::Index n = 8; n < 20; ++n) {
        grown.append(data.gram.col(n).head(n), data.gram(n, n));
        grown.whiten(data.cross.row(n), n, by_row.topRows(n + 1));
    }
    CHECK(by_row.isApprox(at_once));
}

TEST_CASE("a posterior is that of the direct formulas", "[search][gp]") {
    const Observed data = example();
    Posterior posterior(data.gram, 0.1);
    posterior.set_targets(data.targets);
    const Eigen::MatrixXd noisy = data.gram + 0.1 * Eigen::MatrixXd::Identity(20, 20);
    const Eigen::MatrixXd inverse = noisy.inverse();
    CHECK(posterior.mean(data.cross).isApprox(data.cross.transpose() * inverse * data.targets));
    const Eigen::VectorXd variance =
        data.self - (data.cross.transpose() * inverse * data.cross).diagonal();
    CHECK(posterior.variance(data.cross, data.self).isApprox(variance));
    CHECK(posterior.weights(data.cross).isApprox(inverse * data.cross));
    CHECK(posterior.fitted().isApprox(data.gram * inverse * data.targets));
    CHECK(posterior.log_likelihood() ==
          Approx(-0.5 * data.targets.dot(inverse * data.targets) -
                 0.5 * std::log(noisy.determinant()) - 10.0 * std::log(2.0 * std::numbers::pi)));
}

TEST_CASE("the likelihood's derivative by the Gram matrix agrees with differences",
          "[search][gp]") {
    const Observed data = example();
    Posterior posterior(data.gram, 0.1);
    posterior.set_targets(data.targets);
    const Eigen::MatrixXd by_gram = posterior.likelihood_by_gram();
    const auto likelihood = [&](double change) {
        Eigen::MatrixXd gram = data.gram;
        gram(3, 7) += change;
        gram(7, 3) += change;
        Posterior changed(gram, 0.1);
        changed.set_targets(data.targets);
        return changed.log_likelihood();
    };
    CHECK(2.0 * by_gram(3, 7) == Approx((likelihood(1e-5) - likelihood(-1e-5)) / 2e-5));
}

TEST_CASE("appending observations is the same as starting with them", "[search][gp]") {
    const Observed data = example();
    Posterior all(data.gram, 0.1);
    all.set_targets(data.targets);
    Posterior grown;
    grown = Posterior(data.gram.topLeftCorner(4, 4), 0.1);
    for (Eigen::Index i = 4; i < 20; ++i)
        grown.append(data.gram.col(i).head(i), data.gram(i, i));
    grown.set_targets(data.targets);
    CHECK(grown.size() == 20);
    CHECK(grown.mean(data.cross).isApprox(all.mean(data.cross)));
    CHECK(grown.variance(data.cross, data.self).isApprox(all.variance(data.cross, data.self)));
    CHECK(grown.log_likelihood() == Approx(all.log_likelihood()));

    const Posterior before = grown;
    grown.append(data.cross.col(0), data.self[0]);
    grown.truncate(20);
    grown.set_targets(data.targets);
    CHECK(grown.mean(data.cross) == before.mean(data.cross));
}

TEST_CASE("observations at one place need no noise", "[search][gp]") {
    Posterior posterior(Eigen::MatrixXd::Ones(3, 3), 1e-300);
    posterior.append(Eigen::VectorXd::Ones(3), 1.0);
    posterior.set_targets(Eigen::VectorXd::Ones(4));
    CHECK(posterior.noise() > 1e-300);
    CHECK(posterior.mean(Eigen::MatrixXd::Ones(4, 1))[0] == Approx(1.0));
    CHECK(posterior.variance(Eigen::MatrixXd::Ones(4, 1), Eigen::VectorXd::Ones(1))[0] > 0.0);
}

TEST_CASE("nothing observed says nothing", "[search][gp]") {
    Posterior posterior;
    posterior.append(Eigen::VectorXd(0), 1.0);
    posterior.set_targets(Eigen::VectorXd::Ones(1));
    CHECK(posterior.mean(Eigen::MatrixXd::Ones(1, 1))[0] == Approx(0.5));
}

TEST_CASE("standardised values have mean 0 and deviation 1, and come back", "[search][gp]") {
    const std::vector<double> values = {3.0, 5.0, 10.0};
    const Standardised result = standardise(values);
    CHECK(result.values.mean() == Approx(0.0).margin(1e-12));
    CHECK(result.values.squaredNorm() == Approx(3.0));
    CHECK(result(5.0) == result.values[1]);
    CHECK(result.inverse(result.values[2]) == Approx(10.0));
    const std::vector<double> equal = {2.0, 2.0};
    CHECK(standardise(equal).values == Eigen::VectorXd::Zero(2));
    CHECK(standardise({}).values.size() == 0);
}

}  // namespace parnas::search
