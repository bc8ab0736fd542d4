// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "search/registries.h"

namespace parnas::cli {

// Adds the inference engines: "opencv" if its module is there, else nothing of the name, and
// "onnxruntime" if $PARNAS_ONNXRUNTIME is set. Throws Error(unavailable) if one is there and does
// not load.
void add_engines(search::Registries& registries);

}  // namespace parnas::cli
