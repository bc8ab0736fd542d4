// SPDX-License-Identifier: Apache-2.0
#include "hw_models/table/additivity.h"

#include <vector>

#include "core/rng.h"
#include "hw_models/table/small_regression.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::hw_models;

namespace {

NetworkTerms draw_terms(Rng& rng) {
    return {.kernel_sum = Seconds(rng.uniform(1e-4, 1e-2)),
            .kernels = static_cast<int>(rng.integer(5, 100)),
            .branches = static_cast<int>(rng.integer(0, 30))};
}

std::vector<MeasuredNetwork> draw(std::size_t count,
                                  const Additivity& truth,
                                  double noise,
                                  std::uint64_t seed) {
    Rng rng(seed);
    std::vector<MeasuredNetwork> networks;
    for (std::size_t i = 0; i < count; ++i) {
        const NetworkTerms terms = draw_terms(rng);
        networks.push_back({terms, truth.predict(terms) * (1.0 + noise * rng.normal())});
    }
    return networks;
}

constexpr Additivity kTruth{.call = Seconds(20e-6),
                            .scale = 1.2,
                            .per_kernel = Seconds(3e-6),
                            .per_branch = Seconds(0)};

}  // namespace

TEST_CASE("the terms of networks that add up are found again", "[hw_models][additivity]") {
    const Additivity fit = fit_additivity(draw(24, kTruth, 0.0, 1));
    CHECK(fit.call.count() == Approx(20e-6).epsilon(1e-6));
    CHECK(fit.scale == Approx(1.2).epsilon(1e-6));
    CHECK(fit.per_kernel.count() == Approx(3e-6).epsilon(1e-6));
    CHECK(fit.per_branch.count() == Approx(0.0).margin(1e-12));
    CHECK(fit.networks == 24);
    CHECK(fit.mean_error < 1e-6);
    CHECK(fit.additive());
}

TEST_CASE("one network that was measured beside others does not bend the fit",
          "[hw_models][additivity]") {
    std::vector<MeasuredNetwork> networks = draw(24, kTruth, 0.01, 2);
    networks[5].time *= 3.0;
    const Additivity fit = fit_additivity(networks);
    Rng rng(3);
    for (int i = 0; i < 20; ++i) {
        const NetworkTerms terms = draw_terms(rng);
        CHECK(fit.predict(terms) / kTruth.predict(terms) == Approx(1.0).epsilon(0.03));
    }
}

TEST_CASE("no term is negative", "[hw_models][additivity]") {
    const Additivity truth{
        .call = Seconds(0), .scale = 0.8, .per_kernel = Seconds(-1e-6), .per_branch = Seconds(0)};
    const Additivity fit = fit_additivity(draw(24, truth, 0.02, 4));
    CHECK(fit.call >= Seconds(0));
    CHECK(fit.scale >= 0.0);
    CHECK(fit.per_kernel >= Seconds(0));
    CHECK(fit.per_branch >= Seconds(0));
}

TEST_CASE("networks whose times are no sums are said to be so", "[hw_models][additivity]") {
    std::vector<MeasuredNetwork> networks = draw(24, kTruth, 0.0, 5);
    for (std::size_t i = 0; i < networks.size(); ++i)
        networks[i].time *= i % 2 == 0 ? 1.0 : 2.0;
    const Additivity fit = fit_additivity(networks);
    CHECK_FALSE(fit.additive());
    CHECK(fit.spread > 0.2);
}

TEST_CASE("the spread holds nine of ten networks that were not fitted", "[hw_models][additivity]") {
    int inside = 0;
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        const Additivity fit = fit_additivity(draw(20, kTruth, 0.05, 100 + seed));
        for (const MeasuredNetwork& each : draw(100, kTruth, 0.05, 200 + seed))
            inside += std::abs(std::log(fit.predict(each.terms) / each.time)) <= fit.spread;
    }
    CHECK(inside >= 850);
    CHECK(inside <= 970);
}

TEST_CASE("small regressions equal those solved by hand", "[hw_models][additivity]") {
    // x = (2, 0): the free optimum of the second column would be negative.
    const Eigen::MatrixXd rows{{0.5, 0.0}, {0.5, 1.0}};
    const Eigen::VectorXd free_weights = Eigen::VectorXd::Ones(2);
    const Eigen::VectorXd found = fit_small_non_negative(rows, free_weights);
    CHECK(found[0] == Approx(2.0));
    CHECK(found[1] == Approx(0.0).margin(1e-12));
    const Eigen::MatrixXd twice{{1.0, 2.0}, {1.0, 2.0}};
    const Eigen::VectorXd either = fit_small_non_negative(twice, free_weights);
    CHECK(either[0] + 2.0 * either[1] == Approx(1.0));
}
