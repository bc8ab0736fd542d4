// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <new>
#include <string>
#include <vector>

#include "core/error.h"
#include "evaluators/torch/sdk/parnas/torch_operator.h"
#include "evaluators/torch/torch.h"
#include "spaces/network.h"

namespace parnas::evaluators {

// Throws Error(invalid_input): "the operator 'swish@1' <why>", its place the node.
[[noreturn]] void refuse_operator(const spaces::Custom& op,
                                  const std::string& node,
                                  const std::string& why);

// What computes the op, of the library that brings it. It is first asked what it was built with,
// since what its functions take depends on that: refused, as in refuse_operator(), if it is not
// what parnas was built with, or if there is no such library.
const plugin::TorchFunctions& torch_functions(const spaces::Custom& op, const std::string& node);

// As the functions take it; keeps a reference to `op` and `inputs`.
plugin::LayerRequest request_for(const spaces::Custom& op,
                                 const std::vector<plugin::Shape>& inputs);

// Calls `run`, with what the library throws as in refuse_operator(). LibTorch's own exceptions are
// the caller's business, as those of built-in layers.
template <typename Run>
auto guarded(const spaces::Custom& op, const std::string& node, const Run& run) {
    try {
        return run();
    } catch (const Error&) {
        throw;
    } catch (const c10::Error&) {
        throw;
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const std::exception& error) {
        refuse_operator(op, node, std::string("fails: ") + error.what());
    }
}

}  // namespace parnas::evaluators
