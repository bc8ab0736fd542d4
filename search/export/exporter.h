// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/json.h"
#include "spaces/network.h"
#include "spaces/onnx/engine.h"

namespace parnas::search {

// What only ONNX files have.
struct OnnxSettings {
    bool fold_batch_norm = false;
    std::optional<int> opset;                     // none: the oldest that suits the network
    std::optional<std::int64_t> batch;            // none: any
    std::optional<std::uint64_t> random_weights;  // a seed; also instead of trained ones
    std::vector<std::shared_ptr<const spaces::onnx::Engine>> engines;  // that are to check the file
};

struct ExportRequest {
    const spaces::Network& network;
    std::optional<std::string> weights;  // the trial's weights artifact
    std::string description;             // JSON text: study, trial, metrics, genotype
    OnnxSettings onnx;
};

struct ExportResult {
    std::uintmax_t bytes = 0;
    // Largest |difference| between the outputs of the exported network, loaded back, and of
    // the original on the same random input; none for formats that do not compute.
    std::optional<double> largest_difference;
    std::vector<spaces::onnx::Verdict> verdicts;  // by OnnxSettings::engines
};

// Writes a network to a file. The file appears whole or not at all.
class Exporter {
  public:
    virtual ~Exporter() = default;
    // Throws Error(invalid_input) if the format needs weights and there are none,
    // Error(unavailable) if the file cannot be written, Error(internal) if what was written
    // does not compute the same.
    virtual ExportResult write(const ExportRequest& request,
                               const std::filesystem::path& path) const = 0;
};

using ExporterFactory = std::function<std::unique_ptr<Exporter>()>;

}  // namespace parnas::search
