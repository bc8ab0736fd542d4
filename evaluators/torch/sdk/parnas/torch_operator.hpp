// SPDX-License-Identifier: Apache-2.0
// Operators of one's own that run in LibTorch: derive from TorchOperator, then
//
//     PARNAS_TORCH_PLUGIN(MyLayer, MySpace)
//
// with all parts of the plugin, in one source file of a shared library
// (docs/adding-parts/operator.md).
#pragma once

#include <parnas/plugin.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "torch_operator.h"

namespace parnas::plugin {

// Made anew for each call, which come from several threads at once.
class TorchOperator : public Operator {
  public:
    // `attributes` has a value for each. The weights must have as many values as count() says,
    // the output the shape that shape() says.
    virtual Layer make(const Json& attributes,
                       const std::vector<Shape>& inputs,
                       Weights& weights) = 0;
    // The same in evaluation mode as one expression in TorchScript; empty: it is not exported.
    virtual std::string script(const Json&, const std::vector<Shape>&, const ScriptNames&) {
        return {};
    }
};

// Calls `use` with the part that has this name.
template <typename Result, typename Part, typename... Rest, typename Use>
Result with_operator(const std::string& type, const Use& use) {
    if constexpr (std::is_base_of_v<TorchOperator, Part>)
        if (Part part; part.describe().at("name") == type)
            return use(part);
    if constexpr (sizeof...(Rest) == 0)
        throw std::runtime_error("there is no operator " + type);
    else
        return with_operator<Result, Rest...>(type, use);
}

template <typename... Parts>
const ParnasTorchOperators* torch_operators() {
    static const TorchFunctions functions{
        .make =
            [](const LayerRequest& request, Weights& weights) {
                return with_operator<Layer, Parts...>(request.type, [&](TorchOperator& part) {
                    return part.make(Json::parse(request.attributes), request.inputs, weights);
                });
            },
        .script =
            [](const LayerRequest& request, const ScriptNames& names) {
                return with_operator<std::string, Parts...>(request.type, [&](TorchOperator& part) {
                    return part.script(Json::parse(request.attributes), request.inputs, names);
                });
            }};
    static const ParnasTorchOperators all{
        PARNAS_TORCH_ABI, TORCH_VERSION, PARNAS_CXX_LIBRARY, &functions};
    return &all;
}

}  // namespace parnas::plugin

// Defines the shared library's functions for the parts that it offers.
#define PARNAS_TORCH_PLUGIN(...)                               \
    PARNAS_PLUGIN(__VA_ARGS__)                                 \
    const ParnasTorchOperators* parnas_torch_operators(void) { \
        return parnas::plugin::torch_operators<__VA_ARGS__>(); \
    }
