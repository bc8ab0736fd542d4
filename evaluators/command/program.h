// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/object_reader.h"

// What documents say of a program to be run.
namespace parnas::evaluators {

using Environment = std::map<std::string, std::string, std::less<>>;

// An array of texts that are not empty; none if `json` is nullptr.
std::vector<std::string> read_texts(ObjectReader& options, std::string_view key, const Json* json);

// {NAME: text} under `environment`.
Environment read_environment(ObjectReader& options);

// The program `name` of `command`, as a shell finds it from the folder `base`. Adds a fault and
// returns an empty path if there is none.
std::filesystem::path find_program(const std::string& name,
                                   const std::filesystem::path& base,
                                   ObjectReader& options);

// This process' environment with `own` on top, as "KEY=value".
std::vector<std::string> environment_with(const Environment& own);

// The digests of those `names` that are files in `base`, by name.
Json file_digests(const std::vector<std::string>& names, const std::filesystem::path& base);

}  // namespace parnas::evaluators
