// SPDX-License-Identifier: Apache-2.0
#include "hw_models/roofline_profile.h"

namespace parnas::hw_models {
namespace {

// What a calibration tells people beside the figures: the tool, and how much each varied.
void check_calibration(ObjectReader& reader) {
    constexpr Range<double> kFigure{0.0, 1e12};
    const Json* calibration = reader.find("calibration");
    if (calibration == nullptr)
        return;
    ObjectReader part(*calibration, reader.pointer("calibration"), reader.faults());
    part.text("tool");
    for (const char* key :
         {"peak_gflops", "memory_gb_per_s", "cache_gb_per_s", "kernel_overhead_us"})
        if (const Json* figure = part.need(key)) {
            ObjectReader spread(*figure, part.pointer(key), part.faults());
            for (const char* each : {"p10", "median", "p90"})
                spread.real(each, kFigure);
            spread.finish();
        }
    part.finish();
}

}  // namespace

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
    profile.uncertainty = reader.real("uncertainty", profile.uncertainty, {0.01, 3.0});
    check_calibration(reader);
    reader.finish();
    document.throw_if_any(faults);
    return profile;
}

}  // namespace parnas::hw_models
