// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/object_reader.h"

namespace parnas::search {

// The `type` of a part within a part of a job, one of `known`. Empty after a fault, which lists
// them and says what they are: "pruner that may be wrapped".
std::string read_inner_type(ObjectReader& reader,
                            const std::vector<std::string>& known,
                            std::string_view what);

}  // namespace parnas::search
