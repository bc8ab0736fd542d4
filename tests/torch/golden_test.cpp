// SPDX-License-Identifier: Apache-2.0
#include "tests/support/golden.h"

#include <set>
#include <string>

#include "evaluators/torch/network_module.h"
#include "evaluators/torch/torchscript_source.h"
#include "tests/support/catch.h"
#include "tests/support/one_of_each_op.h"

using namespace parnas;
using namespace parnas::evaluators;

TEST_CASE("the TorchScript source of every op stays the same", "[torch][export][golden]") {
    std::string text;
    for (const auto& [name, network] : tests::one_of_each_op()) {
        std::set<std::string> weights;
        const TorchNetwork torch(network, 1);
        for (const NamedTensor& each : torch.weights().parameters())
            weights.insert(each.name);
        for (const NamedTensor& each : torch.weights().statistics())
            weights.insert(each.name);
        text += "# " + name + '\n' + torchscript_source(network, make_attributes(weights)) + '\n';
    }
    tests::check_golden("torchscript.txt", text);
}
