// SPDX-License-Identifier: Apache-2.0
#include "cli/new_file.h"

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace parnas::cli {

std::filesystem::path new_file(const std::filesystem::path& asked,
                               std::string name,
                               Overwrite overwrite) {
    std::ranges::replace(name, '/', '-');  // a study's name is no path
    std::filesystem::path path = asked.empty() ? std::filesystem::path(std::move(name)) : asked;
    if (overwrite == Overwrite::no && std::filesystem::exists(path))
        throw Error(ErrorKind::conflict,
                    "the file is there already; overwrite it with --force",
                    path.string());
    return path;
}

}  // namespace parnas::cli
