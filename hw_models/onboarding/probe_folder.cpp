// SPDX-License-Identifier: Apache-2.0
#include "hw_models/onboarding/probe_folder.h"

#include <fstream>
#include <string>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/draft_file.h"
#include "core/error.h"

namespace parnas::hw_models {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = 8 << 20;

std::string text_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!fs::is_regular_file(path) || !file)
        throw Error(ErrorKind::not_found, "cannot read the file", path.string());
    std::string text(kMostBytes + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > kMostBytes)
        throw Error(ErrorKind::invalid_input,
                    fmt::format("larger than {} MiB", kMostBytes >> 20),
                    path.string());
    return text;
}

void write_whole(const fs::path& path, std::string_view text) {
    DraftFile file(path);
    file.write(text);
    file.keep();
}

}  // namespace

bool ProbeFolder::has_probes() const {
    return fs::exists(probes_file());
}

ProbeSet ProbeFolder::probes() const {
    return read_probe_set(Document::read(probes_file()));
}

std::vector<ProbeTimes> ProbeFolder::measurements(const ProbeSet& set) const {
    const fs::path file = measurements_file();
    return read_measurements(text_of(file), file.string(), set.probes.size());
}

void ProbeFolder::make() const {
    std::error_code failure;
    fs::create_directories(path_, failure);
    if (failure)
        throw Error(ErrorKind::unavailable, "cannot be made: " + failure.message(), path_.string());
}

void ProbeFolder::keep(const ProbeSet& set) const {
    make();
    write_whole(probes_file(), to_json(set).dump(1) + "\n");
}

void ProbeFolder::start_measurements(std::string_view lines) const {
    write_whole(measurements_file(), measurements_header() + std::string(lines));
}

void ProbeFolder::append_measurements(std::string_view lines) const {
    std::string text = text_of(measurements_file());
    if (!text.empty() && text.back() != '\n')
        text += '\n';
    write_whole(measurements_file(), text.append(lines));
}

}  // namespace parnas::hw_models
