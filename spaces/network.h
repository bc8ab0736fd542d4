// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace parnas::spaces {

struct CustomOp;

// The one description of an architecture: a typed layer graph. Everything that trains,
// costs, hashes, draws or exports a network reads this.
//
// Shapes leave out the batch, which is every tensor's leading dimension. An image is
// {channels, height, width}, a sequence {length, features}, a vector {features}. A
// dimension that is not known is negative: -1 - i stands for Network::symbols[i].
using Dim = std::int64_t;
using Shape = std::vector<Dim>;
using Extent = std::array<std::int64_t, 2>;  // {height, width}

enum class DType { fp32, fp16, bf16, int8, int64 };
enum class NormKind { batch, layer, group, instance, rms };
enum class ActivationKind {
    relu,
    relu6,
    hswish,
    hsigmoid,
    swish,
    sigmoid,
    tanh,
    gelu,
    leaky_relu,
    elu,
    softplus
};
enum class PoolKind { average, max };
enum class ResizeMode { nearest, bilinear };
enum class RecurrentKind { lstm, gru };
enum class AttentionKind { full, local, linear };
enum class MessageKind { gcn, sage, gat, gin, cheb, arma, graph };

// Inputs and shapes of each op: docs/network.md. One input unless said otherwise.
// {channels, height, width} -> {out, ...}. out = floor((in + 2 padding - dilation (kernel - 1) - 1)
// / stride) + 1 in each direction.
struct Conv {
    std::int64_t out = 1;
    Extent kernel{1, 1};
    Extent stride{1, 1};
    Extent padding{0, 0};
    Extent dilation{1, 1};
    std::int64_t groups = 1;
    bool bias = false;
    bool operator==(const Conv&) const = default;
};
struct Linear {  // over the last dimension
    std::int64_t out = 1;
    bool bias = true;
    bool operator==(const Linear&) const = default;
};
struct Norm {  // batch, group, instance: over channels (first); layer, rms: over the last dimension
    NormKind kind = NormKind::batch;
    std::int64_t groups = 1;  // of a group norm
    bool affine = true;
    bool operator==(const Norm&) const = default;
};
struct Activation {
    ActivationKind kind = ActivationKind::relu;
    bool operator==(const Activation&) const = default;
};
struct Pool {
    PoolKind kind = PoolKind::average;
    Extent kernel{2, 2};
    Extent stride{2, 2};
    Extent padding{0, 0};
    bool count_padding = false;  // average: padded zeros count in the divisor
    bool operator==(const Pool&) const = default;
};
struct GlobalPool {  // {channels, ...} -> {channels}, or {channels, 1, 1} with keep_dims
    PoolKind kind = PoolKind::average;
    bool keep_dims = false;
    bool operator==(const GlobalPool&) const = default;
};
struct Add {  // one or more inputs of equal shape
    bool operator==(const Add&) const = default;
};
struct Multiply {  // two inputs; the second's dimensions may be 1 (squeeze and excite)
    bool operator==(const Multiply&) const = default;
};
struct Concat {  // one or more inputs, equal but for `axis`
    std::int64_t axis = 0;
    bool operator==(const Concat&) const = default;
};
struct Slice {  // `length` entries from `start` of `axis`
    std::int64_t axis = 0;
    std::int64_t start = 0;
    std::int64_t length = 1;
    bool operator==(const Slice&) const = default;
};
struct Reshape {  // one entry may be 0, "what remains"
    Shape shape;
    bool operator==(const Reshape&) const = default;
};
struct Transpose {
    std::vector<std::int64_t> order;  // a permutation of the dimensions
    bool operator==(const Transpose&) const = default;
};
struct Resize {  // {channels, height, width} -> {channels, size}
    Extent size{1, 1};
    ResizeMode mode = ResizeMode::nearest;
    bool operator==(const Resize&) const = default;
};
struct Pad {  // zeros around height and width
    Extent before{0, 0};
    Extent after{0, 0};
    bool operator==(const Pad&) const = default;
};
struct Softmax {
    std::int64_t axis = 0;
    bool operator==(const Softmax&) const = default;
};
struct Identity {
    bool operator==(const Identity&) const = default;
};
struct Zero {  // zeros of the input's shape, height and width divided by stride, rounded up
    std::int64_t stride = 1;
    bool operator==(const Zero&) const = default;
};
struct Dropout {
    double rate = 0.0;  // in [0, 1)
    bool operator==(const Dropout&) const = default;
};
struct Embedding {  // {length} of int64 -> {length, features}
    std::int64_t count = 1;
    std::int64_t features = 1;
    bool operator==(const Embedding&) const = default;
};
// Multi-head attention with its four projections (Vaswani et al. 2017): {length, features};
// a second input is the context that keys and values come from. Local: of neighbours only (Child
// et al. 2019, Beltagy et al. 2020). Linear: in time that grows with the length, not with its
// square (Katharopoulos et al. 2020).
struct Attention {
    std::int64_t heads = 1;
    bool causal = false;
    AttentionKind kind = AttentionKind::full;
    std::int64_t window = 0;  // local: how many positions each one sees; else 0
    bool operator==(const Attention&) const = default;
};

inline constexpr double kLinearAttentionEpsilon = 1e-6;  // added to what a linear one divides by

// What a position sees of a local attention: so many before itself, itself, and so many after.
struct Neighbours {
    std::int64_t before = 0;
    std::int64_t after = 0;
};
inline Neighbours neighbours(const Attention& op) {
    const std::int64_t before = op.causal ? op.window - 1 : op.window / 2;
    return {before, op.window - 1 - before};
}
struct Recurrent {  // {length, features} -> {length, hidden}, twice that if bidirectional
    RecurrentKind kind = RecurrentKind::lstm;
    std::int64_t hidden = 1;
    bool bidirectional = false;
    bool operator==(const Recurrent&) const = default;
};
struct MessagePassing {  // inputs: {nodes, features} and {2, edges} of int64 -> {nodes, out}
    MessageKind kind = MessageKind::gcn;
    std::int64_t out = 1;
    bool operator==(const MessagePassing&) const = default;
};
struct Custom {  // an op that somebody else brings
    std::string type;
    std::string attributes;  // a JSON object as compact text
    // What the type means (spaces/custom_op.h); null: nobody here knows it.
    std::shared_ptr<const CustomOp> definition = nullptr;
    bool operator==(const Custom& other) const {
        return type == other.type && attributes == other.attributes;
    }
};
// One or more inputs of equal shape, each times its weight: of a supernet, which has the weights
// beside the network (spaces/supernet.h). With weights of 1 it is a sum.
struct Mix {
    std::int64_t strength = 0;  // index into Supernet::strengths
    bool operator==(const Mix&) const = default;
};

using Op = std::variant<Conv,
                        Linear,
                        Norm,
                        Activation,
                        Pool,
                        GlobalPool,
                        Add,
                        Multiply,
                        Concat,
                        Slice,
                        Reshape,
                        Transpose,
                        Resize,
                        Pad,
                        Softmax,
                        Identity,
                        Zero,
                        Dropout,
                        Embedding,
                        Attention,
                        Recurrent,
                        MessagePassing,
                        Custom,
                        Mix>;  // the canonical hash has an op's index: new ones come last

// Where a value comes from. Inputs are counted from 0 and come before all nodes: value i
// is inputs[i] for i < inputs.size(), and nodes[i - inputs.size()] otherwise.
using ValueId = std::int32_t;

struct Node {
    std::string name;  // unique; the path of the block that made it
    Op op;
    std::vector<ValueId> inputs;  // each below the node's own id: topological order
    DType precision = DType::fp32;
    float sparsity = 0.0F;  // share of weights that are zero, in [0, 1)

    bool operator==(const Node&) const = default;
};

struct Input {
    std::string name;
    DType dtype = DType::fp32;
    Shape shape;

    bool operator==(const Input&) const = default;
};

struct Network {
    std::vector<Input> inputs;
    std::vector<Node> nodes;
    std::vector<ValueId> outputs;      // several: early exits; the last is the main one
    std::vector<std::string> symbols;  // names of the unknown dimensions

    bool operator==(const Network&) const = default;

    ValueId id_of(std::size_t node) const { return static_cast<ValueId>(inputs.size() + node); }
};

// "conv", "global_pool", ...: the op's name in JSON and in space documents.
std::string_view op_name(const Op& op);

}  // namespace parnas::spaces
