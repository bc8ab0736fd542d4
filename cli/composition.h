// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "search/registries.h"

namespace parnas::cli {

// Everything that plugs in and comes with this program, without the LibTorch module.
search::Registries make_registries();

}  // namespace parnas::cli
