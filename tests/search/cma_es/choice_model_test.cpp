// SPDX-License-Identifier: Apache-2.0
#include "search/samplers/cma_es/choice_model.h"

#include <cmath>

#include "tests/support/catch.h"

namespace parnas::search {
namespace {

const Eigen::VectorXd kHalves = Eigen::VectorXd::Constant(2, 0.5);

}  // namespace

TEST_CASE("the first step is as long as noise, and at most to the parents' shares",
          "[search][cma_es]") {
    ChoiceModel wide({9});
    const std::vector<ChoiceModel::Choices> parents = {{1}, {2}};
    wide.update(parents, kHalves);
    // Two parents and eight parameters: half of the way.
    CHECK(wide.probabilities(0).sum() == Approx(1.0));
    CHECK(wide.probabilities(0)[0] == Approx(0.5 / 9.0));
    CHECK(wide.probabilities(0)[1] == Approx(0.5 / 9.0 + 0.5 * 0.5));
    ChoiceModel narrow({3, 3});
    narrow.update(std::vector<ChoiceModel::Choices>{{1, 0}, {2, 0}, {1, 0}, {2, 0}},
                  Eigen::VectorXd::Constant(4, 0.25));
    const double margin = (1.0 - std::sqrt(0.73)) / 2.0;
    CHECK(narrow.probabilities(0)[0] == Approx(margin));
    CHECK(narrow.probabilities(0)[1] == Approx(0.5 * (1.0 - margin)));
    CHECK(narrow.probabilities(1)[0] == Approx(1.0 - 2.0 * margin));
}

TEST_CASE("what is always best becomes likely and no choice impossible", "[search][cma_es]") {
    ChoiceModel model({3, 5});
    CHECK_FALSE(model.settled());
    const std::vector<ChoiceModel::Choices> parents = {{2, 1}, {2, 1}};
    for (int i = 0; i < 200; ++i)
        model.update(parents, kHalves);
    CHECK(model.settled());
    const double outside = 1.0 - std::sqrt(0.73);
    CHECK(model.probabilities(0)[2] == Approx(1.0 - outside).epsilon(1e-3));
    CHECK(model.probabilities(1)[1] == Approx(1.0 - outside).epsilon(1e-3));
    CHECK(model.probabilities(1).minCoeff() == Approx(outside / 4.0).epsilon(1e-3));
    Rng rng(1);
    int others = 0;
    for (int i = 0; i < 10'000; ++i)
        others += model.draw(rng)[0] != 2 ? 1 : 0;
    CHECK(others == Approx(10'000 * outside).epsilon(0.05));
}

TEST_CASE("choices without a difference stay even, and steps become cautious", "[search][cma_es]") {
    ChoiceModel model({4});
    Rng rng(2);
    double farthest = 0.0;
    for (int i = 0; i < 4000; ++i) {
        std::vector<ChoiceModel::Choices> parents;
        for (int k = 0; k < 5; ++k)
            parents.push_back(model.draw(rng));
        model.update(parents, Eigen::VectorXd::Constant(5, 0.2));
        if (i >= 3000)
            farthest = std::max(farthest, model.probabilities(0).maxCoeff());
    }
    CHECK(farthest < 0.5);
}

TEST_CASE("unknown choices say nothing", "[search][cma_es]") {
    ChoiceModel model({3, 2});
    const std::vector<ChoiceModel::Choices> parents = {{ChoiceModel::kUnknown, 1},
                                                       {ChoiceModel::kUnknown, 1}};
    model.update(parents, kHalves);
    CHECK(model.probabilities(0).isApprox(Eigen::VectorXd::Constant(3, 1.0 / 3.0)));
    CHECK(model.probabilities(1)[1] > 0.6);
}

TEST_CASE("a model of examples has their shares and a tenth for all", "[search][cma_es]") {
    const std::vector<ChoiceModel::Choices> examples = {{0}, {0}, {1}, {ChoiceModel::kUnknown}};
    const ChoiceModel model({2}, examples);
    CHECK(model.probabilities(0)[0] == Approx(0.05 + 0.9 * 2.5 / 4.0));
    CHECK(model.probabilities(0)[1] == Approx(0.05 + 0.9 * 1.5 / 4.0));
}

}  // namespace parnas::search
