// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/plugin/check.h"
#include "api/plugin/offer.h"
#include "api/plugin/operator_example.h"
#include "api/plugin/plugin_operator.h"
#include "api/plugin/plugin_space.h"
#include "spaces/count.h"
#include "spaces/load.h"
#include "spaces/shapes.h"
#include "tests/api/plugin/fake_channel.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::plugin;
using Catch::Matchers::Contains;
using parnas::tests::fake_plugin;
using parnas::tests::reply_text;
using spaces::Shape;

namespace {

constexpr const char* kDescription =
    R"({"protocol": 1, "operators": [{"name": "tile@2", "about": "x",
    "attributes": [{"name": "times", "type": "integer", "low": 1, "high": 9},
                   {"name": "mode", "type": "word", "words": ["a", "b"], "default": "a"}],
    "most_inputs": 2, "example": {"attributes": {"times": 3}, "inputs": [[5], [5]]}}]})";

OperatorOffer offer() {
    return read_offer(parse_json(kDescription, "description")).operators.at(0);
}

// A fake that answers both questions with these results, and counts them in `calls`.
std::shared_ptr<const spaces::CustomOp> answering(Json shape, Json count, int* calls = nullptr) {
    const auto plugin = fake_plugin([=](const Json& request) {
        if (calls != nullptr)
            ++*calls;
        CHECK(request["params"]["operator"] == "tile@2");
        return reply_text(request, request["method"] == "operator.shape" ? shape : count);
    });
    return make_plugin_operator(plugin, offer().layer);
}

spaces::Custom tile(const std::shared_ptr<const spaces::CustomOp>& op, std::int64_t times) {
    const std::vector<Scalar> values{times, std::string("a")};
    return spaces::make_custom(op, values);
}

std::string refusal(const Json& shape, const Json& count) {
    const spaces::Custom op = tile(answering(shape, count), 2);
    const std::vector<Shape> inputs{{5}};
    try {
        static_cast<void>(spaces::infer_shape(op, inputs));
        static_cast<void>(op.definition->work(op, inputs));
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::invalid_input);
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("an operator's description says what documents may write", "[api][plugin][operator]") {
    const OperatorOffer found = offer();
    CHECK(found.layer.name == "tile@2");
    CHECK(found.layer.most_inputs == 2);
    REQUIRE(found.layer.attributes.size() == 2);
    CHECK(found.layer.attributes[0].otherwise == Scalar());
    CHECK(found.layer.attributes[1].otherwise == Scalar("a"));
    CHECK(found.example_inputs == std::vector<Shape>{{5}, {5}});
}

TEST_CASE("all that is wrong with an operator's description is said", "[api][plugin][operator]") {
    const char* text = R"({"protocol": 1, "operators": [{"name": "Tile-x@1", "least_inputs": 0,
        "attributes": [{"name": "from", "type": "integer", "low": 2, "high": 1},
                       {"name": "b", "type": "reel"}, {"name": "b", "type": "boolean", "default": 3}],
        "example": {"inputs": [[0.5], 3]}}]})";
    try {
        read_offer(parse_json(text, "description"));
        FAIL("it was taken");
    } catch (const Error& error) {
        for (const char* each :
             {"/operators/0/name: expected a-z",
              "/operators/0/least_inputs: ",
              "/operators/0/attributes/0/name: every block has this key",
              "/operators/0/attributes/0/low: expected no more than `high`",
              "/operators/0/attributes/1/type: expected one of",
              "/operators/0/attributes/2/name: there already is",
              "/operators/0/attributes/2/default: expected true or false",
              "/operators/0/example/inputs/0: expected a list of 1 to 8 integers",
              "/operators/0/example/inputs/1: expected a list"})
            CHECK_THAT(error.what(), Contains(each));
    }
}

TEST_CASE("a plugin is asked once for the same shape and count", "[api][plugin][operator]") {
    int calls = 0;
    const auto op = answering(
        {{"shape", {10}}}, {{"parameters", 5}, {"multiply_adds", 7}, {"values_read", 20}}, &calls);
    const spaces::Network network = operator_example(offer(), op);
    for (int i = 0; i < 3; ++i) {
        const spaces::Count count = spaces::count(network);
        CHECK(count.parameters == 5);
        CHECK(count.multiply_adds == 7);
        CHECK(count.bytes_read == 4 * 20 + 4 * 5);
        CHECK(count.bytes_written == 4 * 10);
    }
    CHECK(calls == 2);
    CHECK(op->symbol("parnas_torch_operators") == nullptr);
    const std::vector<Shape> other{{6}};
    static_cast<void>(spaces::infer_shape(tile(op, 2), other));
    static_cast<void>(spaces::infer_shape(tile(op, 3), other));
    CHECK(calls == 4);
}

TEST_CASE("what a plugin says of an operator is read as a stranger's", "[api][plugin][operator]") {
    const Json good_shape = {{"shape", {10}}};
    const Json good_count = {{"parameters", 5}};
    CHECK(refusal(good_shape, good_count).empty());
    CHECK_THAT(refusal({{"shape", {0}}}, good_count), Contains("expected sizes from 1"));
    CHECK_THAT(refusal({{"shape", {-1}}}, good_count), Contains("expected sizes from 1"));
    CHECK_THAT(refusal({{"shape", Json::array()}}, good_count),
               Contains("expected a list of 1 to 8"));
    CHECK_THAT(refusal({{"shape", {2.5}}}, good_count), Contains("expected a list of 1 to 8"));
    CHECK_THAT(refusal({{"shape", {1 << 30, 1 << 30}}}, good_count), Contains("too large"));
    CHECK_THAT(refusal(Json::array(), good_count), Contains("expected an object"));
    CHECK_THAT(refusal({{"size", {10}}}, good_count), Contains("shape"));
    CHECK_THAT(refusal(good_shape, {{"parameters", -1}}), Contains("/parameters"));
    CHECK_THAT(refusal(good_shape, {{"multiply_adds", 0.5}}), Contains("/multiply_adds"));
    CHECK_THAT(refusal(good_shape, {{"flops", 1}}), Contains("/flops: unknown key"));
}

TEST_CASE("an operator hands unknown sizes on", "[api][plugin][operator]") {
    const spaces::Custom op = tile(answering({{"shape", {-1, 6}}}, Json::object()), 2);
    CHECK(spaces::infer_shape(op, std::vector<Shape>{{-1, 3}}) == Shape{-1, 6});
    CHECK_THROWS_WITH(spaces::infer_shape(op, std::vector<Shape>{{4, 3}}),
                      Contains("expected sizes from 1, or those of the inputs, got -1"));
}

TEST_CASE("what a plugin refuses is said with its words", "[api][plugin][operator]") {
    const auto plugin = fake_plugin([](const Json& request) {
        return Json{{"jsonrpc", "2.0"},
                    {"id", request["id"]},
                    {"error", {{"code", -32603}, {"message", "no vectors"}}}}
            .dump();
    });
    const auto op = make_plugin_operator(plugin, offer().layer);
    CHECK_THROWS_WITH(spaces::infer_shape(tile(op, 2), std::vector<Shape>{{4}}),
                      Contains("no vectors"));
}

TEST_CASE("a space that a plugin decodes may have operators", "[api][plugin][operator]") {
    const Json network = parse_json(R"({"inputs": [{"name": "x", "shape": [4]}],
        "nodes": [{"name": "t", "op": "custom", "type": "tile@2", "inputs": ["x"],
                   "attributes": {"times": 3}}], "outputs": ["t"]})",
                                    "network");
    const auto decoding = fake_plugin([&](const Json& request) {
        return reply_text(request, Json::array({{{"network", network}}}));
    });
    const SpaceOffer space{.name = "x@1",
                           .document = R"({"name": "x@1", "params": {"a": {"integer": [1, 9]}}})",
                           .decodes = true};
    auto known = std::make_shared<spaces::OpRegistry>("operator");
    known->add("tile@2", answering({{"shape", {12}}}, {{"parameters", 4}}));
    const Genotype genotype{{Value(std::int64_t{3})}};
    const auto with = make_plugin_space(decoding, space, Json(), [known] { return known; });
    const spaces::Decoded decoded = with->decode(genotype);
    CHECK(spaces::infer_shapes(*decoded.network).back() == Shape{12});
    CHECK(std::get<spaces::Custom>(decoded.network->nodes[0].op).attributes ==
          R"({"times":3,"mode":"a"})");
    const auto without = make_plugin_space(decoding, space, Json());
    CHECK_THROWS_WITH(spaces::count(*without->decode(genotype).network),
                      Contains("the operator 'tile@2' is not known here"));
}

TEST_CASE("the check of a plugin tries its operators in the runtime", "[api][plugin][operator]") {
    LoadedPlugin loaded;
    loaded.plugin = fake_plugin([](const Json& request) {
        const std::string method = request["method"];
        return method == "operator.shape"   ? reply_text(request, {{"shape", {10}}})
               : method == "operator.count" ? reply_text(request, {{"parameters", 5}})
                                            : reply_text(request, true);
    });
    loaded.offer.operators = {offer()};
    loaded.operators = {make_plugin_operator(loaded.plugin, offer().layer)};
    const OpenRuntime none = []() -> std::unique_ptr<hw_models::Runtime> {
        throw Error(ErrorKind::not_found, "there is no LibTorch");
    };
    bool was_tried = false;
    for (const Finding& each : check_plugin(loaded, 1, none))
        if (each.part == "operator tile@2" && each.promise.starts_with("computes")) {
            was_tried = true;
            CHECK(each.trouble == "there is no LibTorch");
        }
    CHECK(was_tried);
}
