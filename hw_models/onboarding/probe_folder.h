// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "hw_models/onboarding/measurements.h"
#include "hw_models/onboarding/probe_set.h"

namespace parnas::hw_models {

// Where the probes of a target and what was measured of them are kept, for days maybe: probes.json
// and measurements.csv. Each is written whole or not at all. Functions throw Error(not_found) for
// a file that is not there, Error(unavailable) for one that cannot be written.
class ProbeFolder {
  public:
    explicit ProbeFolder(std::filesystem::path path) : path_(std::move(path)) {}

    bool has_probes() const;
    // Throw Error(invalid_input) with all faults, as read_probe_set() and read_measurements().
    ProbeSet probes() const;
    std::vector<ProbeTimes> measurements(const ProbeSet& set) const;

    // The folder itself, if it is not there.
    void make() const;
    // Makes the folder, too.
    void keep(const ProbeSet& set) const;
    // Lines of a CSV: for a text that is not there yet, or replaces one, with its header.
    void start_measurements(std::string_view lines) const;
    void append_measurements(std::string_view lines) const;

    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path probes_file() const { return path_ / "probes.json"; }
    std::filesystem::path measurements_file() const { return path_ / "measurements.csv"; }

  private:
    std::filesystem::path path_;
};

}  // namespace parnas::hw_models
