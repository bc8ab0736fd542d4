// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "core/object_reader.h"
#include "hw_models/measuring/runtime.h"

namespace parnas::evaluators {

// LibTorch on this machine's processor, in 32 bits or bf16, images with channels first or last.
//
// "libtorch": eagerly, op by op, as a network is trained.
std::unique_ptr<hw_models::Runtime> make_eager_runtime(ObjectReader& options,
                                                       const std::filesystem::path& base);
// "libtorch-frozen": as frozen TorchScript, in which batch norms are folded into convolutions,
// as an exported network is served.
std::unique_ptr<hw_models::Runtime> make_frozen_runtime(ObjectReader& options,
                                                        const std::filesystem::path& base);

}  // namespace parnas::evaluators
