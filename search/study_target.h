// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "core/error.h"
#include "hw_models/hardware_model.h"
#include "search/job_spec.h"
#include "search/registries.h"

namespace parnas::search {

// What tells a study what networks cost. Null: there is none.
struct StudyTarget {
    std::unique_ptr<hw_models::HardwareModel> model;
    std::unique_ptr<hw_models::HardwareModel> measurer;
};

// Of the job's `target`: its model and, under `measure`, what measures where that is unsure. Then
// the model must learn from measurements, and both have the same target; else that is a fault.
StudyTarget make_study_target(const JobSpec& job, const Registries& registries, Faults& faults);

}  // namespace parnas::search
