// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "api/plugin/plugin_set.h"

namespace parnas::cli {

// Says, once and before there are threads, where this program's plugins are: documents and
// folders. Without any: $PARNAS_PLUGINS, several with colons between them, or parnas/plugins in
// the user's folder of configurations. Nothing is started yet. Throws Error(not_found) for one
// that is not there.
void use_plugins(std::vector<std::filesystem::path> places);

// Started at the first call; why one offers nothing goes to the error output then. None before
// use_plugins().
const std::vector<plugin::LoadedPlugin>& plugins();

// Whether a plugin has an evaluator of this name, with or without its version.
bool offers_evaluator(const std::string& name);

// The documents, none of them started.
std::vector<std::filesystem::path> plugin_documents();

}  // namespace parnas::cli
