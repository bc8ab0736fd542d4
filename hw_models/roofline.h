// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "core/object_reader.h"
#include "hw_models/hardware_model.h"
#include "hw_models/target_library.h"

namespace parnas::hw_models {

// The roofline (Williams, Waterman and Patterson, CACM 52(4), 2009) of a target's data
// sheet. Kernels run one after the other:
//
//     latency = sum over kernels of  max(flops / peak, bytes / bandwidth) + overhead
//
// where a kernel's bytes are its inputs, weights and output: nothing is cached between
// kernels, intermediate values of a fused kernel stay in registers. A coarse bound for what
// was never measured: it knows no utilisation, so small kernels look too fast. Typical
// errors are 30 to 60 % (NeuSight, ASPLOS 2025), hence the wide interval, lognormal with the
// profile's `uncertainty`. Nodes wider than the target's dtype run in the target's. Memory and
// energy are left to complete().
//
// Options: `profile`, the name of a target in the library or a path, and `batch`, instead of
// the profile's.
std::unique_ptr<HardwareModel> make_roofline_model(ObjectReader& options,
                                                   const std::filesystem::path& base,
                                                   const TargetLibrary& library);

}  // namespace parnas::hw_models
