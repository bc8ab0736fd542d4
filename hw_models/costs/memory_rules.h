// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace parnas::hw_models {

enum class Workspace { none, im2col };
enum class StepOrder { given, best };

// How a runtime holds activations. Always: a value lives from the node that makes it to its
// last reader, so a residual input stays; reshape, identity and dropout are views; inputs live
// until they were read, outputs until the end.
struct MemoryRules {
    // An activation or batch norm writes over its input if nobody else reads that.
    bool in_place = true;
    // What goes into a concatenation is made in its place there; of several in the first.
    bool concat_in_place = false;
    // im2col: a convolution holds cin * kh * kw * hout * wout values of one sample beside its
    // input and output; none if it is 1x1 without stride or padding.
    Workspace workspace = Workspace::none;
    // best: in the order of nodes that needs least.
    StepOrder order = StepOrder::given;

    bool operator==(const MemoryRules&) const = default;
};

}  // namespace parnas::hw_models
