// SPDX-License-Identifier: Apache-2.0
// What parnas' LibTorch module and a library that brings operators share. Tensors cross it, so
// both must be built with the same LibTorch and the same C++ library, which is checked before
// anything else is called; parts of one's own are easier with torch_operator.hpp.
#pragma once

// Clang 14 rejects LibTorch 1.13 in C++20 unless ivalue.h comes first (pytorch#97689).
// clang-format off
#include <ATen/core/ivalue.h>
#include <ATen/ATen.h>
#include <torch/version.h>
// clang-format on

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace parnas::plugin {

// Sizes without the batch, which is every tensor's first.
using Shape = std::vector<std::int64_t>;

// How a weight's values begin. Drawn by parnas, so that a seed gives the same ones anywhere.
struct Start {
    enum class Kind : std::uint32_t { constant, normal, uniform };
    Kind kind = Kind::constant;
    double scale = 0.0;  // the constant; the deviation; the bound of [-scale, scale)
};

// A weight's tensor as a pass is to use it: where weights are shared among networks it may be a
// part of a larger one, computed anew, so layers keep the Weight and not the tensor.
using Weight = std::function<at::Tensor()>;

// Where a layer gets its weights from while it is made. They are parnas' own: it trains, stores
// and exports them. 32-bit floats on the device that the network runs on.
class Weights {
  public:
    virtual ~Weights() = default;
    // Trained. In a supernet a smaller one is the first entries on each axis of a larger one.
    virtual Weight parameter(const std::string& name, const Shape& shape, Start start) = 0;
    // Kept with the weights and not trained: running means. It may be changed in place.
    virtual at::Tensor statistic(const std::string& name, const Shape& shape, double value) = 0;
};

// How a forward pass is made.
struct Pass {
    bool training = false;
    at::Generator generator;  // of all that is random; undefined: nothing is
};

// Computes one output, from inputs that may have any layout in memory. Called by one thread at a
// time, but by others than the one that made it.
using Layer = std::function<at::Tensor(std::span<const at::Tensor> inputs, const Pass& pass)>;

// A node of a network.
struct LayerRequest {
    const std::string& type;        // "my_layer@1"
    const std::string& attributes;  // JSON text of an object with a value for each
    const std::vector<Shape>& inputs;
};

// Names in TorchScript: of the inputs, "v3", and of weights, "self.stem_weight".
struct ScriptNames {
    std::vector<std::string> inputs;
    std::function<std::string(const std::string& weight)> weight;
};

// Called from several threads at once; may throw std::exception.
struct TorchFunctions {
    Layer (*make)(const LayerRequest& request, Weights& weights) = nullptr;
    // One expression in TorchScript; empty: there is none.
    std::string (*script)(const LayerRequest& request, const ScriptNames& names) = nullptr;
};

#define PARNAS_TORCH_ABI 1u

#ifdef _GLIBCXX_DEBUG
#define PARNAS_DEBUG_CONTAINERS " with _GLIBCXX_DEBUG"
#else
#define PARNAS_DEBUG_CONTAINERS ""
#endif
#if defined(_LIBCPP_VERSION)
#define PARNAS_CXX_LIBRARY "libc++"
#elif defined(_GLIBCXX_USE_CXX11_ABI) && _GLIBCXX_USE_CXX11_ABI
#define PARNAS_CXX_LIBRARY "libstdc++, C++11 ABI" PARNAS_DEBUG_CONTAINERS
#else
#define PARNAS_CXX_LIBRARY "libstdc++, old ABI" PARNAS_DEBUG_CONTAINERS
#endif

}  // namespace parnas::plugin

extern "C" {

// Of plain C up to the functions, which are called only if all else is what parnas has.
struct ParnasTorchOperators {
    std::uint32_t abi;        // PARNAS_TORCH_ABI
    const char* libtorch;     // TORCH_VERSION
    const char* cxx_library;  // PARNAS_CXX_LIBRARY
    const parnas::plugin::TorchFunctions* functions;
};

// What a library exports beside the functions of plugin.h if its operators run in LibTorch.
__attribute__((visibility("default"))) const ParnasTorchOperators* parnas_torch_operators(void);
}
