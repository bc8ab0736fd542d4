// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "core/error.h"
#include "evaluators/torch/network_module.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"

using namespace parnas;
using namespace parnas::evaluators;

namespace {

ErrorKind kind_of_refusal(const std::string& bytes, const spaces::Network& network) {
    TorchNetwork model(network, 1);
    try {
        load_bytes(bytes, model.weights());
    } catch (const Error& error) {
        return error.kind();
    }
    FAIL("the bytes were accepted");
    return ErrorKind::internal;
}

const InputScaling kScaling{.mean = {0.5F, -3.0F}, .deviation = {2.0F, 1e20F}};

}  // namespace

TEST_CASE("weights survive a round trip through bytes", "[torch][weights]") {
    const spaces::Network network = tests::small_convnet({});
    TorchNetwork model(network, 1);
    // Running statistics away from their start.
    model.forward(random_inputs(network, {.batch = 4}, 1),
                  {.training = true, .generator = make_generator(1)});
    TorchNetwork copy(network, 2);
    load_bytes(to_bytes(model.weights()), copy.weights());
    CHECK(to_bytes(copy.weights()) == to_bytes(model.weights()));
    const auto inputs = random_inputs(network, {.batch = 2}, 3);
    CHECK(at::equal(model.forward(inputs, Pass{})[0], copy.forward(inputs, Pass{})[0]));
}

TEST_CASE("weights keep how the data was scaled", "[torch][weights]") {
    const spaces::Network network = tests::small_mlp(2, 3, 2);
    const TorchNetwork model(network, 1);
    TorchNetwork copy(network, 2);
    CHECK(load_bytes(to_bytes(model.weights(), kScaling), copy.weights()) == kScaling);
    CHECK(to_bytes(copy.weights()) == to_bytes(model.weights()));
    CHECK(load_bytes(to_bytes(model.weights()), copy.weights()) == std::nullopt);
}

TEST_CASE("means and deviations of different numbers are damaged", "[torch][weights]") {
    const spaces::Network network = tests::small_mlp(2, 3, 2);
    const InputScaling uneven{.mean = {1.0F, 2.0F}, .deviation = {1.0F}};
    CHECK(kind_of_refusal(to_bytes(TorchNetwork(network, 1).weights(), uneven), network) ==
          ErrorKind::damaged);
}

TEST_CASE("bytes that are no weights artifact are damaged", "[torch][weights]") {
    const spaces::Network network = tests::small_mlp(2, 3, 2);
    const std::string bytes = to_bytes(TorchNetwork(network, 1).weights(), kScaling);
    CHECK(kind_of_refusal("", network) == ErrorKind::damaged);
    CHECK(kind_of_refusal("PK\x03\x04 a zip file, which this is not, of some length", network) ==
          ErrorKind::damaged);
    CHECK(kind_of_refusal(bytes + "x", network) == ErrorKind::damaged);
    for (std::size_t length = 0; length < bytes.size(); length += 7)
        CHECK(kind_of_refusal(bytes.substr(0, length), network) == ErrorKind::damaged);
    for (std::size_t place = 0; place < bytes.size(); place += 5) {
        std::string changed = bytes;
        changed[place] = static_cast<char>(changed[place] ^ 0x10);
        CHECK(kind_of_refusal(changed, network) == ErrorKind::damaged);
    }
}

TEST_CASE("weights of another network are refused", "[torch][weights]") {
    const std::string bytes = to_bytes(TorchNetwork(tests::small_mlp(2, 3, 2), 1).weights());
    CHECK(kind_of_refusal(bytes, tests::small_mlp(2, 4, 2)) == ErrorKind::invalid_input);
    CHECK(kind_of_refusal(bytes, tests::small_convnet({})) == ErrorKind::invalid_input);
}
