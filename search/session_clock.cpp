// SPDX-License-Identifier: Apache-2.0
#include "search/session_clock.h"

#include <optional>

namespace parnas::search {

// Every session's first event is "session_started", and every finished trial has an event.
SessionClock::SessionClock(const store::Store& store, StudyId study) {
    std::optional<TimePoint> last;
    for (const store::Event& event : store.events(study)) {
        if (last && event.kind != "session_started" && event.time > *last)
            earlier_ += event.time - *last;
        last = event.time;
    }
}

}  // namespace parnas::search
