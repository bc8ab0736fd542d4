// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "core/json.h"
#include "core/object_reader.h"

namespace parnas::tests {

// What `read` makes of a strategy's options; `faults` gets those it has.
template <typename Read>
auto read_options(Read&& read, const Json& json, Faults& faults) {
    ObjectReader reader(json, "/strategy", faults);
    auto options = std::forward<Read>(read)(reader);
    reader.finish();
    return options;
}

}  // namespace parnas::tests
