// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "core/document.h"
#include "core/json.h"
#include "spaces/custom_op.h"
#include "spaces/search_space.h"

namespace parnas::spaces {

// A space from its document (docs/space-documents.md): a template with choices, training
// parameters beside it, or parameters alone. `arguments` (an object, or null) sets the
// document's arguments; `operators` has the layers that are not built in. Throws
// Error(invalid_input) with all faults, each with its place.
std::unique_ptr<SearchSpace> make_space(const Document& document,
                                        const Json& arguments,
                                        OpSource operators = {});

}  // namespace parnas::spaces
