// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/object_reader.h"
#include "evaluators/data/data_set.h"
#include "evaluators/torch/training_data.h"
#include "spaces/search_space.h"

namespace parnas::evaluators {

// What a job says of an evaluator's data: data (see read_data), split: {validation, test,
// seed}, normalize, device.
struct PreparedData {
    TrainingData data;  // on the device
    at::Device device;
    std::string identity;  // JSON text of what decides it: options and the files' digest
};

// Throws what read_data throws; nullopt after faults.
std::optional<PreparedData> read_prepared_data(ObjectReader& options,
                                               const std::filesystem::path& base);

// Why the data cannot be fed to a network of the space, or its answers not be compared with the
// right ones.
std::optional<std::string> misfit(const spaces::SearchSpace& space,
                                  const spaces::Network& network,
                                  const TrainingData& data);

}  // namespace parnas::evaluators
