// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "spaces/network.h"
#include "spaces/onnx/engine.h"
#include "spaces/onnx/weights.h"

namespace parnas::spaces::onnx {

// Operator sets that can be written, 10 to 17. The oldest that a network's ops allow suits most
// runtimes: OpenCV 4.6, for one, reads the bounds of a Clip only where opset 10 has them.
inline constexpr int kLeastOpset = 10;
inline constexpr int kLeastAxisOpset = 13;   // softmax over one axis, pixels of a resize
inline constexpr int kLeastMaskOpset = 14;   // masks for scores of unknown length
inline constexpr int kLeastGraphOpset = 16;  // message passing: sums at indices
inline constexpr int kMostOpset = 17;        // of Debian 12's checker

// What was done to a user's values before a network saw them: (x - mean) / deviation, per channel.
struct Scaling {
    std::vector<float> mean;
    std::vector<float> deviation;  // infinite for a constant channel
};

struct OnnxOptions {
    // Batch norms that directly follow a convolution, or a linear layer of a vector, become part
    // of its weights.
    bool fold_batch_norm = false;
    std::optional<std::int64_t> batch;  // none: any, the dimension "batch"
    std::optional<int> opset;           // none: the oldest that suits the network
    std::optional<Scaling> scaling;     // becomes the model's first step
    std::map<std::string, std::string> metadata;
};

// An ONNX model for inference, checked by the ONNX checker. Values are named after
// nodes, weights as in parnas ("<node>.weight"), unknown dimensions after the network's symbols.
// Everything is computed in 32 bits; precision and sparsity of nodes are costs only. Throws
// Error(invalid_input), its place the node, for a custom op, a mix, and what ONNX has no word for.
OnnxModel to_onnx(const Network& network, WeightValues& weights, const OnnxOptions& options = {});

// A network with random weights in a new file, as a probe for another device. Throws
// Error(unavailable) if the file cannot be written.
void write_onnx(const Network& network,
                std::uint64_t seed,
                const std::filesystem::path& path,
                const OnnxOptions& options = {});

}  // namespace parnas::spaces::onnx
