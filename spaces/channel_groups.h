// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "spaces/network.h"

namespace parnas::spaces {

// Which axis of a node's weights has the channels.
enum class ChannelRole {
    out,        // of a convolution, linear layer or embedding; its bias too
    in,         // of a convolution, linear layer, recurrent cell or message passing
    depthwise,  // one filter per channel: both
    norm,       // scale, shift and running statistics
};

struct ChannelAxis {
    std::string node;  // its name
    ChannelRole role = ChannelRole::out;

    bool operator==(const ChannelAxis&) const = default;
};

// Channels that belong together: permuting them in all axes alike leaves the network's
// function as it is.
struct ChannelGroup {
    std::int64_t channels = 0;
    // True where the order means something outside of these axes: channels of the network's
    // inputs and outputs, of parts that are joined, cut or reshaped, of attention heads and of
    // groups. Such channels must stay in their order.
    bool fixed = false;
    std::vector<ChannelAxis> axes;  // in the order of the nodes
};

// All groups that weights have, in the order of their first axis. Channels are the first
// dimension of an image, the last of everything else. Throws Error(invalid_input) as
// infer_shapes() does.
std::vector<ChannelGroup> channel_groups(const Network& network);

}  // namespace parnas::spaces
