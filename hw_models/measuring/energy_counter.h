// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/units.h"
#include "hw_models/measuring/instruments.h"

namespace parnas::hw_models {

// A counter of the energy that this machine's processors have used. Belongs to one thread.
class EnergyCounter {
  public:
    virtual ~EnergyCounter() = default;
    // "powercap intel-rapl:0 (package-0)", "perf power/energy-pkg/".
    virtual std::string name() const = 0;
    // Since any start; a wrap of the hardware's counter is seen if it is read once in a while.
    // Throws Error(unavailable) if it cannot be read.
    virtual Millijoules read() = 0;
};

// The counters that the kernel offers: powercap's packages below `sysfs`/class/powercap, then
// perf's power/energy-pkg and energy-psys. That they can be opened says nothing: on virtual
// machines they may stand still.
std::vector<std::unique_ptr<EnergyCounter>> find_energy_counters(
    const std::filesystem::path& sysfs = "/sys");

struct EnergySelfTest {
    bool passed = false;
    Watts power;         // while `load` ran
    std::string reason;  // why it did not pass
};

// Runs `load` again and again for `time`: a counter has to advance, at a power between 1 and
// 1000 W.
EnergySelfTest test_energy_counter(EnergyCounter& counter,
                                   const std::function<void()>& load,
                                   Instruments& instruments,
                                   Seconds time = Seconds{0.5});

}  // namespace parnas::hw_models
