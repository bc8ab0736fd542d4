// SPDX-License-Identifier: Apache-2.0
#include "bench/scratch.h"

#include <cstdlib>
#include <string>
#include <system_error>

#include "core/error.h"

namespace parnas::bench {

Scratch::Scratch(const std::filesystem::path& folder) {
    std::string pattern = (folder / "parnas-bench-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
        throw Error(ErrorKind::unavailable, "no folder for temporary files", folder.string());
    path_ = pattern;
}

Scratch::~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace parnas::bench
