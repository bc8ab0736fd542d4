// SPDX-License-Identifier: Apache-2.0
#include "hw_models/roofline_profile.h"

namespace parnas::hw_models {

RooflineProfile read_profile(const Document& document) {
    Faults faults;
    ObjectReader reader(document.root(), "", faults);
    // Wide enough for any machine, narrow enough to find a wrong unit.
    constexpr Range<double> kRate{1e-6, 1e9};
    RooflineProfile profile;
    profile.card = read_card(reader);
    profile.peak_gflops = reader.real("peak_gflops", kRate);
    profile.memory_gb_per_s = reader.real("memory_gb_per_s", kRate);
    profile.kernel_overhead_us = reader.real("kernel_overhead_us", {0.0, 1e6});
    profile.static_power_w = reader.optional_real("static_power_w", {0.0, 1e6});
    profile.energy_pj_per_mac = reader.optional_real("energy_pj_per_mac", {0.0, 1e9});
    profile.uncertainty = reader.real("uncertainty", profile.uncertainty, {0.01, 3.0});
    reader.finish();
    document.throw_if_any(faults);
    return profile;
}

}  // namespace parnas::hw_models
