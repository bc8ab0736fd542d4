// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "search/registries.h"

namespace parnas::cli {

// Everything that plugs in: what comes with this program, without the LibTorch module, and what
// plugins offer.
search::Registries make_registries();

}  // namespace parnas::cli
