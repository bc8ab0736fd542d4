// SPDX-License-Identifier: Apache-2.0
#include "spaces/custom_op.h"

#include "core/error.h"
#include "spaces/canonical.h"
#include "spaces/count.h"
#include "spaces/covering.h"
#include "spaces/lint.h"
#include "spaces/network_json.h"
#include "spaces/weight_sizes.h"
#include "tests/spaces/space_texts.h"
#include "tests/support/catch.h"
#include "tests/support/custom_ops.h"

namespace parnas::spaces {
namespace {

using Catch::Matchers::Contains;

std::string with_layer(const std::string& layer) {
    return "name: mine@1\ninput: {image: [3, 8, 8]}\noutput: {classes: 10}\nbody:\n  - " + layer +
           "\n  - head: {}\n";
}

std::unique_ptr<SearchSpace> space_with(const std::string& layer) {
    return make_space(
        Document::parse(with_layer(layer), "space.yaml"), Json(), tests::with_widen());
}

TEST_CASE("a document has an operator as a layer like those built in", "[spaces][custom_op]") {
    const auto space = space_with("widen@1: {times: {one_of: [2, 4]}, gain: {real: [1, 3]}}");
    CHECK(names(*space) == std::vector<std::string>{"widen.times", "widen.gain"});
    const Network network =
        network_of(*space, {{"widen.times", std::int64_t{4}}, {"widen.gain", 2.0}});
    const auto& op = std::get<Custom>(network.nodes[0].op);
    CHECK(network.nodes[0].name == "widen");
    CHECK(op.type == "widen@1");
    CHECK(op.attributes == R"({"times":4,"gain":2.0,"mode":"tile"})");
    CHECK(infer_shapes(network)[1] == Shape{12, 8, 8});
    CHECK(count(network).parameters == 3 + 130);
    const LintReport report = lint(*space, {.samples = 20});
    CHECK(report.faults.empty());
    CHECK(report.shares_weights);
    CHECK(report.parameters->high == 3 + 130);
}

TEST_CASE("the short form of an operator gives its first attribute", "[spaces][custom_op]") {
    const auto space = space_with("widen@1: 3\n  - act: {act: {one_of: [relu, tanh]}}");
    const Network network = network_of(*space, {{"act.act", std::string("relu")}});
    CHECK(infer_shapes(network)[1] == Shape{9, 8, 8});
}

TEST_CASE("what an operator does not take is a fault of the document", "[spaces][custom_op]") {
    CHECK_THROWS_WITH(space_with("widen@1: {times: 65, gain: {one_of: [1, 2]}}"),
                      Contains("/body/0/widen@1/times: expected an integer from 1 to 64, got 65"));
    CHECK_THROWS_WITH(space_with("widen@1: {gain: {real: [1, 2]}}"),
                      Contains("'times' is missing: an integer from 1 to 64"));
    CHECK_THROWS_WITH(space_with("widen@1: {times: {one_of: [1, 2]}, shape: 1}"),
                      Contains("unknown key 'shape'"));
}

TEST_CASE("an operator that nobody offers is named", "[spaces][custom_op]") {
    CHECK_THROWS_WITH(space_of(with_layer("widen@1: {times: {one_of: [1, 2]}}")),
                      Contains("no plugin here offers the operator 'widen@1'"));
    CHECK_THROWS_WITH(space_with("widen@2: {times: {one_of: [1, 2]}}"),
                      Contains("the operator 'widen@2'") && Contains("did you mean 'widen@1'?"));
    CHECK_THROWS_WITH(space_with("widen: {times: {one_of: [1, 2]}}"),
                      Contains("did you mean 'widen@1'?"));
}

TEST_CASE("a network in JSON keeps its operators, where they are known", "[spaces][custom_op]") {
    const auto space = space_with("widen@1: {times: {one_of: [2, 4]}}");
    const Network network = network_of(*space, {{"widen.times", std::int64_t{2}}});
    const Json json = to_json(network);
    const Network known = network_from_json(json, tests::with_widen());
    CHECK(known == network);
    CHECK(canonical_hash(known) == canonical_hash(network));
    CHECK(count(known).parameters == count(network).parameters);

    const Network unknown = network_from_json(json);
    CHECK(unknown == network);
    CHECK_THROWS_WITH(count(unknown), Contains("widen: the operator 'widen@1' is not known here"));

    Json shorter = json;
    shorter["nodes"][0]["attributes"] = {{"times", 2}};
    CHECK(network_from_json(shorter, tests::with_widen()) == network);
    shorter["nodes"][0]["attributes"] = {{"times", "two"}};
    CHECK_THROWS_WITH(network_from_json(shorter, tests::with_widen()),
                      Contains("/nodes/0/attributes/times: expected an integer"));
}

TEST_CASE("shared weights of an operator are allocated at their largest", "[spaces][custom_op]") {
    const auto space =
        space_with("conv: {out: {one_of: [4, 8]}}\n  - widen@1: {times: {one_of: [2, 4]}}");
    std::int64_t largest = 0;
    for (const Genotype& genotype : covering_genotypes(*space))
        largest = std::max(largest, count_nodes(*space->decode(genotype).network)[1].parameters);
    CHECK(largest == 8);
    WeightSizes sizes;
    for (const auto& [out, times] : {std::pair(4, 4), std::pair(8, 2)})
        sizes.add(network_of(
            *space, {{"conv.out", std::int64_t{out}}, {"widen.times", std::int64_t{times}}}));
    CHECK(sizes.largest().at("widen") == WeightExtents{8, 8, 8, 8, 4});
}

TEST_CASE("attributes that mean the same make the same network", "[spaces][custom_op]") {
    const std::vector<Scalar> whole{std::int64_t{2}, std::int64_t{3}, std::string("tile")};
    const std::vector<Scalar> real{std::int64_t{2}, 3.0, std::string("tile")};
    CHECK(make_custom(tests::widen(), whole) == make_custom(tests::widen(), real));
}

}  // namespace
}  // namespace parnas::spaces
