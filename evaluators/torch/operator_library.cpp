// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/operator_library.h"

#include <string_view>

#include <fmt/format.h>

#include "spaces/custom_op.h"

namespace parnas::evaluators {

void refuse_operator(const spaces::Custom& op, const std::string& node, const std::string& why) {
    throw Error(ErrorKind::invalid_input, fmt::format("the operator '{}' {}", op.type, why), node);
}

const plugin::TorchFunctions& torch_functions(const spaces::Custom& op, const std::string& node) {
    using Entry = decltype(&parnas_torch_operators);
    const auto entry =
        reinterpret_cast<Entry>(spaces::definition_of(op).symbol("parnas_torch_operators"));
    if (entry == nullptr)
        refuse_operator(op,
                        node,
                        "does not run in LibTorch: its plugin is no shared library with "
                        "PARNAS_TORCH_PLUGIN");
    const ParnasTorchOperators& found = *entry();
    const auto expect = [&](const char* what, const auto& has, const auto& wants) {
        if (has != wants)
            refuse_operator(op,
                            node,
                            fmt::format("was built with {} '{}', and parnas with '{}': build its "
                                        "plugin again",
                                        what,
                                        has,
                                        wants));
    };
    expect("version of torch_operator.h", found.abi, PARNAS_TORCH_ABI);
    expect("LibTorch", std::string_view(found.libtorch), std::string_view(TORCH_VERSION));
    expect("the C++ library",
           std::string_view(found.cxx_library),
           std::string_view(PARNAS_CXX_LIBRARY));
    return *found.functions;
}

plugin::LayerRequest request_for(const spaces::Custom& op,
                                 const std::vector<plugin::Shape>& inputs) {
    static const std::string kNone = "{}";
    return {.type = op.type,
            .attributes = op.attributes.empty() ? kNone : op.attributes,
            .inputs = inputs};
}

}  // namespace parnas::evaluators
