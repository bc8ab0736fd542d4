// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "core/trial.h"

namespace parnas::cli {

// "2026-11-21 00:10:43", in UTC.
inline std::string to_the_second(TimePoint time) {
    return parnas::to_string(time).substr(0, std::string_view("2026-11-21 00:10:43").size());
}

}  // namespace parnas::cli
