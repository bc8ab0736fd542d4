// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "api/plugin/json_rpc.h"
#include "api/plugin/plugin_evaluator.h"
#include "api/plugin/plugin_hardware_model.h"
#include "api/plugin/plugin_sampler.h"
#include "api/plugin/plugin_space.h"
#include "spaces/decodes_many.h"
#include "spaces/load.h"
#include "tests/api/plugin/fake_channel.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::plugin;
using Catch::Matchers::Contains;
using parnas::tests::fake_plugin;
using parnas::tests::reply_text;

namespace {

constexpr const char* kDocument = R"({"name": "x@1", "arguments": {"scale": 2},
    "params": {"a": {"integer": [1, 9]}, "b": {"one_of": [0, 1], "when": {"a": {"at_least": 5}}}},
    "training": {"lr": {"real": [0.1, 1.0]}}})";

const Json kNothing = Json::object();

std::unique_ptr<spaces::SearchSpace> plain_space() {
    return spaces::load_space({{"document", parse_json(kDocument, "space")}}, {});
}

Genotype genotype(std::int64_t a) {
    return {{Value(a), Value(std::int64_t{0}), Value(0.5)}};
}

search::Step ask(search::Strategy& strategy, const spaces::SearchSpace& space, Rng& rng) {
    const search::Known known = [](const Genotype& each) {
        return search::KnownFacts{.identity = spaces::hash(each)};
    };
    return strategy.next({.space = space, .number = 0, .pending = {}, .rng = rng, .known = known});
}

}  // namespace

TEST_CASE("a reply is of its request, and of bounded size", "[api][plugin]") {
    CHECK(std::get<Json>(read_reply(R"({"jsonrpc": "2.0", "id": 4, "result": [1]})", 4)) ==
          Json::array({1}));
    const auto reason = [](std::string_view text) {
        return std::get<CallFault>(read_reply(text, 4)).reason;
    };
    CHECK_THAT(reason(R"({"jsonrpc": "2.0", "id": 5, "result": 1})"),
               Contains("expected 4, got 5"));
    CHECK_THAT(reason(R"({"jsonrpc": "2.0", "id": 4})"), Contains("result"));
    CHECK_THAT(reason(R"({"id": 4, "result": 1})"), Contains("jsonrpc"));
    CHECK_THAT(reason(std::string(100, '[')), Contains("refused"));
    CHECK_THAT(reason("Traceback (most recent call last):"), Contains("it answered: Traceback"));
    const CallFault refused = std::get<CallFault>(read_reply(
        R"({"jsonrpc": "2.0", "id": 4, "error": {"code": -32001, "message": "gone"}})", 4));
    CHECK(refused.kind == FaultKind::refused);
    CHECK(refused.code == kUnknownSession);
}

TEST_CASE("a space's batches are asked for at once", "[api][plugin]") {
    std::vector<std::size_t> batches;
    const auto plugin = fake_plugin([&](const Json& request) {
        Json answers = Json::array();
        for (const Json& each : request["params"]["candidates"]) {
            CHECK(each["scale"] == 2);
            CHECK(each.contains("b") == (each["a"] >= 5));
            CHECK_FALSE(each.contains("lr"));
            answers.push_back({{"values", {{"double", 2 * each["a"].get<int>()}}}});
        }
        batches.push_back(answers.size());
        return reply_text(request, answers);
    });
    const auto space = make_plugin_space(
        plugin, {.name = "x@1", .about = {}, .document = kDocument, .decodes = true}, Json());
    std::vector<Genotype> genotypes;
    for (int i = 0; i < 300; ++i)
        genotypes.push_back(genotype(1 + i % 9));
    const auto decoded = spaces::decode_all(*space, genotypes);
    CHECK(batches == std::vector<std::size_t>{256, 44});
    REQUIRE(decoded.size() == 300);
    const auto& values = std::get<spaces::Decoded>(decoded[4]).values;
    CHECK(values.at("double") == Scalar(std::int64_t{10}));
    CHECK(values.at("lr") == Scalar(0.5));
}

TEST_CASE("one wrong answer of a batch is no other's trouble", "[api][plugin]") {
    const auto plugin = fake_plugin([](const Json& request) {
        return reply_text(request,
                          Json::array({{{"values", {{"x", 1}}}},
                                       {{"error", "too deep"}},
                                       {{"network", {{"nodes", 1}}}}}));
    });
    const auto space = make_plugin_space(
        plugin, {.name = "x@1", .about = {}, .document = kDocument, .decodes = true}, Json());
    const std::vector<Genotype> three(3, genotype(1));
    const auto decoded = spaces::decode_all(*space, three);
    CHECK(std::holds_alternative<spaces::Decoded>(decoded[0]));
    CHECK(std::string(std::get<Error>(decoded[1]).what()) == "plugin fake: x@1: too deep");
    CHECK_THAT(std::get<Error>(decoded[2]).what(), Contains("what it decoded is refused"));
}

TEST_CASE("metrics that are not finite are a failure", "[api][plugin]") {
    const auto space = plain_space();
    const auto evaluate = [&](const std::string& result) {
        const auto plugin = fake_plugin([&](const Json& request) {
            return R"({"jsonrpc": "2.0", "id": )" + request["id"].dump() + R"(, "result": [)" +
                   result + "]}";
        });
        Faults faults;
        ObjectReader options(kNothing, "", faults);
        return make_plugin_evaluators(plugin, {.name = "e@1", .metrics = {"loss"}})(options, {})
            ->evaluate({.genotype = genotype(1), .fidelity = 0.5}, {.space = *space});
    };
    CHECK(std::get<Failure>(evaluate(R"({"metrics": {"loss": NaN}})")).kind ==
          FailureKind::diverged);
    CHECK_THAT(std::get<Failure>(evaluate(R"({"metrics": {"other": 1}})")).reason,
               Contains("its result lacks loss"));
    CHECK(std::get<Failure>(evaluate(R"({"failure": {"kind": "out_of_memory", "reason": "big"}})"))
              .kind == FailureKind::out_of_memory);
    const Outcome good = evaluate(R"({"metrics": {"loss": 1.5}, "cost_s": 2})");
    CHECK(std::get<Measurement>(good).metrics.at("loss") == 1.5);
    CHECK(std::get<Measurement>(good).fidelity == 0.5);
    CHECK(std::get<Measurement>(good).cost == Seconds{2});
}

TEST_CASE("reports that make no sense are a failure", "[api][plugin]") {
    const auto space = plain_space();
    // What becomes of a trial that answers so, one after the other, and is told to stop at step 2.
    const auto evaluate = [&](std::vector<std::string> answers) {
        std::size_t next = 0;
        const auto plugin = fake_plugin([&](const Json& request) {
            CHECK(request["method"] == (next == 0 ? "evaluator.evaluate" : "evaluator.resume"));
            return R"({"jsonrpc": "2.0", "id": )" + request["id"].dump() + R"(, "result": [)" +
                   answers.at(next++) + "]}";
        });
        Faults faults;
        ObjectReader options(kNothing, "", faults);
        return make_plugin_evaluators(plugin, {.name = "e@1", .metrics = {"loss"}})(options, {})
            ->evaluate(
                {.genotype = genotype(1)},
                {.space = *space, .stop = {}, .report = [](std::int64_t step, const Metrics&) {
                     return step == 2 ? evaluators::Verdict::stop : evaluators::Verdict::go_on;
                 }});
    };
    const auto report = [](int step) {
        return R"({"step": )" + std::to_string(step) + R"(, "metrics": {"loss": 0.5}})";
    };
    const std::string result = R"({"metrics": {"loss": 0.25}})";
    const auto loss = [](const Outcome& outcome) {
        return std::get<Measurement>(outcome).metrics.at("loss");
    };
    CHECK(loss(evaluate({report(0), report(1), result})) == 0.25);
    CHECK(loss(evaluate({report(0), report(2), result})) == 0.25);
    CHECK(loss(evaluate({report(2), R"({"metrics": {}})"})) == 0.5);
    const auto reason = [&](std::vector<std::string> answers) {
        return std::get<Failure>(evaluate(std::move(answers))).reason;
    };
    CHECK_THAT(reason({report(1), report(1)}), Contains("step 1 after step 1: steps must grow"));
    CHECK_THAT(reason({report(2), report(3)}), Contains("although it was told to stop"));
    CHECK_THAT(reason({report(0), R"({"metrics": {}})"}), Contains("lacks loss"));
    CHECK_THAT(reason({R"({"step": 0, "metrics": {"loss": NaN}})"}),
               Contains("loss is nan at step 0"));
    CHECK_THAT(reason({R"({"step": -1, "metrics": {"loss": 1}})"}), Contains("step"));
}

TEST_CASE("an estimate is a time above 0 within its interval", "[api][plugin]") {
    const auto space = spaces::load_space("mlp", {});
    Rng rng(1);
    const auto network = space->decode(spaces::sample_feasible(*space, rng)).network;
    const auto estimate = [&](const Json& answer) {
        const auto plugin = fake_plugin(
            [&](const Json& request) { return reply_text(request, Json::array({answer})); });
        Faults faults;
        ObjectReader options(kNothing, "", faults);
        const spaces::Network* one = network.get();
        return make_plugin_hardware_models(plugin, {.name = "t@1"})(options, {})
            ->estimate({&one, 1}, {})
            .front();
    };
    CHECK(estimate({{"latency_ms", 2.0}}).high == Milliseconds(2.0));
    CHECK_THROWS_WITH(estimate({{"latency_ms", 0.0}}), Contains("0 < latency_ms"));
    CHECK_THROWS_WITH(estimate({{"latency_ms", 2.0}, {"high_ms", 1.0}}), Contains("high_ms"));
    CHECK_THROWS_WITH(estimate({{"latency_ms", "NaN"}}), Contains("latency_ms"));
    CHECK_THROWS_WITH(estimate({{"error", "too large for the board"}}),
                      Contains("too large for the board"));
}

TEST_CASE("a sampler that forgot its session is told everything again", "[api][plugin]") {
    const auto space = plain_space();
    std::vector<std::string> methods;
    std::size_t told = 0;
    bool is_open = false;
    const auto plugin =
        fake_plugin([&](const Json& request) -> std::variant<std::string, CallFault> {
            const auto method = request["method"].get<std::string>();
            methods.push_back(method);
            if (method == "sampler.open") {
                is_open = true;
                told = 0;
            } else if (!is_open) {
                return dump_json({{"jsonrpc", "2.0"},
                                  {"id", request["id"]},
                                  {"error", {{"code", kUnknownSession}, {"message", "who?"}}}});
            }
            if (method == "sampler.tell")
                told += request["params"]["trials"].size();
            if (method == "sampler.ask")
                return reply_text(request,
                                  Json::array({{{"parameters", {{"a", told + 1}, {"lr", 0.5}}}}}));
            return reply_text(request, true);
        });
    Faults faults;
    ObjectReader options(kNothing, "", faults);
    const auto strategy = make_plugin_samplers(plugin, "s@1")(options, {.space = *space});
    Rng rng(1);
    const search::Finished trial =
        search::Trial{.number = 0, .genotype = genotype(2), .objectives = {1.0}};
    strategy->tell({&trial, 1});
    CHECK(std::get<search::Proposal>(ask(*strategy, *space, rng)).genotype == genotype(2));
    is_open = false;
    strategy->tell({&trial, 1});
    methods.clear();
    CHECK(std::get<search::Proposal>(ask(*strategy, *space, rng)).genotype == genotype(3));
    CHECK(methods ==
          std::vector<std::string>{"sampler.tell", "sampler.open", "sampler.tell", "sampler.ask"});
}

TEST_CASE("proposals out of the space end the search in words", "[api][plugin]") {
    const auto space = plain_space();
    const auto plugin = fake_plugin([&](const Json& request) {
        return reply_text(request,
                          request["method"] == "sampler.ask"
                              ? Json::array({{{"parameters", {{"a", 77}, {"lr", 0.5}}}}})
                              : Json(true));
    });
    Faults faults;
    ObjectReader options(kNothing, "", faults);
    const auto strategy = make_plugin_samplers(plugin, "s@1")(options, {.space = *space});
    Rng rng(1);
    CHECK_THROWS_WITH(ask(*strategy, *space, rng), Contains("its proposal is refused"));
}
