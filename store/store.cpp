// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

namespace parnas::store {

std::string_view to_string(StudyState state) {
    switch (state) {
        case StudyState::running:
            return "running";
        case StudyState::stopped:
            return "stopped";
        case StudyState::complete:
            return "complete";
        case StudyState::failed:
            return "failed";
    }
    return "unknown";
}

bool Batch::empty() const {
    return starts.empty() && retries.empty() && reports.empty() && finishes.empty() &&
           phases.empty() && !front && !hypervolume && artifacts.empty() &&
           dropped_weights.empty() && dropped_checkpoints.empty() && attributes.empty() &&
           events.empty() && !state;
}

}  // namespace parnas::store
