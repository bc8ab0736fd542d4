// SPDX-License-Identifier: Apache-2.0
#include "search/screen.h"

#include <nlohmann/json.hpp>

#include "search/goals.h"
#include "spaces/count.h"
#include "spaces/load.h"
#include "tests/support/catch.h"
#include "tests/support/fake_hardware.h"
#include "tests/support/spaces.h"

namespace parnas::search {
namespace {

Genotype genotype(std::int64_t width, std::int64_t alias, std::int64_t act) {
    return {{width, alias, act}};
}

double hidden_nodes_ms(const spaces::Network& network) {
    return static_cast<double>(std::get<spaces::Linear>(network.nodes[0].op).out);
}

}  // namespace

TEST_CASE("screening counts, predicts and compares with the limits", "[search][screen]") {
    const auto space = tests::network_space();
    const tests::FakeHardwareModel model(hidden_nodes_ms);
    GenotypeFacts facts(space);
    Screen screen({.space = space,
                   .facts = facts,
                   .model = &model,
                   .limits = {{"latency_ms", 8.0}, {"parameters", 150.0}}});
    const auto small = screen.look(genotype(0, 0, 0), {});
    CHECK_FALSE(small.failure.has_value());
    CHECK(small.metrics.at("parameters") == 8 * 4 + 4 + 4 * 4 + 4);
    CHECK(small.metrics.at("weight_bytes") == 4 * small.metrics.at("parameters"));
    CHECK(small.metrics.at("latency_ms") == 4.0);
    CHECK(small.metrics.at("latency_high_ms") == Approx(4.4));
    const auto large = screen.look(genotype(2, 0, 0), {});
    REQUIRE(large.failure.has_value());
    CHECK(large.failure->kind == FailureKind::infeasible);
    CHECK(large.failure->reason ==
          "latency_ms 12 is over the limit of 8; parameters 160 is over the limit of 150");
}

TEST_CASE("the model is asked once for each network", "[search][screen]") {
    const auto space = tests::network_space();
    const tests::FakeHardwareModel model(hidden_nodes_ms);
    GenotypeFacts facts(space);
    Screen screen({.space = space, .facts = facts, .model = &model});
    const auto first = screen.look(genotype(1, 0, 0), {});
    const auto alias = screen.look(genotype(1, 1, 0), {});
    screen.known(genotype(3, 0, 0));
    CHECK(model.asked() == 1);
    CHECK(first.facts->architecture == alias.facts->architecture);
    CHECK(first.facts->identity == alias.facts->identity);
    CHECK(screen.look(genotype(1, 0, 1), {}).facts->architecture != first.facts->architecture);
}

TEST_CASE("dead branches count where the model counts them", "[search][screen]") {
    const auto space = spaces::load_space(Json("cell201"), {});
    const tests::FakeHardwareModel model([](const spaces::Network& network) {
        return static_cast<double>(spaces::count(network).multiply_adds);
    });
    GenotypeFacts facts(*space);
    Screen screen({.space = *space, .facts = facts, .model = &model});
    // Only the edge from the input to the last node is needed; the first is skip or conv3x3.
    const auto skip = screen.look({{1, 0, 0, 1, 0, 0}}, {});
    const auto convolution = screen.look({{3, 0, 0, 1, 0, 0}}, {});
    CHECK(skip.facts->architecture == convolution.facts->architecture);
    CHECK(skip.metrics.at("latency_ms") < convolution.metrics.at("latency_ms"));
}

TEST_CASE("a network that the target cannot run is infeasible, not an error", "[search][screen]") {
    const auto space = tests::network_space();
    const tests::FakeHardwareModel model([](const spaces::Network&) -> double {
        throw Error(ErrorKind::invalid_input, "no gelu here");
    });
    GenotypeFacts facts(space);
    Screen screen({.space = space, .facts = facts, .model = &model});
    CHECK(screen.look(genotype(0, 0, 1), {}).failure->reason == "no gelu here");
    const tests::FakeHardwareModel broken(
        [](const spaces::Network&) -> double { throw Error(ErrorKind::internal, "bug"); });
    Screen other({.space = space, .facts = facts, .model = &broken});
    CHECK_THROWS_AS(other.look(genotype(0, 0, 1), {}), Error);
}

TEST_CASE("a space without networks is known by its genotypes", "[search][screen]") {
    const auto space = tests::small_space();
    GenotypeFacts facts(space);
    Screen screen({.space = space, .facts = facts, .model = nullptr});
    const Genotype point{{std::int64_t{1}, std::int64_t{2}}};
    const auto screened = screen.look(point, {});
    CHECK_FALSE(screened.facts->architecture.has_value());
    CHECK(screened.metrics.empty());
    CHECK(screen.known(point).identity == spaces::hash(point));
}

TEST_CASE("more candidates than are remembered change nothing", "[search][screen]") {
    const auto space = tests::cell_space();
    GenotypeFacts facts(space, 16);
    Screen screen({.space = space, .facts = facts, .model = nullptr});
    Rng rng(1);
    const Genotype first = spaces::sample(space.params(), rng);
    const Digest identity = screen.look(first, {}).facts->identity;
    for (int i = 0; i < 40; ++i)
        screen.look(spaces::sample(space.params(), rng), {});
    CHECK(screen.look(first, {}).facts->identity == identity);
}

TEST_CASE("the violation is the sum of relative excesses", "[search][goals]") {
    const Limits limits{{"latency_ms", 2.0}, {"parameters", 100.0}};
    CHECK(violation(limits, {{"latency_ms", 2.0}, {"parameters", 1.0}}) == 0.0);
    CHECK(violation(limits, {{"latency_ms", 3.0}, {"parameters", 150.0}}) == Approx(1.0));
    CHECK(violation(limits, {}) == 0.0);
    CHECK_FALSE(describe_violation(limits, {{"latency_ms", 1.0}}).has_value());
}

TEST_CASE("maximised objectives are negated, and back", "[search][goals]") {
    const std::vector<Objective> objectives = {{"accuracy", Direction::maximize}, {"loss"}};
    CHECK(minimised(objectives, {3.0, 4.0}) == std::vector<double>{-3.0, 4.0});
    CHECK(minimised(objectives, minimised(objectives, {3.0, 4.0})) ==
          std::vector<double>{3.0, 4.0});
}

TEST_CASE("a limit that is to hold with a confidence is compared with the latency's upper end",
          "[search][screen]") {
    const auto space = tests::network_space();
    const tests::FakeHardwareModel model(hidden_nodes_ms);  // 90 % within a tenth
    GenotypeFacts facts(space);
    const Limits limits{{"latency_ms", 4.2}};
    Screen median({.space = space, .facts = facts, .model = &model, .limits = limits});
    CHECK_FALSE(median.look(genotype(0, 0, 0), {}).failure.has_value());
    Screen sure(
        {.space = space, .facts = facts, .model = &model, .limits = limits, .confidence = 0.95});
    const Screened screened = sure.look(genotype(0, 0, 0), {});
    CHECK(screened.metrics.at("latency_upper_ms") == Approx(4.4));
    REQUIRE(screened.failure.has_value());
    CHECK(screened.failure->reason.starts_with("latency_upper_ms 4.4"));
    CHECK(violation(limits, screened.metrics) == Approx(0.2 / 4.2));
    Screen half(
        {.space = space, .facts = facts, .model = &model, .limits = limits, .confidence = 0.5});
    CHECK(half.look(genotype(0, 0, 0), {}).metrics.at("latency_upper_ms") == Approx(4.0));
}

}  // namespace parnas::search
