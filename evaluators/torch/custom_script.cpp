// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/custom_script.h"

#include "evaluators/torch/operator_library.h"

namespace parnas::evaluators {

std::string custom_script(const spaces::Custom& op, const ScriptSite& site) {
    std::string script = guarded(op, site.node, [&] {
        const std::vector<plugin::Shape> inputs(site.shapes.begin(), site.shapes.end());
        return torch_functions(op, site.node)
            .script(request_for(op, inputs), {.inputs = site.inputs, .weight = site.weight});
    });
    if (script.empty())
        refuse_operator(op, site.node, "has no TorchScript, so it cannot be exported");
    if (script.find('\n') != std::string::npos)
        refuse_operator(op, site.node, "has TorchScript of several lines, expected one expression");
    return script;
}

}  // namespace parnas::evaluators
