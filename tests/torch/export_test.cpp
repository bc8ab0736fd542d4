// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <fstream>
#include <string>

#include <fmt/format.h>

#include "core/error.h"
#include "evaluators/torch/network_module.h"
#include "evaluators/torch/torchscript.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"
#include "tests/torch/fixtures.h"
#include "tests/torch/one_of_each_op.h"

using namespace parnas;
using namespace parnas::evaluators;

namespace fs = std::filesystem;

TEST_CASE("every op's TorchScript computes the same when it is loaded back", "[torch][export]") {
    const tests::Folder folder;
    const auto exporter = make_torchscript_exporter();
    for (const auto& [name, network] : tests::one_of_each_op()) {
        INFO(name);
        TorchNetwork model(network, 1);
        const search::ExportRequest request{
            .network = network, .weights = to_bytes(model.weights()), .description = "{}"};
        const search::ExportResult result = exporter->write(request, folder.path() / "network.pt");
        CHECK(result.bytes == fs::file_size(folder.path() / "network.pt"));
        REQUIRE(result.largest_difference);
        CHECK(*result.largest_difference < 1e-3);
    }
    CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("a network without weights and one with a custom op are not exported",
          "[torch][export]") {
    const tests::Folder folder;
    const auto exporter = make_torchscript_exporter();
    const spaces::Network network = tests::small_mlp(2, 2, 2);
    CHECK_THROWS_AS(
        exporter->write({.network = network, .description = "{}"}, folder.path() / "a.pt"), Error);
    const spaces::Network custom = tests::network_of(spaces::Custom{.type = "mine"}, {{4}});
    CHECK_THROWS_AS(exporter->write({.network = custom, .weights = "", .description = "{}"},
                                    folder.path() / "b.pt"),
                    Error);
    CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("an export into a folder that does not exist is unavailable", "[torch][export]") {
    const tests::Folder folder;
    const spaces::Network network = tests::small_mlp(2, 2, 2);
    const TorchNetwork model(network, 1);
    try {
        make_torchscript_exporter()->write(
            {.network = network, .weights = to_bytes(model.weights()), .description = "{}"},
            folder.path() / "missing" / "a.pt");
        FAIL("it was written");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::unavailable);
    }
}

TEST_CASE("Python loads an exported network and predicts the same", "[torch][export]") {
    if (std::system("/usr/bin/python3 -c 'import torch' 2>/dev/null") != 0) {
        WARN("skipped: /usr/bin/python3 has no torch");
        return;
    }
    const tests::Folder folder;
    const spaces::Network network = tests::small_convnet({});
    TorchNetwork model(network, 1);
    model.forward(random_inputs(network, {.batch = 8}, 1),
                  {.training = true, .generator = make_generator(1)});
    make_torchscript_exporter()->write({.network = network,
                                        .weights = to_bytes(model.weights()),
                                        .description = R"({"study":"digits"})"},
                                       folder.path() / "network.pt");
    folder.write("predict.py", R"(
import sys, torch
extra = {"parnas.json": ""}
network = torch.jit.load(sys.argv[1], _extra_files=extra)
assert extra["parnas.json"] == b'{"study":"digits"}', extra
x = torch.sin(torch.arange(2 * 64, dtype=torch.float32)).reshape(2, 1, 8, 8)
with torch.no_grad():
    print(*[f"{v:.9g}" for v in network(x).flatten().tolist()])
)");
    const std::string command = fmt::format(
        "/usr/bin/python3 {0}/predict.py {0}/network.pt > {0}/out", folder.path().string());
    REQUIRE(std::system(command.c_str()) == 0);

    const at::NoGradGuard no_grad;
    const at::Tensor input = at::sin(at::arange(2 * 64, at::kFloat)).reshape({2, 1, 8, 8});
    const at::Tensor expected = model.forward({input}, Pass{})[0].flatten();
    std::ifstream out(folder.path() / "out");
    std::int64_t count = 0;
    for (double value = 0.0; out >> value; ++count)
        CHECK(value == Approx(expected[count].item<double>()).margin(1e-5));
    CHECK(count == expected.numel());
}
