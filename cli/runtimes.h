// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "cli/options.h"
#include "core/json.h"
#include "hw_models/measuring/meter.h"
#include "hw_models/measuring/runtime.h"
#include "search/registries.h"

namespace parnas::cli {

// The runtime that a measured target names, with its setting: {runtime: libtorch, threads: 2}.
// `registries` gets what modules have. Throws Error(invalid_input) for a setting that it does not
// support; `where` names the source.
std::unique_ptr<hw_models::Runtime> open_runtime(const Json& target,
                                                 const std::string& where,
                                                 search::Registries& registries);
std::unique_ptr<hw_models::Runtime> open_runtime(const RuntimeChoice& choice,
                                                 search::Registries& registries);

// For commands that measure for minutes: more tries than for a single network.
hw_models::MeterOptions meter_options(const MeasuringChoice& choice,
                                      const hw_models::Target& target);

// Today by the universal clock, YYYY-MM-DD.
std::string today();

}  // namespace parnas::cli
