// SPDX-License-Identifier: Apache-2.0
#include "spaces/onnx/weights.h"

#include <algorithm>
#include <cmath>

#include "tests/support/catch.h"

namespace parnas::spaces::onnx {
namespace {

TEST_CASE("random kernels have He's deviation by fan-in", "[onnx]") {
    RandomWeights weights(3);
    const std::vector<float> kernel = weights.values({"conv.weight", {64, 8, 5, 5}});
    REQUIRE(kernel.size() == 64 * 8 * 5 * 5);
    double squares = 0.0;
    for (const float value : kernel)
        squares += double{value} * value;
    const double expected = 2.0 / (8 * 5 * 5);
    // The mean of 12800 squares has a relative deviation of sqrt(2 / 12800) = 0.0125.
    CHECK(squares / static_cast<double>(kernel.size()) == Approx(expected).epsilon(0.06));
}

TEST_CASE("a random weight depends on the seed and its name, not on what was asked before",
          "[onnx]") {
    RandomWeights one(1), again(1), other(2);
    again.values({"a.weight", {3, 3}});
    const std::vector<float> values = one.values({"b.weight", {4, 4}});
    CHECK(again.values({"b.weight", {4, 4}}) == values);
    CHECK(other.values({"b.weight", {4, 4}}) != values);
    CHECK(one.values({"c.weight", {4, 4}}) != values);
}

TEST_CASE("random norms leave values as they are", "[onnx]") {
    RandomWeights weights(1);
    CHECK(weights.values({"n.weight", {2}, WeightRole::scale}) == std::vector<float>{1, 1});
    CHECK(weights.values({"n.running_var", {2}, WeightRole::variance}) == std::vector<float>{1, 1});
    CHECK(weights.values({"n.bias", {2}, WeightRole::bias}) == std::vector<float>{0, 0});
    CHECK(weights.values({"n.running_mean", {2}, WeightRole::mean}) == std::vector<float>{0, 0});
}

}  // namespace
}  // namespace parnas::spaces::onnx
