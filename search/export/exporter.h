// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/json.h"
#include "spaces/network.h"

namespace parnas::search {

struct ExportRequest {
    const spaces::Network& network;
    std::optional<std::string> weights;  // the trial's weights artifact
    std::string description;             // JSON text: study, trial, metrics, genotype
};

struct ExportResult {
    std::uintmax_t bytes = 0;
    // Largest |difference| between the outputs of the exported network, loaded back, and of
    // the original on the same random input; none for formats that do not compute.
    std::optional<double> largest_difference;
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
