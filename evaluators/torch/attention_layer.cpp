// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>

#include "evaluators/torch/layers.h"

namespace parnas::evaluators {
namespace {

struct Projection {
    Weight weight;
    Weight bias;

    at::Tensor operator()(const at::Tensor& x) const { return at::linear(x, weight(), bias()); }
};

Projection make_projection(const Site& site, const std::string& name, std::int64_t features) {
    const double bound = 1.0 / std::sqrt(static_cast<double>(features));
    return {site.parameter(name + "_weight", {features, features}, Start::uniform, bound),
            site.parameter(name + "_bias", {features}, Start::uniform, bound)};
}

// {batch, length, features} -> {batch, heads, length, features / heads}
at::Tensor split_heads(const at::Tensor& x, std::int64_t heads) {
    return x.reshape({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
}

// Queries, keys and values: {batch, heads, length, features / heads}. What is made of them has the
// shape of the queries.
struct Heads {
    at::Tensor query;
    at::Tensor key;
    at::Tensor value;

    double scale() const { return 1.0 / std::sqrt(static_cast<double>(query.size(3))); }
};

constexpr double kHidden = -std::numeric_limits<double>::infinity();  // a score

at::Tensor attend_fully(const Heads& heads, bool causal) {
    at::Tensor scores = at::matmul(heads.query, heads.key.transpose(2, 3)) * heads.scale();
    if (causal) {
        const at::Tensor future = at::ones({heads.query.size(2), heads.key.size(2)},
                                           heads.query.options().dtype(at::kBool))
                                      .triu(1);
        scores = scores.masked_fill(future, kHidden);
    }
    return at::matmul(at::softmax(scores, 3), heads.value);
}

std::int64_t blocks_of(std::int64_t length, std::int64_t size) {
    return (length + size - 1) / size;
}

// {batch, heads, length, columns} -> {batch, heads, blocks, size, columns}: zeros at the end.
at::Tensor split_blocks(const at::Tensor& x, std::int64_t size) {
    const std::int64_t blocks = blocks_of(x.size(2), size);
    return at::constant_pad_nd(x, {0, 0, 0, blocks * size - x.size(2)})
        .reshape({x.size(0), x.size(1), blocks, size, x.size(3)});
}

// And back.
at::Tensor join_blocks(const at::Tensor& x, std::int64_t length) {
    return x.flatten(2, 3).narrow(2, 0, length);
}

// Block by block of positions, each with what the windows of its first and last one have beside it:
// scores grow with length x window. Products of blocks with fewer positions than a head has columns
// would take longer than they save.
at::Tensor attend_locally(const Heads& heads, const spaces::Attention& op) {
    const std::int64_t length = heads.query.size(2);
    const auto [window_before, window_after] = spaces::neighbours(op);
    const std::int64_t before = std::min(window_before, length - 1);
    const std::int64_t after = std::min(window_after, length - 1);
    const std::int64_t size = std::min(std::max(op.window, heads.query.size(3)), length);
    const std::int64_t end = blocks_of(length, size) * size;
    const std::int64_t reach = before + size + after;
    // {batch, heads, blocks, features / heads, reach}
    const auto seen_by_blocks = [&](const at::Tensor& x) {
        return at::constant_pad_nd(x, {0, 0, before, end - length + after}).unfold(2, reach, size);
    };
    const at::Tensor positions = at::arange(-before, end + after, heads.query.device());
    const at::Tensor own = positions.narrow(0, before, end).reshape({-1, size, 1});
    const at::Tensor seen = positions.unfold(0, reach, size).unsqueeze(1);
    // Positions that fill the last block see themselves: without any, their softmax is not a
    // number.
    const at::Tensor hidden = (seen < 0) | (seen < own - before) | (seen > own + after) |
                              (seen > own.clamp_min(length - 1));
    const at::Tensor scores =
        at::matmul(split_blocks(heads.query, size), seen_by_blocks(heads.key)) * heads.scale();
    const at::Tensor shares = at::softmax(scores.masked_fill(hidden, kHidden), 4);
    return join_blocks(at::matmul(shares, seen_by_blocks(heads.value).transpose(3, 4)), length);
}

// Katharopoulos et al. 2020. Causal: a sum up to a position is the one of the blocks before its own
// and products with the positions of its block up to it. With as many positions in a block as a
// head has columns both cost the same.
at::Tensor attend_linearly(const Heads& heads, bool causal) {
    const std::int64_t columns = heads.value.size(3);
    const std::int64_t length = heads.query.size(2);
    at::Tensor query = at::elu(heads.query) + 1.0;
    at::Tensor key = at::elu(heads.key) + 1.0;
    at::Tensor value = at::constant_pad_nd(heads.value, {0, 1}, 1.0);  // of 1: sums of keys
    at::Tensor sums;
    if (causal) {
        const std::int64_t size = std::min(columns, length);
        query = split_blocks(query, size);
        key = split_blocks(key, size).transpose(3, 4);
        value = split_blocks(value, size);
        const at::Tensor of_blocks = at::matmul(key, value);
        // Of the blocks before, without their own: to take that off again would cost precision.
        const at::Tensor earlier = at::constant_pad_nd(of_blocks, {0, 0, 0, 0, 1, -1}).cumsum(2);
        sums = at::matmul(at::matmul(query, key).tril(), value) + at::matmul(query, earlier);
        sums = join_blocks(sums, length);
    } else {
        sums = at::matmul(query, at::matmul(key.transpose(2, 3), value));
    }
    return sums.narrow(3, 0, columns) /
           (sums.narrow(3, columns, 1) + spaces::kLinearAttentionEpsilon);
}

at::Tensor attend(const Heads& heads, const spaces::Attention& op) {
    switch (op.kind) {
        case spaces::AttentionKind::full:
            return attend_fully(heads, op.causal);
        case spaces::AttentionKind::local:
            return attend_locally(heads, op);
        case spaces::AttentionKind::linear:
            break;
    }
    return attend_linearly(heads, op.causal);
}

}  // namespace

Layer make_layer(const spaces::Attention& op, const Site& site) {
    const std::int64_t features = site.inputs[0][1];
    const Projection query = make_projection(site, "query", features);
    const Projection key = make_projection(site, "key", features);
    const Projection value = make_projection(site, "value", features);
    const Projection output = make_projection(site, "output", features);
    return [=](std::span<const at::Tensor> x, const Pass&) {
        const at::Tensor& context = x.back();
        const Heads heads{.query = split_heads(query(x[0]), op.heads),
                          .key = split_heads(key(context), op.heads),
                          .value = split_heads(value(context), op.heads)};
        return output(attend(heads, op).transpose(1, 2).reshape(x[0].sizes()));
    };
}

}  // namespace parnas::evaluators
