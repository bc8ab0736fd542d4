// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "evaluators/torch/torch.h"
// clang-format off: torch.h comes first
#include <torch/script.h>
// clang-format on

#include "core/error.h"
#include "evaluators/torch/network_module.h"
#include "evaluators/torch/torchscript.h"
#include "evaluators/torch/training.h"
#include "evaluators/torch/training_data.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"
#include "tests/support/one_of_each_op.h"
#include "tests/torch/fixtures.h"

using namespace parnas;
using namespace parnas::evaluators;

namespace fs = std::filesystem;

namespace {

// Two clouds, far from 0 and of different widths, and a column that says nothing.
std::string far_blobs(int samples) {
    std::string text;
    std::istringstream blobs(tests::two_blobs(samples));
    for (std::string line; std::getline(blobs, line);) {
        double x = 0.0, y = 0.0;
        int label = 0;
        std::sscanf(line.c_str(), "%lf,%lf,%d", &x, &y, &label);
        text += fmt::format("{},{},17,{}\n", 5000.0 + 100.0 * x, 0.01 * y, label);
    }
    return text;
}

std::vector<float> input_values(const std::string& check) {
    return Json::parse(check)["inputs"][0]["values"].get<std::vector<float>>();
}

}  // namespace

TEST_CASE("every op's TorchScript computes the same when it is loaded back", "[torch][export]") {
    const tests::TemporaryFolder folder;
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
    const tests::TemporaryFolder folder;
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
    const tests::TemporaryFolder folder;
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

TEST_CASE("an exported network takes the rows as they stand in the file", "[torch][export]") {
    const tests::TemporaryFolder folder;
    folder.write("far.csv", far_blobs(200));
    Json options{{"data", {{"csv", "far.csv"}}}, {"epochs", 4}, {"batch", 16}};
    Faults faults;
    ObjectReader evaluator_reader(options, "/evaluator", faults);
    const auto evaluator = make_training_evaluator(evaluator_reader, folder.path());
    faults.throw_if_any();
    const spaces::Network network = tests::small_mlp(3, 8, 2);
    const tests::OnePoint space(network);
    std::string weights;
    const Outcome outcome = evaluator->evaluate(
        {.seed = 1}, Context{.space = space, .save_weights = [&](std::string bytes) {
                                 weights = std::move(bytes);
                             }});
    REQUIRE(std::holds_alternative<Measurement>(outcome));
    const double accuracy = std::get<Measurement>(outcome).metrics.at("accuracy");
    CHECK(accuracy > 0.9);

    make_torchscript_exporter()->write(
        {.network = network, .weights = weights, .description = "{}"}, folder.path() / "a.pt");
    torch::jit::Module exported = torch::jit::load((folder.path() / "a.pt").string());
    ObjectReader reader(options["data"], "/data", faults);
    const DataSet data = read_data_set(reader, folder.path());
    const Split split = make_split(data, {});
    const auto classes = [&](const Samples& raw) {
        return exported.forward({raw.inputs}).toTensor().argmax(1);
    };
    const TrainingData raw = make_training_data(data, split, Normalize::no);
    CHECK(
        classes(raw.validation).eq(raw.validation.targets).to(at::kDouble).mean().item<double>() ==
        Approx(accuracy));

    const TrainingData normalised = make_training_data(data, split, Normalize::per_channel);
    TorchNetwork model(network, 2);
    CHECK(load_bytes(weights, model.weights()) == normalised.scaling);
    CHECK(!raw.scaling);
    CHECK(at::equal(classes(raw.train),
                    model.forward({normalised.train.inputs}, Pass{})[0].argmax(1)));
}

TEST_CASE("an exported network's check is the batch in raw values and its outputs",
          "[torch][export]") {
    const tests::TemporaryFolder folder;
    const spaces::Network network = tests::small_mlp(2, 3, 2);
    TorchNetwork model(network, 1);
    const auto check_of = [&](const spaces::Network& written, const std::string& weights) {
        make_torchscript_exporter()->write(
            {.network = written, .weights = weights, .description = "{}"}, folder.path() / "a.pt");
        torch::jit::ExtraFilesMap extra{{"parnas_check.json", ""}};
        torch::jit::load((folder.path() / "a.pt").string(), c10::nullopt, extra);
        return extra.at("parnas_check.json");
    };
    const std::vector<float> plain = input_values(check_of(network, to_bytes(model.weights())));
    const InputScaling scaling{.mean = {100.0F, -7.0F},
                               .deviation = {10.0F, std::numeric_limits<float>::infinity()}};
    const std::vector<float> raw =
        input_values(check_of(network, to_bytes(model.weights(), scaling)));
    REQUIRE(plain.size() == 4);
    for (std::size_t i = 0; i < raw.size(); ++i)
        CHECK(raw[i] == Approx(i % 2 == 0 ? 100.0F + 10.0F * plain[i] : plain[i] - 7.0F));

    const spaces::Network words = tests::network_of(
        spaces::Embedding{.count = 9, .features = 2}, {{4}}, {spaces::DType::int64});
    const Json check = Json::parse(check_of(words, to_bytes(TorchNetwork(words, 1).weights())));
    CHECK(check["inputs"][0]["shape"] == Json({2, 4}));
    CHECK(check["inputs"][0]["values"][0].is_number_integer());
    CHECK(check["outputs"][0]["shape"] == Json({2, 4, 2}));

    const spaces::Network large = tests::network_of(spaces::Identity{}, {{3, 100, 100}});
    CHECK(check_of(large, to_bytes(TorchNetwork(large, 1).weights())).empty());
}

TEST_CASE("a scaling that does not fit the network's input is refused", "[torch][export]") {
    const tests::TemporaryFolder folder;
    const spaces::Network network = tests::small_mlp(2, 3, 2);
    const InputScaling three{.mean = {0, 0, 0}, .deviation = {1, 1, 1}};
    const std::string weights = to_bytes(TorchNetwork(network, 1).weights(), three);
    CHECK_THROWS_WITH(
        make_torchscript_exporter()->write(
            {.network = network, .weights = weights, .description = "{}"}, folder.path() / "a.pt"),
        Catch::Contains("data of 3 channels"));
    CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("Python loads an exported network and predicts the same", "[torch][export]") {
    if (std::system("/usr/bin/python3 -c 'import torch' 2>/dev/null") != 0) {
        WARN("skipped: /usr/bin/python3 has no torch");
        return;
    }
    const tests::TemporaryFolder folder;
    const spaces::Network network = tests::small_convnet({});
    TorchNetwork model(network, 1);
    model.forward(random_inputs(network, {.batch = 8}, 1),
                  {.training = true, .generator = make_generator(1)});
    const InputScaling scaling{.mean = {0.25F}, .deviation = {2.5F}};
    make_torchscript_exporter()->write({.network = network,
                                        .weights = to_bytes(model.weights(), scaling),
                                        .description = R"({"study":"digits"})"},
                                       folder.path() / "network.pt");
    folder.write("predict.py", R"(
import json, sys, torch
extra = {"parnas.json": "", "parnas_check.json": ""}
network = torch.jit.load(sys.argv[1], _extra_files=extra)
assert extra["parnas.json"] == b'{"study":"digits"}', extra

def tensors(key):
    return [torch.tensor(each["values"]).reshape(each["shape"])
            for each in json.loads(extra["parnas_check.json"])[key]]

with torch.no_grad():
    inputs, (expected,) = tensors("inputs"), tensors("outputs")
    assert inputs[0].shape == (2, 1, 8, 8) and expected.shape == (2, 10)
    assert torch.allclose(network(*inputs), expected, atol=1e-5)
    assert not torch.allclose(network(inputs[0] + 1), expected, atol=1e-5)
x = torch.sin(torch.arange(2 * 64, dtype=torch.float32)).reshape(2, 1, 8, 8)
with torch.no_grad():
    print(*[f"{v:.9g}" for v in network(x).flatten().tolist()])
)");
    const std::string command = fmt::format(
        "/usr/bin/python3 {0}/predict.py {0}/network.pt > {0}/out", folder.path().string());
    REQUIRE(std::system(command.c_str()) == 0);

    const at::NoGradGuard no_grad;
    const at::Tensor input = at::sin(at::arange(2 * 64, at::kFloat)).reshape({2, 1, 8, 8});
    const at::Tensor expected = model.forward({scaled(scaling, input)}, Pass{})[0].flatten();
    std::ifstream out(folder.path() / "out");
    std::int64_t count = 0;
    for (double value = 0.0; out >> value; ++count)
        CHECK(value == Approx(expected[count].item<double>()).margin(1e-5));
    CHECK(count == expected.numel());
}
