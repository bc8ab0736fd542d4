// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace parnas::spaces::onnx {

// A model as a file has it, with the names of its inputs and outputs in the network's order.
struct OnnxModel {
    std::string bytes;
    std::vector<std::string> inputs;
    std::vector<std::string> outputs;
    bool counts_padding = false;  // has averages in which padded zeros count
};

struct Tensor {
    std::vector<std::int64_t> shape;                                     // with the batch
    std::variant<std::vector<float>, std::vector<std::int64_t>> values;  // row-major
};

// A model that is ready to run. Belongs to one thread. Functions throw Error(invalid_input) with
// the engine's words if it cannot do it.
class Session {
  public:
    virtual ~Session() = default;
    // One per input of the model.
    virtual void set_inputs(std::span<const Tensor> inputs) = 0;
    // One inference, with all that a user of the engine would pay for.
    virtual void run() = 0;
    // What the last run() gave, one per output of the model.
    virtual std::vector<Tensor> outputs() const = 0;
};

// A program that runs ONNX models on this machine. Const and thread-safe.
class Engine {
  public:
    virtual ~Engine() = default;
    virtual const std::string& title() const = 0;  // "OpenCV 4.6.0"
    // Whether a model of any batch computes right for more than one sample.
    virtual bool takes_any_batch() const = 0;
    // Throws Error(invalid_input) with the engine's words for a model that it cannot run.
    virtual std::unique_ptr<Session> load(const OnnxModel& model, int threads) const = 0;
};

// What an engine made of a model whose outputs are known.
struct Verdict {
    std::string engine;                        // its title
    std::optional<double> largest_difference;  // of an output from the known one
    std::string problem;                       // why it cannot run the model, if it cannot
};

// Throws Error(not_found) if the engine is not on this machine, with what to do.
using EngineFactory = std::function<std::shared_ptr<const Engine>()>;

}  // namespace parnas::spaces::onnx
