// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "core/trial.h"
#include "hw_models/hardware_model.h"
#include "spaces/search_space.h"
#include "store/store.h"

namespace parnas::search {

// What tells a trial's metrics as they are on the target of `model` instead of its study's own;
// nothing of a network that this target cannot run, or of no network. For ChoiceRules::elsewhere.
std::function<std::optional<Metrics>(const store::TrialRecord&)> metrics_on(
    std::shared_ptr<const hw_models::HardwareModel> model,
    std::shared_ptr<const spaces::SearchSpace> space);

}  // namespace parnas::search
