// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/object_reader.h"
#include "hw_models/hardware_model.h"

namespace parnas::hw_models {

// Keys of documents that describe a target, `dtype` and `layout`, which must be there; the first of
// the words after a fault.
spaces::DType read_dtype(ObjectReader& reader);
Layout read_layout(ObjectReader& reader);

}  // namespace parnas::hw_models
