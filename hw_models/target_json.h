// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/json.h"
#include "core/object_reader.h"
#include "hw_models/hardware_model.h"

namespace parnas::hw_models {

// What a target is, as an object of a document: `name`, `hardware`, `runtime`, `threads`, `dtype`,
// `batch` and `layout`. Without its figures.
Json to_json(const Target& target);
Target read_target(ObjectReader& reader);

}  // namespace parnas::hw_models
