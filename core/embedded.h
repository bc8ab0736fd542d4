// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace parnas {

// A file of the source tree that is part of the program (cmake/EmbedFiles.cmake).
struct EmbeddedFile {
    std::string_view name;  // without folders: "cortex-m7.yaml"
    std::string_view text;
};

}  // namespace parnas
