// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "spaces/network.h"

namespace parnas::spaces {

// What a node's weights are as large as: output channels, input channels of each output,
// kernel, ... by its op.
using WeightExtents = std::vector<std::int64_t>;

// The largest extents of every weight, by the name of its node.
class WeightSizes {
  public:
    // True if the network has a weight that is new, or in some extent larger than before.
    // Throws Error(invalid_input) as infer_shapes() does.
    bool add(const Network& network);

    const std::map<std::string, WeightExtents, std::less<>>& largest() const { return largest_; }

  private:
    std::map<std::string, WeightExtents, std::less<>> largest_;
};

}  // namespace parnas::spaces
