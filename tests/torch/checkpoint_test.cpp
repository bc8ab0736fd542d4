// SPDX-License-Identifier: Apache-2.0
#include "evaluators/torch/supernet/weights/checkpoint.h"

#include <string>
#include <vector>

#include "core/error.h"
#include "evaluators/torch/supernet/weights/shared_weights.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"

using namespace parnas;
using namespace parnas::evaluators;

namespace {

ErrorKind kind_of_refusal(const std::string& bytes) {
    try {
        (void)read_checkpoint(bytes);
    } catch (const Error& error) {
        return error.kind();
    }
    FAIL("the bytes were accepted");
    return ErrorKind::internal;
}

}  // namespace

TEST_CASE("shared weights go on from a checkpoint", "[torch][supernet]") {
    const std::vector networks{tests::small_convnet({})};
    SharedWeights shared(networks, 1);
    const at::NoGradGuard no_grad;
    const std::vector<at::Tensor> inputs = random_inputs(networks[0], {.batch = 4}, 1);
    shared.view(networks[0]).forward(inputs, {.training = true});
    Checkpoint checkpoint{.header = R"({"epoch":3})", .tensors = shared.tensors()};
    checkpoint.tensors.push_back({"alpha/cell.op", at::ones({3})});
    checkpoint.tensors.push_back({"momentum/count", at::full({}, 2.0, at::kFloat)});

    const std::string bytes = to_bytes(checkpoint);
    CHECK(is_checkpoint(bytes));
    const Checkpoint read = read_checkpoint(bytes);
    CHECK(read.header == checkpoint.header);
    CHECK(to_bytes(read) == bytes);
    const at::Tensor* alpha = find_tensor(read.tensors, "alpha/cell.op");
    REQUIRE(alpha != nullptr);
    CHECK(at::equal(*alpha, at::ones({3})));
    SharedWeights other(networks, 2);
    other.load(read.tensors);
    CHECK(at::equal(other.view(networks[0]).forward(inputs, Pass{})[0],
                    shared.view(networks[0]).forward(inputs, Pass{})[0]));
}

TEST_CASE("a checkpoint of another space is refused", "[torch][supernet]") {
    SharedWeights shared(std::vector{tests::small_mlp(2, 3, 2)}, 1);
    CHECK_THROWS_AS(shared.load(SharedWeights(std::vector{tests::small_mlp(2, 4, 2)}, 1).tensors()),
                    Error);
    CHECK_THROWS_AS(shared.load(SharedWeights(std::vector{tests::small_convnet({})}, 1).tensors()),
                    Error);
}

TEST_CASE("bytes that are no checkpoint are damaged", "[torch][supernet]") {
    const std::string weights = to_bytes(TorchNetwork(tests::small_mlp(2, 3, 2), 1).weights());
    CHECK(!is_checkpoint(weights));
    CHECK(kind_of_refusal(weights) == ErrorKind::damaged);
    CHECK(kind_of_refusal("") == ErrorKind::damaged);
    SharedWeights shared(std::vector{tests::small_mlp(2, 3, 2)}, 1);
    const std::string bytes = to_bytes(Checkpoint{.header = "{}", .tensors = shared.tensors()});
    CHECK(kind_of_refusal(bytes + "x") == ErrorKind::damaged);
    for (std::size_t length = 0; length < bytes.size(); length += 7)
        CHECK(kind_of_refusal(bytes.substr(0, length)) == ErrorKind::damaged);
    for (std::size_t place = 0; place < bytes.size(); place += 5) {
        std::string changed = bytes;
        changed[place] = static_cast<char>(changed[place] ^ 0x10);
        CHECK(kind_of_refusal(changed) == ErrorKind::damaged);
    }
}
