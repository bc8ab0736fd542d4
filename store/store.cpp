// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

#include "core/error.h"
#include "store/optuna_store.h"
#include "store/service_store.h"

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

std::string_view to_string(AttemptState state) {
    switch (state) {
        case AttemptState::open:
            return "open";
        case AttemptState::ok:
            return "ok";
        case AttemptState::error:
            return "error";
        case AttemptState::expired:
            return "expired";
        case AttemptState::preempted:
            return "preempted";
        case AttemptState::superseded:
            return "superseded";
        case AttemptState::cancelled:
            return "cancelled";
    }
    return "unknown";
}

std::string_view to_string(JobState state) {
    switch (state) {
        case JobState::queued:
            return "queued";
        case JobState::running:
            return "running";
        case JobState::paused:
            return "paused";
        case JobState::completed:
            return "completed";
        case JobState::failed:
            return "failed";
        case JobState::cancelled:
            return "cancelled";
    }
    return "unknown";
}

bool Batch::empty() const {
    return attempt_ends.empty() && starts.empty() && retries.empty() && reports.empty() &&
           finishes.empty() && phases.empty() && !front && !hypervolume && artifacts.empty() &&
           dropped_weights.empty() && dropped_checkpoints.empty() && attributes.empty() &&
           events.empty() && answers.empty() && jobs.empty() && !state;
}

ServiceStore& service_store(Store& store) {
    auto* const service = dynamic_cast<ServiceStore*>(&store);
    if (service == nullptr)
        throw Error(ErrorKind::invalid_input, "this store cannot serve: it keeps no leases");
    return *service;
}

OptunaStore& optuna_store(Store& store) {
    auto* const found = dynamic_cast<HasOptunaStore*>(&store);
    if (found == nullptr)
        throw Error(ErrorKind::invalid_input, "this store does not speak Optuna's protocols");
    return found->optuna();
}

}  // namespace parnas::store
