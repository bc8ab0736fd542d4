// SPDX-License-Identifier: Apache-2.0
#include "hw_models/roofline_profile.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "core/error.h"
#include "core/object_reader.h"

namespace parnas::hw_models {
namespace {

constexpr std::array kDTypes{spaces::DType::fp32,
                             spaces::DType::fp16,
                             spaces::DType::bf16,
                             spaces::DType::int8};

bool is_date(std::string_view text) {
    constexpr std::string_view kPattern = "dddd-dd-dd";
    return std::ranges::equal(text, kPattern, [](unsigned char c, char wanted) {
        return wanted == 'd' ? std::isdigit(c) != 0 : c == '-';
    });
}

}  // namespace

RooflineProfile read_profile(const Document& document) {
    Faults faults;
    ObjectReader reader(document.root(), "", faults);
    // Wide enough for any machine, narrow enough to find a wrong unit.
    constexpr Range<double> kRate{1e-6, 1e9};
    RooflineProfile profile;
    profile.name = reader.text("name");
    profile.source = reader.text("source");
    profile.date = reader.text("date");
    if (reader.has("date") && !profile.date.empty() && !is_date(profile.date))
        reader.fault("date", fmt::format("expected YYYY-MM-DD, found '{}'", profile.date));
    profile.hardware = reader.text("hardware");
    profile.runtime = reader.text("runtime");
    profile.threads = static_cast<int>(reader.integer("threads", {1, 1'000'000}));
    profile.dtype = kDTypes[reader.word("dtype", {"fp32", "fp16", "bf16", "int8"})];
    profile.batch = reader.integer("batch", 1, {1, 1'000'000});
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

Document find_profile(const std::string& name, const std::filesystem::path& base) {
    const std::filesystem::path path(name);
    const std::string extension = path.extension().string();
    if (extension == ".yaml" || extension == ".yml" || extension == ".json")
        return Document::read(base / path);
    std::string known;
    for (const EmbeddedFile& file : target_documents()) {
        const std::string_view stem = file.name.substr(0, file.name.rfind('.'));
        if (stem == name)
            return Document::parse(file.text, std::string(file.name));
        known += (known.empty() ? "" : ", ") + std::string(stem);
    }
    throw Error(ErrorKind::not_found,
                fmt::format("no target profile is named '{}'; known are: {}; an own profile is a "
                            "path that ends with .yaml, .yml or .json",
                            name,
                            known));
}

}  // namespace parnas::hw_models
