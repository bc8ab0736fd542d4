// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "core/embedded.h"

namespace parnas::spaces {

// The documents of spaces/library, embedded by the build.
std::span<const EmbeddedFile> library_documents();

}  // namespace parnas::spaces
