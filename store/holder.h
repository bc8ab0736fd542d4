// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "store/store.h"

namespace parnas::store {

// Who drives a study, until when, and for how long each commit or renewal extends it.
struct Claim {
    Holder holder;
    Seconds ttl{0};
    TimePoint expires;
};

// True if the holder ran on this host and its process is gone; false if that cannot be
// known from here.
bool has_ended(const Holder& holder);

// The claim is not over, and its holder is not known to have ended.
bool is_held(const Claim& claim, TimePoint time);

// Whether `claimant` may take a study that `current` claims: it is the same process, or
// the study is not held any more.
bool may_take(const Claim& current, const Holder& claimant, TimePoint time);

TimePoint expiry(TimePoint time, Seconds ttl);

// "host, process 17"
std::string describe(const Holder& holder);

}  // namespace parnas::store
