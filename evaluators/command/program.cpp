// SPDX-License-Identifier: Apache-2.0
#include "evaluators/command/program.h"

#include <cstdlib>
#include <unistd.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/hash.h"

namespace parnas::evaluators {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNotInNames("=\0", 2);  // of variables

// What the environment of this process has, or an empty text.
std::string inherited(const char* name) {
    // Nothing in parnas sets environment variables.
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    return value == nullptr ? "" : value;
}

bool is_executable(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored) && access(path.c_str(), X_OK) == 0;
}

}  // namespace

std::vector<std::string> read_texts(ObjectReader& options, std::string_view key, const Json* json) {
    std::vector<std::string> texts;
    if (json == nullptr)
        return texts;
    if (!json->is_array() || json->empty()) {
        options.fault(key, fmt::format("expected a list of texts, got {}", dump_json(*json)));
        return texts;
    }
    for (std::size_t i = 0; i < json->size(); ++i) {
        const Json& entry = (*json)[i];
        texts.push_back(entry.is_string() ? entry.get<std::string>() : std::string());
        // A NUL would end the text for the system.
        if (texts.back().empty() || texts.back().find('\0') != std::string::npos)
            options.faults().add(pointer_to(options.pointer(key), i),
                                 fmt::format("expected a text, got {}", dump_json(entry)));
    }
    return texts;
}

Environment read_environment(ObjectReader& options) {
    Environment environment;
    const Json* json = options.find("environment");
    if (json == nullptr)
        return environment;
    ObjectReader reader(*json, options.pointer("environment"), options.faults());
    if (json->is_object())
        for (const auto& [name, value] : json->items()) {
            environment[name] = reader.text(name);
            if (name.empty() || name.find_first_of(kNotInNames) != std::string::npos)
                reader.fault(name, "no variable can have this name");
            else if (environment[name].find('\0') != std::string::npos)
                reader.fault(name, "a variable's text cannot hold the character NUL");
        }
    return environment;
}

fs::path find_program(const std::string& name, const fs::path& base, ObjectReader& options) {
    const auto fault = [&](const std::string& message) {
        options.faults().add(pointer_to(options.pointer("command"), 0), message);
        return fs::path();
    };
    if (name.find('/') != std::string::npos) {
        const fs::path path = base / name;
        if (is_executable(path))
            return path;
        return fault(fs::exists(path) ? fmt::format("'{}' is not executable", path.string())
                                      : fmt::format("there is no program '{}'", path.string()));
    }
    std::string folders = inherited("PATH") + ':';
    for (std::size_t end; (end = folders.find(':')) != std::string::npos;) {
        const fs::path path = base / folders.substr(0, end) / name;
        if (end > 0 && is_executable(path))
            return path;
        folders.erase(0, end + 1);
    }
    return fault(fmt::format("no program '{}' in PATH", name));
}

std::vector<std::string> environment_with(const Environment& own) {
    Environment all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const std::size_t end = text.find('=');
        if (end != std::string_view::npos)
            all[std::string(text.substr(0, end))] = text.substr(end + 1);
    }
    for (const auto& [name, value] : own)
        all[name] = value;
    std::vector<std::string> list;
    for (const auto& [name, value] : all)
        list.push_back(fmt::format("{}={}", name, value));
    return list;
}

Json file_digests(const std::vector<std::string>& names, const fs::path& base) {
    Json result = Json::object();
    for (const std::string& name : names) {
        std::error_code ignored;
        if (!name.empty() && fs::is_regular_file(base / name, ignored))
            result[name] = to_string(hash_file(base / name));
    }
    return result;
}

}  // namespace parnas::evaluators
