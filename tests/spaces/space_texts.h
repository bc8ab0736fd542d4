// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/document.h"
#include "spaces/shapes.h"
#include "spaces/space_document.h"

namespace parnas::spaces {

inline std::unique_ptr<SearchSpace> space_of(const std::string& text) {
    return make_space(Document::parse(text, "space.yaml"), Json());
}

inline std::vector<std::string> names(const SearchSpace& space) {
    std::vector<std::string> names;
    for (const Param& param : space.params())
        names.push_back(param.name);
    return names;
}

inline Network network_of(const SearchSpace& space, const Assignment& values) {
    return *space.decode(from_assignment(space.params(), values)).network;
}

inline Shape output_shape(const Network& network) {
    return infer_shapes(network)[static_cast<std::size_t>(network.outputs.back())];
}

}  // namespace parnas::spaces
