// SPDX-License-Identifier: Apache-2.0
#include "search/presets.h"

#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.h"
#include "core/object_reader.h"

namespace parnas::search {
namespace {

constexpr double kKiB = 1024.0;
constexpr double kMB = 1e6;

}  // namespace

std::span<const Preset> presets() {
    // peak_memory_bytes is the weights and the activations that are alive at once.
    static const std::array<Preset, 3> all{{
        {.name = "realtime", .about = "answers within 10 ms", .limits = {{"latency_ms", 10.0}}},
        {.name = "mobile",
         .about = "10 MB to download, 100 MB to run",
         .limits = {{"weight_bytes", 10.0 * kMB}, {"peak_memory_bytes", 100.0 * kMB}}},
        // The microcontrollers of MCUNet (Lin et al., NeurIPS 2020) have 256 to 512 kB of SRAM
        // and 1 to 2 MB of flash: half of the SRAM is left to activations, and most of the
        // flash to the program.
        {.name = "microcontroller",
         .about = "256 KiB of weights, 512 KiB to run",
         .limits = {{"weight_bytes", 256.0 * kKiB}, {"peak_memory_bytes", 512.0 * kKiB}}},
    }};
    return all;
}

const Preset& find_preset(std::string_view name, std::string where) {
    std::vector<std::string> names;
    for (const Preset& preset : presets()) {
        if (preset.name == name)
            return preset;
        names.emplace_back(preset.name);
    }
    const std::string near = nearest(name, names);
    throw Error(
        ErrorKind::invalid_input,
        near.empty()
            ? fmt::format("no preset is named '{}'; known are: {}", name, fmt::join(names, ", "))
            : fmt::format("no preset is named '{}'; did you mean '{}'?", name, near),
        std::move(where));
}

}  // namespace parnas::search
