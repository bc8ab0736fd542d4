// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "hw_models/hardware_model.h"

namespace parnas::tests {

// What every hardware model promises (hw_models/hardware_model.h), measured ones too. To be
// called inside a TEST_CASE.
void check_hardware_model(const hw_models::HardwareModel& model);

// And one that computes: the same network costs the same, alone or among others, under
// other names and in another order; more work costs more.
void check_computed_hardware_model(const hw_models::HardwareModel& model);

// What every model promises that has its costs (hw_models/costs/costed_model.h).
void check_costs(const hw_models::HardwareModel& model);

}  // namespace parnas::tests
