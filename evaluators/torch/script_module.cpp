// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/script_module.h"

#include <exception>
#include <set>
#include <string>
#include <vector>

#include "evaluators/torch/torch.h"
// clang-format off: torch.h comes first
#include <torch/script.h>
// clang-format on

#include "core/error.h"
#include "evaluators/torch/torchscript_source.h"

namespace parnas::evaluators {
namespace {

// What operators of others have as TorchScript may be none.
void define(torch::jit::Module& module, const std::string& source) {
    try {
        module.define(source);
    } catch (const std::exception& error) {
        throw Error(
            ErrorKind::invalid_input,
            std::string("LibTorch does not take the network's TorchScript: ") + error.what());
    }
}

}  // namespace

torch::jit::Module make_script_module(const spaces::Network& network,
                                      const Weights& weights,
                                      const std::optional<InputScaling>& scaling) {
    std::vector<NamedTensor> buffers = weights.statistics();
    if (scaling) {
        const std::size_t dimensions = network.inputs.front().shape.size();
        buffers.push_back({kInputMean, per_channel(scaling->mean, dimensions)});
        buffers.push_back({kInputDeviation, per_channel(scaling->deviation, dimensions)});
    }
    std::set<std::string> names;
    for (const NamedTensor& each : weights.parameters())
        names.insert(each.name);
    for (const NamedTensor& each : buffers)
        names.insert(each.name);
    const Attributes attributes = make_attributes(names);

    torch::jit::Module module("__torch__.parnas.Network");
    // Clones: a part of the flat tensor would take the whole of it into the file.
    for (const NamedTensor& each : weights.parameters())
        module.register_parameter(
            attributes.at(each.name), each.tensor.detach().clone().set_requires_grad(true), false);
    for (const NamedTensor& each : buffers)
        module.register_buffer(attributes.at(each.name), each.tensor.clone());
    define(module, torchscript_source(network, attributes));
    module.eval();
    return module;
}

}  // namespace parnas::evaluators
