// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace parnas::tests {

// Where the sources of the running tests are: for golden files, examples and documents.
std::filesystem::path repository();

}  // namespace parnas::tests
