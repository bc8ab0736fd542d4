// SPDX-License-Identifier: Apache-2.0
// What the LibTorch module brings, under the suites of tests/conformance.
#include "evaluators/torch/training.h"
#include "tests/conformance/evaluator.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"
#include "tests/support/spaces.h"
#include "tests/torch/fixtures.h"

using namespace parnas;
using namespace parnas::tests;

namespace {

FakeSpace mlps(std::int64_t features) {
    return FakeSpace({.name = "mlps@1",
                      .params = {categorical("width", 4)},
                      .network = [features](const Genotype& genotype) {
                          return small_mlp(features, 2 + choice(genotype, 0), 2);
                      }});
}

}  // namespace

TEST_CASE("training keeps the promises of an evaluator", "[conformance][torch][training]") {
    const TemporaryFolder folder;
    folder.write("blobs.csv", two_blobs(60));
    const FakeSpace space = mlps(2);
    const FakeSpace misfit = mlps(3);
    check_evaluator({.factory = evaluators::make_training_evaluator,
                     .base = folder.path(),
                     .options = R"({"data": {"csv": "blobs.csv"}, "epochs": 2, "batch": 16})",
                     .changes = {R"({"epochs": 3})",
                                 R"({"batch": 8})",
                                 R"({"optimizer": {"type": "adamw"}})",
                                 R"({"split": {"seed": 1}})",
                                 R"({"normalize": false})"},
                     .slow = R"({"epochs": 100000})",
                     .space = space,
                     .misfit = &misfit,
                     .reads_network = true,
                     .times = {"train_seconds"},
                     .candidates = 3});
}
