// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "core/document.h"
#include "core/embedded.h"
#include "spaces/network.h"

namespace parnas::hw_models {

// What the roofline needs to know of a target; a document of targets/ or the user's own.
struct RooflineProfile {
    std::string name;
    std::string source;  // where the figures come from
    std::string date;    // of the figures, YYYY-MM-DD
    std::string hardware;
    std::string runtime;
    int threads = 1;
    spaces::DType dtype = spaces::DType::fp32;
    std::int64_t batch = 1;
    double peak_gflops = 0.0;  // all threads; a multiply-add counts as two
    double memory_gb_per_s = 0.0;
    double kernel_overhead_us = 0.0;
    std::optional<double> static_power_w;     // drawn while the network runs
    std::optional<double> energy_pj_per_mac;  // on top of it
    double uncertainty = 0.5;                 // standard deviation of the logarithm of a latency
};

// Throws Error(invalid_input) with all faults, each with its line.
RooflineProfile read_profile(const Document& document);

// The profiles that come with the program, by file name.
std::span<const EmbeddedFile> target_documents();

// `name` is one of target_documents() without ".yaml", or ends with .yaml, .yml or .json
// and is a file relative to `base`. Throws Error(not_found), which lists the known names.
Document find_profile(const std::string& name, const std::filesystem::path& base);

}  // namespace parnas::hw_models
