// SPDX-License-Identifier: Apache-2.0
// What adapters make of replies that are wrong in every way that one can think of.
#include <array>
#include <string>

#include <nlohmann/json.hpp>

#include "api/plugin/offer.h"
#include "api/plugin/plugin_evaluator.h"
#include "api/plugin/plugin_hardware_model.h"
#include "api/plugin/plugin_operator.h"
#include "api/plugin/plugin_sampler.h"
#include "api/plugin/plugin_space.h"
#include "core/rng.h"
#include "spaces/load.h"
#include "spaces/shapes.h"
#include "tests/api/plugin/fake_channel.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::plugin;

namespace {

constexpr const char* kOneParam = R"({"name": "x@1", "params": {"a": {"integer": [1, 9]}}})";

const Json kNetwork = parse_json(R"({"inputs": [{"name": "x", "shape": [4]}],
    "nodes": [{"name": "l", "op": "linear", "inputs": ["x"], "out": 2}], "outputs": ["l"]})",
                                 "network");

// What a good plugin would say.
Json right_result(const std::string& method) {
    if (method == "space.decode")
        return Json::array({{{"network", kNetwork}}});
    if (method == "evaluator.evaluate")
        return Json::array({{{"metrics", {{"loss", 0.5}}}}});
    if (method == "target.estimate")
        return Json::array({{{"latency_ms", 1.0}}});
    if (method == "operator.shape")
        return {{"shape", {4, 2}}};
    if (method == "operator.count")
        return {{"parameters", 4}, {"multiply_adds", 8}, {"values_read", 4}};
    if (method == "sampler.ask")
        return Json::array({{{"parameters", {{"a", 3}}}}});
    return true;
}

// Replaces a random value somewhere in `json`.
void spoil(Json& json, Rng& rng) {
    static const std::array<Json, 10> kValues = {Json(),
                                                 Json(true),
                                                 Json(-1),
                                                 Json(1e308),
                                                 Json("NaN"),
                                                 Json("x"),
                                                 Json::array(),
                                                 Json::object(),
                                                 Json::array({1, 2, 3}),
                                                 Json(std::string(300, 'y'))};
    if (json.is_structured() && !json.empty() && rng.below(4) != 0) {
        auto child = json.begin();
        std::advance(child, static_cast<std::ptrdiff_t>(rng.below(json.size())));
        return spoil(*child, rng);
    }
    json = kValues[rng.below(kValues.size())];
}

// A reply that is wrong somewhere, or happens to be right.
std::variant<std::string, CallFault> fuzzed(const Json& request, Rng& rng) {
    Json reply = {{"jsonrpc", "2.0"},
                  {"id", request["id"]},
                  {"result", right_result(request["method"].get<std::string>())}};
    std::string text;
    switch (rng.below(8)) {
        case 0:
            return CallFault{FaultKind::crashed, "it ended with exit code 3"};
        case 1:
            for (std::uint64_t i = rng.below(400); i > 0; --i)
                text += static_cast<char>(rng.below(256));
            return text;
        case 2:
            return std::string(1 + rng.below(200'000), rng.below(2) == 0 ? '[' : '{');
        case 3:
            text = reply.dump();
            return text.substr(0, rng.below(text.size()));
        case 4:
            text = reply.dump();
            for (std::uint64_t i = 1 + rng.below(4); i > 0; --i)
                text[rng.below(text.size())] = static_cast<char>(rng.below(256));
            return text;
        case 5:
            text = reply.dump();
            if (const std::size_t at = text.find_last_of("0123456789"); at != std::string::npos)
                text.replace(at, 1, rng.below(2) == 0 ? "NaN" : "-1e999");
            return text;
        default:
            for (std::uint64_t i = 1 + rng.below(3); i > 0; --i)
                spoil(reply, rng);
            return reply.dump();
    }
}

// Each part gets `cases` replies; returns how many were refused. That any reason is missing, or
// that anything but Error comes out, fails the test.
int fuzz(int cases, std::uint64_t seed) {
    Rng rng(seed);
    const auto plugin =
        tests::fake_plugin([&rng](const Json& request) { return fuzzed(request, rng); });
    const auto space = spaces::load_space({{"document", parse_json(kOneParam, "space")}}, {});
    const auto asked = make_plugin_space(
        plugin, {.name = "x@1", .about = {}, .document = kOneParam, .decodes = true}, Json());
    const Genotype genotype{{Value(std::int64_t{3})}};
    const Json nothing = Json::object();
    Faults faults;
    ObjectReader options(nothing, "", faults);
    const auto evaluator =
        make_plugin_evaluators(plugin, {.name = "e@1", .metrics = {"loss"}})(options, {});
    const auto model = make_plugin_hardware_models(plugin, {.name = "t@1"})(options, {});
    const spaces::Network network =
        *spaces::load_space("mlp", {})
             ->decode(spaces::sample_feasible(*spaces::load_space("mlp", {}), rng))
             .network;
    const spaces::Network* one = &network;
    spaces::Custom custom{.type = "o@1"};
    const std::vector<spaces::Shape> shapes{{4}};
    int refused = 0;
    const auto survive = [&](const auto& call) {
        try {
            call();
        } catch (const Error& error) {
            ++refused;
            CHECK_FALSE(std::string(error.what()).empty());
        }
    };
    for (int i = 0; i < cases; ++i) {
        survive([&] { static_cast<void>(asked->decode(genotype)); });
        survive([&] { static_cast<void>(model->estimate({&one, 1}, {})); });
        // A new one each time: it remembers.
        custom.definition = make_plugin_operator(plugin, {.name = "o@1"});
        survive([&] { static_cast<void>(spaces::infer_shape(custom, shapes)); });
        survive([&] { static_cast<void>(custom.definition->work(custom, shapes)); });
        survive([&] {
            const auto reply = fuzzed({{"id", 1}, {"method", "describe"}}, rng);
            if (const auto* text = std::get_if<std::string>(&reply))
                static_cast<void>(read_offer(parse_json(*text, "description")));
        });
        const Outcome outcome = evaluator->evaluate({.genotype = genotype}, {.space = *space});
        if (const auto* failure = std::get_if<Failure>(&outcome)) {
            ++refused;
            CHECK_FALSE(failure->reason.empty());
        }
        const auto strategy = make_plugin_samplers(plugin, "s@1")(options, {.space = *space});
        const search::Known known = [](const Genotype& each) {
            return search::KnownFacts{.identity = spaces::hash(each)};
        };
        survive([&] {
            Rng draws(seed);
            static_cast<void>(strategy->next(
                {.space = *space, .number = 0, .pending = {}, .rng = draws, .known = known}));
        });
    }
    return refused;
}

}  // namespace

TEST_CASE("fuzzed replies fail clearly in every adapter", "[api][plugin]") {
    CHECK(fuzz(60, 1) > 100);
}

TEST_CASE("ten thousand fuzzed replies fail clearly in every adapter", "[.][fuzz]") {
    const int refused = fuzz(2500, 2);
    WARN("of 12500 answers " << refused << " were refused");
    CHECK(refused > 5000);
}
