// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "core/trial.h"

namespace parnas::optuna {

// "2026-11-21T00:10:43.206181+00:00", as Optuna 5 writes it; earlier ones read it too.
std::string to_iso(TimePoint time);

// The same, with any offset; a time without one (Optuna up to 4.9) is this machine's local time.
// The fraction may be left out. Throws Error(invalid_input).
TimePoint from_iso(std::string_view text);

}  // namespace parnas::optuna
