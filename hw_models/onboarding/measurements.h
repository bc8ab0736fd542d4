// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.h"

namespace parnas::hw_models {

// What was measured of one probe.
struct ProbeTimes {
    std::vector<Milliseconds> repetitions;  // each > 0; none: it is not measured yet
    bool disturbed = false;                 // at least one of them

    // Of at least one.
    Milliseconds median() const;
};

// Measurements of probes as a text that people and programs of devices write: lines with commas,
//
//     probe,latency_ms,note
//     probe_00,12.81,
//
// of any order and any number for each probe; a latency that is left empty is not measured yet. A
// probe's name may end with .onnx. The column `note` may be missing; `disturbed` in it says that
// others ran meanwhile, the rest is for people. Spaces around fields, quotes around them, empty
// lines, CRLF and a byte order mark are accepted.
//
// The answer has an entry for each of `probes` probes. Throws Error(invalid_input) with all faults,
// each with its line: another header, a probe that there is not, what is no positive number.
std::vector<ProbeTimes> read_measurements(std::string_view text,
                                          const std::string& source,
                                          std::size_t probes);

// Lines of such a text, with their ends.
std::string measurements_header();
std::string unmeasured_line(std::size_t probe);
std::string measurement_line(std::size_t probe, Milliseconds latency, bool disturbed);

}  // namespace parnas::hw_models
