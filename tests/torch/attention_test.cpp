// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "evaluators/torch/network_module.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"

using namespace parnas;
using namespace parnas::evaluators;
using spaces::Attention;
using spaces::AttentionKind;

namespace {

using Matrix = std::vector<std::vector<double>>;

Matrix matrix_of(const at::Tensor& tensor) {
    Matrix matrix(static_cast<std::size_t>(tensor.size(0)));
    for (std::size_t i = 0; i < matrix.size(); ++i)
        for (std::int64_t j = 0; j < tensor.size(1); ++j)
            matrix[i].push_back(tensor[static_cast<std::int64_t>(i)][j].item<double>());
    return matrix;
}

// x W^T + b
Matrix projected(const Matrix& x, const Matrix& weight, const Matrix& bias) {
    Matrix result;
    for (const std::vector<double>& row : x) {
        result.emplace_back();
        for (std::size_t out = 0; out < weight.size(); ++out) {
            double sum = bias[0][out];
            for (std::size_t in = 0; in < row.size(); ++in)
                sum += row[in] * weight[out][in];
            result.back().push_back(sum);
        }
    }
    return result;
}

// What position i of the input takes of position j of the context, of what it takes of all, as
// docs/network.md says it.
bool sees(const Attention& op, std::int64_t i, std::int64_t j) {
    if (op.kind != AttentionKind::local)
        return !op.causal || j <= i;
    const std::int64_t first = op.causal ? i - op.window + 1 : i - op.window / 2;
    return first <= j && j < first + op.window;
}

double similarity(const Attention& op, const std::vector<double>& q, const std::vector<double>& k) {
    double sum = 0.0;
    const auto map = [](double x) { return x > 0.0 ? x + 1.0 : std::exp(x); };  // elu(x) + 1
    for (std::size_t c = 0; c < q.size(); ++c)
        sum += op.kind == AttentionKind::linear ? map(q[c]) * map(k[c]) : q[c] * k[c];
    return op.kind == AttentionKind::linear
               ? sum
               : std::exp(sum / std::sqrt(static_cast<double>(q.size())));
}

Matrix attended(const Attention& op, const Matrix& query, const Matrix& key, const Matrix& value) {
    const std::size_t columns = query[0].size() / static_cast<std::size_t>(op.heads);
    const auto of_head = [&](const std::vector<double>& row, std::size_t head) {
        const auto begin = row.begin() + static_cast<std::ptrdiff_t>(head * columns);
        return std::vector<double>(begin, begin + static_cast<std::ptrdiff_t>(columns));
    };
    Matrix result(query.size(), std::vector<double>(query[0].size(), 0.0));
    for (std::size_t head = 0; head < static_cast<std::size_t>(op.heads); ++head)
        for (std::size_t i = 0; i < query.size(); ++i) {
            double total = op.kind == AttentionKind::linear ? spaces::kLinearAttentionEpsilon : 0.0;
            for (std::size_t j = 0; j < key.size(); ++j) {
                if (!sees(op, static_cast<std::int64_t>(i), static_cast<std::int64_t>(j)))
                    continue;
                const double share = similarity(op, of_head(query[i], head), of_head(key[j], head));
                total += share;
                for (std::size_t c = 0; c < columns; ++c)
                    result[i][head * columns + c] += share * value[j][head * columns + c];
            }
            for (std::size_t c = 0; c < columns; ++c)
                result[i][head * columns + c] /= total;
        }
    return result;
}

// The largest difference between the layer and the definition, of a batch of two.
double error_of(const Attention& op, const std::vector<spaces::Shape>& shapes) {
    const spaces::Network network = tests::network_of(op, shapes);
    TorchNetwork model(network, 1);
    const at::NoGradGuard no_grad;
    std::map<std::string, Matrix> weights;
    for (const NamedTensor& each : model.weights().parameters())
        weights[each.name] = matrix_of(each.tensor.reshape({-1, each.tensor.size(-1)}));
    const auto project_by = [&](const std::string& name, const Matrix& x) {
        return projected(
            x, weights.at("node." + name + "_weight"), weights.at("node." + name + "_bias"));
    };
    std::vector<at::Tensor> inputs = random_inputs(network, {.batch = 2}, 2);
    for (at::Tensor& each : inputs)
        each = each * 3.0;  // scores that differ
    const at::Tensor found = model.forward(inputs, Pass{})[0];
    double largest = 0.0;
    for (std::int64_t sample = 0; sample < 2; ++sample) {
        const Matrix x = matrix_of(inputs.front()[sample]);
        const Matrix context = matrix_of(inputs.back()[sample]);
        const Matrix expected = project_by("output",
                                           attended(op,
                                                    project_by("query", x),
                                                    project_by("key", context),
                                                    project_by("value", context)));
        const Matrix got = matrix_of(found[sample]);
        for (std::size_t i = 0; i < got.size(); ++i)
            for (std::size_t c = 0; c < got[i].size(); ++c)
                largest = std::max(largest, std::abs(got[i][c] - expected[i][c]));
    }
    return largest;
}

}  // namespace

TEST_CASE("a causal attention does not see what comes later", "[torch][attention]") {
    for (const Attention& op :
         {Attention{.heads = 2, .causal = true},
          Attention{.heads = 2, .causal = true, .kind = AttentionKind::local, .window = 3},
          Attention{.heads = 2, .causal = true, .kind = AttentionKind::linear}}) {
        INFO("kind " << static_cast<int>(op.kind));
        const spaces::Network network = tests::network_of(op, {{5, 8}});
        TorchNetwork model(network, 1);
        const at::NoGradGuard no_grad;
        const at::Tensor input = random_inputs(network, {}, 2)[0];
        const at::Tensor before = model.forward({input}, Pass{})[0];
        at::Tensor changed = input.clone();
        changed.select(1, 4).fill_(9.0);
        const at::Tensor after = model.forward({changed}, Pass{})[0];
        CHECK(at::equal(before.narrow(1, 0, 4), after.narrow(1, 0, 4)));
        CHECK(!at::equal(before.select(1, 4), after.select(1, 4)));
    }
}

TEST_CASE("full attention is its definition, position by position", "[torch][attention]") {
    for (const std::int64_t heads : {1, 4}) {
        CHECK(error_of({.heads = heads}, {{7, 8}}) < 1e-5);
        CHECK(error_of({.heads = heads, .causal = true}, {{7, 8}}) < 1e-5);
        CHECK(error_of({.heads = heads}, {{7, 8}, {4, 8}}) < 1e-5);
    }
}

TEST_CASE("local attention is its definition for windows of any length", "[torch][attention]") {
    for (const bool causal : {false, true})
        for (const std::int64_t window : {1, 2, 3, 4, 5, 6, 7, 8, 13, 14, 15, 1000})
            for (const std::int64_t length : {1, 7, 12}) {
                INFO((causal ? "causal, window " : "window ") << window << ", length " << length);
                const Attention op{
                    .heads = 2, .causal = causal, .kind = AttentionKind::local, .window = window};
                CHECK(error_of(op, {{length, 8}}) < 1e-5);
                CHECK(error_of(op, {{length, 8}, {length, 8}}) < 1e-5);
            }
}

TEST_CASE("linear attention is its definition, also in several blocks", "[torch][attention]") {
    for (const std::int64_t heads : {1, 2, 4, 8})
        for (const std::int64_t length : {1, 7, 8, 20}) {
            INFO(heads << " heads, length " << length);
            const Attention op{.heads = heads, .kind = AttentionKind::linear};
            CHECK(error_of(op, {{length, 8}}) < 1e-4);
            CHECK(error_of(op, {{length, 8}, {5, 8}}) < 1e-4);
            const Attention causal{.heads = heads, .causal = true, .kind = AttentionKind::linear};
            CHECK(error_of(causal, {{length, 8}}) < 1e-4);
            CHECK(error_of(causal, {{length, 8}, {length, 8}}) < 1e-4);
        }
}
