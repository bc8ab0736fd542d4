// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/weights/recalibrate.h"

#include <stop_token>
#include <vector>

#include "evaluators/torch/supernet/weights/checkpoint.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"

using namespace parnas;
using namespace parnas::evaluators;

TEST_CASE("recalibration gives batch norm the mean of the batches' statistics",
          "[torch][supernet]") {
    const spaces::Network network = tests::network_of(spaces::Norm{.affine = false}, {{2, 3, 3}});
    TorchNetwork model(network, 1);
    const at::NoGradGuard no_grad;
    model.weights().flat_statistics().fill_(7.0);  // what the last network left
    std::vector<at::Tensor> batches;
    at::Tensor mean = at::zeros({2}), variance = at::zeros({2});
    constexpr std::int64_t kBatches = 5;
    for (std::int64_t i = 0; i < kBatches; ++i) {
        const at::Tensor noise =
            random_inputs(network, {.batch = 4}, static_cast<std::uint64_t>(i))[0];
        batches.push_back(noise * (i + 1) + i);
        const at::Tensor channels = batches.back().transpose(0, 1).reshape({2, -1});
        mean += channels.mean(1) / kBatches;
        variance += channels.var(1, true) / kBatches;
    }
    const auto batch = [&](std::int64_t i) { return batches.at(static_cast<std::size_t>(i)); };
    REQUIRE(recalibrate(model, kBatches, batch, {}));
    const std::vector<NamedTensor>& found = model.weights().statistics();
    CHECK(at::allclose(*find_tensor(found, "node.running_mean"), mean, 1e-4, 1e-4));
    CHECK(at::allclose(*find_tensor(found, "node.running_var"), variance, 1e-4, 1e-4));
}

TEST_CASE("recalibration does not drop and can be stopped", "[torch][supernet]") {
    tests::NetworkDraft draft;
    const spaces::ValueId input = draft.input("x", {3});
    const spaces::ValueId dropped = draft.add("drop", spaces::Dropout{.rate = 0.9}, {input});
    const spaces::Network network =
        std::move(draft).finish({draft.add("norm", spaces::Norm{}, {dropped})});
    TorchNetwork model(network, 1);
    const auto ones = [](std::int64_t) { return at::ones({4, 3}); };
    REQUIRE(recalibrate(model, 1, ones, {}));
    CHECK(
        at::equal(*find_tensor(model.weights().statistics(), "norm.running_mean"), at::ones({3})));
    std::stop_source stop;
    stop.request_stop();
    CHECK_FALSE(recalibrate(model, 1, ones, stop.get_token()));
}
