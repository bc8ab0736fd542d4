// SPDX-License-Identifier: Apache-2.0
// Training for other tasks than the classification of samples.
#include "evaluators/torch/task.h"

#include <cmath>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "evaluators/torch/training.h"
#include "evaluators/torch/training_data.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"
#include "tests/torch/fixtures.h"

using namespace parnas;
using namespace parnas::evaluators;
using Catch::Matchers::Contains;

namespace {

std::unique_ptr<Evaluator> make_evaluator(const std::filesystem::path& folder,
                                          const Json& options) {
    Faults faults;
    ObjectReader reader(options, "/evaluator", faults);
    auto evaluator = make_training_evaluator(reader, folder);
    reader.finish();
    faults.throw_if_any();
    return evaluator;
}

Metrics train(const Evaluator& evaluator, const tests::OnePoint& space, Stage stage) {
    Faults faults;
    evaluator.check_space(space, faults);
    faults.throw_if_any();
    const Outcome outcome = evaluator.evaluate({.stage = stage, .seed = 1}, {.space = space});
    if (const auto* failure = std::get_if<Failure>(&outcome))
        FAIL(failure->reason);
    return std::get<Measurement>(outcome).metrics;
}

// A wave with a period of 12 steps and one that only disturbs.
std::string waves(int steps) {
    Rng rng(5);
    std::string text = "date,wave,noise\n";
    for (int i = 0; i < steps; ++i)
        text += "d" + std::to_string(i) + "," + std::to_string(3.0 * std::sin(i * 0.5236) + 10.0) +
                "," + std::to_string(rng.normal()) + "\n";
    return text;
}

// Two groups of nodes with edges within each; only some nodes of each have a telling feature.
std::pair<std::string, std::string> two_groups(int nodes) {
    Rng rng(6);
    std::string table = "node,label,split,features\n", edges = "u,v\n";
    for (int i = 0; i < nodes; ++i) {
        const char* part = i < nodes / 4 ? "train" : i < nodes / 2 ? "val" : "test";
        table += std::to_string(i) + "," + std::to_string(i % 2) + "," + part + "," +
                 (rng.chance(0.5) ? std::to_string(i % 2) : "2") + "\n";
        for (int k = 0; k < 4; ++k)
            edges += std::to_string(i) + "," +
                     std::to_string(2 * rng.integer(0, nodes / 2 - 1) + i % 2) + "\n";
    }
    return {table, edges};
}

spaces::Network forecaster(std::int64_t window, std::int64_t columns, std::int64_t outputs) {
    tests::NetworkDraft draft;
    spaces::ValueId value = draft.input("series", {window, columns});
    value = draft.add("flat", spaces::Reshape{.shape = {0}}, {value});
    value = draft.add("out", spaces::Linear{.out = outputs}, {value});
    return std::move(draft).finish({value});
}

}  // namespace

TEST_CASE("a forecast of a series is trained by its squared error", "[torch][task]") {
    const tests::TemporaryFolder folder;
    folder.write("s.csv", waves(400));
    const auto evaluator = make_evaluator(
        folder.path(),
        {{"data", {{"series", "s.csv"}, {"window", 12}, {"horizon", 3}, {"targets", {"wave"}}}},
         {"optimizer", {{"type", "adamw"}, {"lr", 0.02}}},
         {"epochs", 15}});
    CHECK(evaluator->metrics() ==
          std::vector<std::string>{"mae", "mse", "train_loss", "train_seconds"});
    const tests::OnePoint space(forecaster(12, 2, 3));
    const Metrics search = train(*evaluator, space, Stage::search);
    // The wave has variance 1 once it is standardised.
    CHECK(search.at("mse") < 0.05);
    CHECK(search.at("mae") < 0.2);
    CHECK_FALSE(search.contains("test_mse"));
    CHECK_FALSE(search.contains("accuracy"));
    CHECK(train(*evaluator, space, Stage::finalist).at("test_mse") < 0.05);
    CHECK(evaluator->make_phase_runner() == nullptr);
}

TEST_CASE("a series is standardised by its training part, and no forecast is in two parts",
          "[torch][task]") {
    Series series{.columns = {"a", "b"}, .targets = {1}, .window = 3, .horizon = 2};
    for (int i = 0; i < 20; ++i)
        for (const double value : {i * 1.0, i < 12 ? 4.0 : 1000.0})
            series.values.push_back(static_cast<float>(value));
    const SplitOptions split{.validation = 0.2, .test = 0.2};
    const TrainingData raw = make_training_data(series, split, Normalize::no);
    CHECK(raw.task.kind == TaskKind::regression);
    CHECK(raw.task.output == spaces::Shape{2});
    CHECK(raw.shape == spaces::Shape{3, 2});
    CHECK(raw.train.size() == 12 - 3 - 2 + 1);
    CHECK(raw.validation.size() == 3);
    CHECK(raw.test.size() == 3);
    // Validation forecasts steps 12 and 13 first, from 9, 10 and 11.
    CHECK(raw.validation.inputs[0].select(1, 0).equal(at::tensor({9.0F, 10.0F, 11.0F})));
    CHECK(raw.validation.inputs[0].select(1, 1).equal(at::full({3}, 4.0F)));
    CHECK(raw.validation.targets.eq(1000.0).all().item<bool>());
    CHECK(raw.train.targets.eq(4.0).all().item<bool>());
    const TrainingData scaled = make_training_data(series, split, Normalize::per_channel);
    const double deviation = std::sqrt(143.0 / 12.0);  // of 0 to 11
    CHECK(scaled.train.inputs[0][0][0].item<double>() == Approx(-5.5 / deviation));
    CHECK(scaled.test.inputs[0][0][0].item<double>() == Approx((13.0 - 5.5) / deviation));
    // Constant over the training part: 0 everywhere.
    CHECK(scaled.validation.targets.eq(0.0).all().item<bool>());
    series.stride = 2;
    CHECK(make_training_data(series, split, Normalize::no).train.size() == 4);
    series.window = 15;
    CHECK_THROWS_WITH(make_training_data(series, split, Normalize::no), Contains("too short"));
}

TEST_CASE("the next character of a text is learned at every place", "[torch][task]") {
    const tests::TemporaryFolder folder;
    std::string text;
    for (int i = 0; i < 400; ++i)
        text += "abcd";
    folder.write("t.txt", text);
    const auto evaluator = make_evaluator(folder.path(),
                                          {{"data", {{"text", "t.txt"}, {"length", 8}}},
                                           {"optimizer", {{"type", "adamw"}, {"lr", 0.05}}},
                                           {"batch", 16},
                                           {"epochs", 6}});
    tests::NetworkDraft draft;
    spaces::ValueId value = draft.input("tokens", {8}, spaces::DType::int64);
    value = draft.add("embed", spaces::Embedding{.count = 4, .features = 6}, {value});
    value = draft.add("head", spaces::Linear{.out = 4}, {value});
    const tests::OnePoint space(std::move(draft).finish({value}));
    const Metrics metrics = train(*evaluator, space, Stage::finalist);
    CHECK(metrics.at("accuracy") > 0.99);
    CHECK(metrics.at("bits_per_token") == Approx(metrics.at("loss") / std::log(2.0)));
    CHECK(metrics.at("bits_per_token") < 0.5);
    CHECK(metrics.at("test_bits_per_token") < 0.5);
    CHECK(metrics.at("test_accuracy") > 0.99);
}

TEST_CASE("a text's answers are the characters one place on", "[torch][task]") {
    const Text text{.alphabet = "ab", .symbols = {0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 1}, .length = 2};
    const TrainingData data = make_training_data(text, {.validation = 0.25, .test = 0.25});
    CHECK(data.task.output == spaces::Shape{2, 2});
    CHECK(data.train.inputs.flatten().equal(at::tensor({0, 1, 0, 0}).to(at::kLong)));
    CHECK(data.train.targets.flatten().equal(at::tensor({1, 0, 0, 1}).to(at::kLong)));
    CHECK(data.validation.inputs.flatten().equal(at::tensor({0, 1}).to(at::kLong)));
    CHECK(data.test.targets.flatten().equal(at::tensor({1, 1}).to(at::kLong)));
}

TEST_CASE("nodes of a graph are classified with the labels of the training part alone",
          "[torch][task]") {
    const tests::TemporaryFolder folder;
    const auto [nodes, edges] = two_groups(80);
    folder.write("nodes.csv", nodes);
    folder.write("edges.csv", edges);
    const Json files{{"nodes", "nodes.csv"}, {"edges", "edges.csv"}};
    const auto evaluator = make_evaluator(folder.path(),
                                          {{"data", {{"graph", files}}},
                                           {"optimizer", {{"type", "adamw"}, {"lr", 0.05}}},
                                           {"epochs", 30}});
    const auto network_with = [](spaces::Dim size) {
        tests::NetworkDraft draft;
        const spaces::ValueId features = draft.input("features", {80, 3});
        const spaces::ValueId links = draft.input("edges", {2, size}, spaces::DType::int64);
        const spaces::MessagePassing op{.kind = spaces::MessageKind::sage, .out = 2};
        const spaces::ValueId out = draft.add("sage", op, {features, links});
        spaces::Network network = std::move(draft).finish({out});
        network.symbols = {"edges"};
        return network;
    };
    Faults faults;
    evaluator->check_space(tests::OnePoint(network_with(3)), faults);
    REQUIRE_FALSE(faults.empty());
    CHECK_THAT(faults.list().front().message, Contains("the network's edges are 2x3"));
    const Metrics metrics = train(*evaluator, tests::OnePoint(network_with(-1)), Stage::finalist);
    CHECK(metrics.at("accuracy") > 0.85);
    CHECK(metrics.at("test_accuracy") > 0.85);
}

TEST_CASE("a graph's parts answer for their own nodes", "[torch][task]") {
    const GraphData graph{.nodes = 3,
                          .features = 2,
                          .values = {1, 1, 0, 1, 0, 0},
                          .from = {0, 1},
                          .to = {1, 0},
                          .labels = {1, 0, 1},
                          .classes = 2,
                          .parts = {.train = {0}, .validation = {2}, .test = {1}}};
    const TrainingData data = make_training_data(graph, Normalize::per_channel);
    CHECK(data.train.targets.flatten().equal(
        at::tensor({1L, long{kNoAnswer}, long{kNoAnswer}}, at::kLong)));
    CHECK(data.validation.targets.flatten()[2].item<std::int64_t>() == 1);
    CHECK(data.test.targets.flatten()[1].item<std::int64_t>() == 0);
    CHECK(data.train.inputs[0].flatten().equal(at::tensor({0.5F, 0.5F, 0.0F, 1.0F, 0.0F, 0.0F})));
    CHECK(data.train.network_inputs().size() == 2);
}

TEST_CASE("a split that a kind of data does not have is refused", "[torch][task]") {
    const tests::TemporaryFolder folder;
    folder.write("s.csv", waves(100));
    const Json data{{"series", "s.csv"}};
    CHECK_THROWS_WITH(make_evaluator(folder.path(), {{"data", data}, {"split", {{"seed", 3}}}}),
                      Contains("nothing to draw"));
    const auto [nodes, edges] = two_groups(20);
    folder.write("nodes.csv", nodes);
    folder.write("edges.csv", edges);
    const Json graph{{"graph", {{"nodes", "nodes.csv"}, {"edges", "edges.csv"}}}};
    CHECK_THROWS_WITH(make_evaluator(folder.path(), {{"data", graph}, {"split", {{"test", 0.3}}}}),
                      Contains("the file says which nodes"));
}

TEST_CASE("a network that does not fit a task is a fault that says both shapes", "[torch][task]") {
    const tests::TemporaryFolder folder;
    folder.write("s.csv", waves(100));
    const auto evaluator = make_evaluator(
        folder.path(), {{"data", {{"series", "s.csv"}, {"window", 12}, {"horizon", 2}}}});
    const auto fault_of = [&](spaces::Network network) {
        Faults faults;
        evaluator->check_space(tests::OnePoint(std::move(network)), faults);
        return faults.empty() ? std::string() : faults.list().front().message;
    };
    CHECK(fault_of(forecaster(12, 2, 4)) == "");
    CHECK_THAT(fault_of(forecaster(11, 2, 4)), Contains("input is 11x2") && Contains("12x2"));
    CHECK_THAT(fault_of(forecaster(12, 2, 3)), Contains("is 3") && Contains("need 4"));
}
