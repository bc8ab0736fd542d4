// SPDX-License-Identifier: Apache-2.0
#include "hw_models/target_json.h"

#include <nlohmann/json.hpp>

#include "hw_models/target_words.h"
#include "spaces/dtype.h"

namespace parnas::hw_models {

Json to_json(const Target& target) {
    return {{"name", target.name},
            {"hardware", target.hardware},
            {"runtime", target.runtime},
            {"threads", target.threads},
            {"dtype", spaces::to_string(target.dtype)},
            {"batch", target.batch},
            {"layout", to_string(target.layout)}};
}

Target read_target(ObjectReader& reader) {
    Target target;
    target.name = reader.text("name");
    target.hardware = reader.text("hardware");
    target.runtime = reader.text("runtime");
    target.threads = static_cast<int>(reader.integer("threads", {1, 1'000'000}));
    target.dtype = read_dtype(reader);
    target.batch = reader.integer("batch", {1, 1'000'000});
    target.layout = read_layout(reader);
    return target;
}

}  // namespace parnas::hw_models
