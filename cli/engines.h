// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "search/registries.h"

namespace parnas::cli {

// Adds the inference engines "opencv" and "onnxruntime", and runtimes of the same names that
// measure in them. Nothing is opened before one is asked for: then Error(not_found) with what to
// do if it is not there, Error(unavailable) if it does not load.
void add_engines(search::Registries& registries);

}  // namespace parnas::cli
