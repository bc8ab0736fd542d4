// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/object_reader.h"
#include "hw_models/hardware_model.h"

namespace parnas::hw_models {

// Where a document's figures come from: data sheets, measurements on the machine itself, or
// another tool.
enum class Provenance { sheet, calibrated, imported };
std::string_view to_string(Provenance provenance);

// What every document of a target begins with, whatever else it describes the target by.
struct TargetCard {
    Target target;  // its name is the document's: "raspberry-pi-5"
    Provenance provenance = Provenance::sheet;
    std::string source;                // of the figures, in words
    std::string date;                  // of the figures, YYYY-MM-DD
    std::vector<std::string> assumed;  // keys whose figures have no source
};

// Reads the keys name, provenance, source, date, assumed, hardware, runtime, threads, dtype
// and batch, those of read_cost_figures(), and `kind` without a look at it. Faults are added to the
// reader's.
TargetCard read_card(ObjectReader& reader);

// A target's name is a file's too: letters, digits, '-', '_' and '.', at most 100, the first
// one a letter or digit.
bool is_target_name(std::string_view name);

}  // namespace parnas::hw_models
