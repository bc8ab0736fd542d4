// SPDX-License-Identifier: Apache-2.0
#include "search/inner_type.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace parnas::search {

std::string read_inner_type(ObjectReader& reader,
                            const std::vector<std::string>& known,
                            std::string_view what) {
    std::string type = reader.text("type");
    if (type.empty() || std::ranges::find(known, type) != known.end())
        return type;
    reader.fault(
        "type",
        fmt::format("no {} is named '{}'; known are: {}", what, type, fmt::join(known, ", ")));
    return {};
}

}  // namespace parnas::search
