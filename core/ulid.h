// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "core/rng.h"
#include "core/trial.h"

namespace parnas {

// A name that nothing else has, and that sorts by time: 48 bits of milliseconds since 1970
// and 80 random bits as 26 characters of Crockford's base32 (github.com/ulid/spec). Not a
// secret. `time` from 1970 to 10889. Two programs need generators of different seeds.
std::string make_ulid(TimePoint time, Rng& rng);

// Of 26 characters as make_ulid() gives them.
bool is_ulid(std::string_view text);

}  // namespace parnas
