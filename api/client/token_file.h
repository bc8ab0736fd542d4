// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace parnas::client {

// The first line of a file that only its owner can read. Throws Error: not_found if it cannot be
// read, unauthorized if others can, invalid_input if the line is no token.
std::string read_token(const std::filesystem::path& file);

}  // namespace parnas::client
