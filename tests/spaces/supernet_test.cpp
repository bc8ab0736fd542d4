// SPDX-License-Identifier: Apache-2.0
#include "spaces/supernet.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include <nlohmann/json.hpp>

#include "spaces/count.h"
#include "spaces/load.h"
#include "spaces/network_json.h"
#include "spaces/shapes.h"
#include "tests/spaces/space_texts.h"
#include "tests/support/catch.h"

namespace parnas::spaces {
namespace {

using Kind = Strength::Kind;

std::unique_ptr<SearchSpace> load(const Json& reference) {
    return load_space(reference, ".");
}

Genotype first_of(const SearchSpace& space) {
    Genotype genotype;
    for (const Param& param : space.params())
        genotype.values.push_back(first_value(param.domain));
    return genotype;
}

// Every choice and every node's inputs with all their options.
SupernetOptions all_of(const SearchSpace& space) {
    SupernetOptions options{.base = first_of(space), .options = {}};
    const auto roles = open_parameters(*space.shared_weights(), space.params().size());
    for (ParamIndex i = 0; i < roles.size(); ++i) {
        options.options.emplace_back();
        if (roles[i] != Openness::options && roles[i] != Openness::edges)
            continue;
        options.options.back().resize(*cardinality(space.params()[i].domain));
        std::iota(options.options.back().begin(), options.options.back().end(), std::size_t{0});
    }
    return options;
}

Supernet supernet_of(const SearchSpace& space, const SupernetOptions& options) {
    return keep_choices(*space.shared_weights(), space.params(), options);
}

const Node& node_of(const Network& network, const std::string& name) {
    const auto found = std::ranges::find(network.nodes, name, &Node::name);
    INFO(name);
    REQUIRE(found != network.nodes.end());
    return *found;
}

bool has_node(const Network& network, const std::string& name) {
    return std::ranges::find(network.nodes, name, &Node::name) != network.nodes.end();
}

std::size_t nodes_with(const Network& network, const std::function<bool(const Op&)>& accepts) {
    return static_cast<std::size_t>(
        std::ranges::count_if(network.nodes, [&](const Node& node) { return accepts(node.op); }));
}

bool is_mix(const Op& op) {
    return std::holds_alternative<Mix>(op);
}

// Each mix has as many inputs as its strength has entries.
void require_whole(const Supernet& supernet) {
    infer_shapes(supernet.network);
    std::set<std::string> names;
    for (const Strength& strength : supernet.strengths)
        REQUIRE(names.insert(strength.name).second);
    std::set<std::int64_t> used;
    std::set<std::string> nodes;
    for (const Node& node : supernet.network.nodes) {
        REQUIRE(nodes.insert(node.name).second);
        if (const auto* mix = std::get_if<Mix>(&node.op)) {
            used.insert(mix->strength);
            REQUIRE(node.inputs.size() ==
                    supernet.strengths.at(static_cast<std::size_t>(mix->strength)).entries.size());
        }
    }
    REQUIRE(used.size() == supernet.strengths.size());
}

const Json kTinyCell201{{"name", "cell201"},
                        {"with", {{"image", {1, 28, 28}}, {"channels", 4}, {"cells", 2}}}};

TEST_CASE("a supernet of cell201 mixes five ops on each edge of each cell", "[spaces][supernet]") {
    const auto space = load(kTinyCell201);
    const Supernet supernet = supernet_of(*space, all_of(*space));
    require_whole(supernet);
    // Cells share their choices: six for ops, two for nodes of more than one edge.
    REQUIRE(supernet.strengths.size() == 6 + 2);
    REQUIRE(nodes_with(supernet.network, is_mix) == 6 * (6 + 2));
    const Node& edge = node_of(supernet.network, "stage1.1.cell.node1.from0.mix");
    const Strength& strength =
        supernet.strengths[static_cast<std::size_t>(std::get<Mix>(edge.op).strength)];
    REQUIRE(strength == Strength{.kind = Kind::options,
                                 .param = 0,
                                 .entries = {0, 1, 2, 3, 4},
                                 .name = space->params()[0].name});
    REQUIRE(output_shape(supernet.network) == Shape{10});
}

TEST_CASE("a node of several edges is a mix of them under the sum's name", "[spaces][supernet]") {
    const auto space = load(kTinyCell201);
    const Supernet supernet = supernet_of(*space, all_of(*space));
    const Node& sum = node_of(supernet.network, "stage1.1.cell.node3");
    const Strength& strength =
        supernet.strengths[static_cast<std::size_t>(std::get<Mix>(sum.op).strength)];
    REQUIRE(strength.kind == Kind::edges);
    REQUIRE(strength.entries == std::vector<std::size_t>{0, 1, 2});
    REQUIRE(space->params()[strength.param].name == "cell.node3.from0");
    REQUIRE(strength.name == "cell.node3.edges");
}

TEST_CASE("every weight of every sub-network is one of the supernet's", "[spaces][supernet]") {
    for (const Json& reference :
         {kTinyCell201,
          Json{{"name", "darts"}, {"with", {{"channels", 4}, {"cells", 1}}}},
          Json{{"name", "macro"}, {"with", {{"channels", 8}}}}}) {
        const auto space = load(reference);
        INFO(space->name());
        const Supernet supernet = supernet_of(*space, all_of(*space));
        require_whole(supernet);
        const std::vector<Count> costs = count_nodes(supernet.network);
        std::map<std::string, std::int64_t> parameters;
        for (std::size_t i = 0; i < costs.size(); ++i)
            parameters.emplace(supernet.network.nodes[i].name, costs[i].parameters);
        Rng rng(1);
        int wrong = 0;
        for (int i = 0; i < 50; ++i) {
            const Network network = *space->decode(sample_feasible(*space, rng)).network;
            const std::vector<Count> own = count_nodes(network);
            for (std::size_t k = 0; k < own.size(); ++k)
                if (own[k].parameters > 0)
                    wrong += parameters[network.nodes[k].name] != own[k].parameters ? 1 : 0;
        }
        REQUIRE(wrong == 0);
    }
}

TEST_CASE("a node that may take some inputs reads all that are kept", "[spaces][supernet]") {
    const auto space = load({{"name", "darts"}, {"with", {{"channels", 4}, {"cells", 1}}}});
    SupernetOptions options = all_of(*space);
    const Supernet all = supernet_of(*space, options);
    const Node& node = node_of(all.network, "stage1.1.normal.node4");
    REQUIRE(node.inputs.size() == 5);
    REQUIRE(all.strengths[static_cast<std::size_t>(std::get<Mix>(node.op).strength)].name ==
            "normal.node4.inputs");

    const auto inputs = static_cast<std::size_t>(
        std::ranges::find(space->params(), "normal.node4.inputs", &Param::name) -
        space->params().begin());
    options.options[inputs] = {0, 1};  // edges 0+1 and 0+2
    REQUIRE(node_of(supernet_of(*space, options).network, "stage1.1.normal.node4").inputs.size() ==
            3);
}

TEST_CASE("what is kept with one option or none is decoded", "[spaces][supernet]") {
    const auto space = load(kTinyCell201);
    SupernetOptions options{.base = first_of(*space), .options = {}};
    options.options.assign(space->params().size(), {3});
    Genotype genotype;
    genotype.values.assign(space->params().size(), std::int64_t{3});
    const Supernet one = supernet_of(*space, options);
    REQUIRE(one.network == *space->decode(genotype).network);
    REQUIRE(one.strengths.empty());

    options.base = genotype;
    options.options.assign(space->params().size(), {});
    REQUIRE(supernet_of(*space, options).network == one.network);

    options.options[0] = {1, 3};
    const Supernet two = supernet_of(*space, options);
    require_whole(two);
    REQUIRE(two.strengths.size() == 1);
    REQUIRE(two.strengths[0].entries == std::vector<std::size_t>{1, 3});
}

TEST_CASE("identities that project and choices within choices are kept", "[spaces][supernet]") {
    const auto space = space_of(R"(
name: nested@1
input: {image: [4, 8, 8]}
output: {classes: 3}
body:
  - choice:
      name: outer
      options:
        - identity: {project: true}
        - choice: {name: inner, options: [{conv: {out: 8, stride: 2}}, {mbconv: {out: 8, stride: 2}}]}
        - conv: {name: wide, out: 8, stride: 2, kernel: {one_of: [3, 5]}}
  - head: {}
)");
    SupernetOptions options = all_of(*space);
    const Supernet supernet = supernet_of(*space, options);
    require_whole(supernet);
    REQUIRE(supernet.strengths.size() == 2);
    REQUIRE(has_node(supernet.network, "outer.identity.project"));
    REQUIRE(node_of(supernet.network, "outer.mix").inputs.size() == 3);
    REQUIRE(std::get<Conv>(node_of(supernet.network, "outer.wide.conv").op).kernel[0] == 3);

    options.base.values.back() = std::int64_t{1};
    REQUIRE(std::get<Conv>(node_of(supernet_of(*space, options).network, "outer.wide.conv").op)
                .kernel[0] == 5);

    // The shape comes from an option that is not itself kept.
    options.options[0] = {0};
    const Supernet alone = supernet_of(*space, options);
    REQUIRE(alone.strengths.empty());
    REQUIRE(has_node(alone.network, "outer.identity.project"));
}

TEST_CASE("an option that adds nothing is an identity of the mix", "[spaces][supernet]") {
    const auto space = load({{"name", "darts"}, {"with", {{"channels", 4}, {"cells", 1}}}});
    const Network network = supernet_of(*space, all_of(*space)).network;
    const ValueId skip = node_of(network, "stage1.1.normal.node1.from0.mix").inputs[2];
    const Node& node = network.nodes[static_cast<std::size_t>(skip) - network.inputs.size()];
    REQUIRE(node.op == Op(Identity{}));
    REQUIRE(node.name == "stage1.1.normal.node1.from0.skip_connect");
}

TEST_CASE("a share of the depth leaves out the last of each repeat", "[spaces][supernet]") {
    const auto space = load(kTinyCell201);
    SupernetOptions options = all_of(*space);
    options.depth = 0.5;
    const Network half = supernet_of(*space, options).network;
    REQUIRE(has_node(half, "stage2.1.cell.node1.from0.mix"));
    REQUIRE_FALSE(has_node(half, "stage2.2.cell.node1.from0.mix"));
    options.depth = 0.01;
    REQUIRE(has_node(supernet_of(*space, options).network, "stage2.1.cell.node1.from0.mix"));
}

TEST_CASE("partial channels pass most of a value past the options", "[spaces][supernet]") {
    const auto space = load({{"name", "darts"}, {"with", {{"channels", 8}, {"cells", 1}}}});
    SupernetOptions options = all_of(*space);
    options.partial_channels = 4;
    options.search_norms = true;
    const Supernet supernet = supernet_of(*space, options);
    require_whole(supernet);
    const std::string edge = "stage1.1.normal.node1.from0.";
    const std::vector<Shape> shapes = infer_shapes(supernet.network);
    const auto shape = [&](const std::string& name) {
        const auto found = std::ranges::find(supernet.network.nodes, name, &Node::name);
        INFO(name);
        REQUIRE(found != supernet.network.nodes.end());
        return shapes[supernet.network.inputs.size() +
                      static_cast<std::size_t>(found - supernet.network.nodes.begin())];
    };
    REQUIRE(shape(edge + "mix") == Shape{2, 32, 32});
    REQUIRE(shape(edge + "mix.rest") == Shape{6, 32, 32});
    REQUIRE(shape(edge + "mix.split") == Shape{4, 2, 32, 32});
    REQUIRE(shape(edge + "mix.shuffle") == Shape{8, 32, 32});
    // Depthwise convolutions have as many groups as channels.
    const auto& depthwise =
        std::get<Conv>(node_of(supernet.network, edge + "sep_conv_3x3.conv.conv").op);
    REQUIRE(depthwise.groups == 2);
    // Where options halve the image, so does what passes them.
    REQUIRE(shape("reduction.node1.from0.mix.rest.pool") == Shape{12, 16, 16});
}

TEST_CASE("channels that cannot be divided are refused with their place", "[spaces][supernet]") {
    const auto space = load(kTinyCell201);
    SupernetOptions options = all_of(*space);
    options.partial_channels = 3;
    REQUIRE_THROWS_WITH(
        supernet_of(*space, options),
        Catch::Contains("expected an image whose channels can be divided into 3, got 4x28x28"));
    const auto macro = load({{"name", "macro"}, {"with", {{"channels", 8}}}});
    options = all_of(*macro);
    options.partial_channels = 2;
    REQUIRE_THROWS_WITH(supernet_of(*macro, options),
                        Catch::Contains("options keep the number of channels"));
}

TEST_CASE("norms for search do not learn within options and follow pools", "[spaces][supernet]") {
    const auto space = load(kTinyCell201);
    SupernetOptions options = all_of(*space);
    options.search_norms = true;
    const Network network = supernet_of(*space, options).network;
    const std::string edge = "stage1.1.cell.node1.from0.";
    REQUIRE(std::get<Norm>(node_of(network, edge + "avgpool3x3.norm").op) == Norm{.affine = false});
    REQUIRE_FALSE(std::get<Norm>(node_of(network, edge + "conv3x3.conv.norm").op).affine);
    REQUIRE(std::get<Norm>(node_of(network, "stem.norm").op).affine);
    REQUIRE(std::get<Norm>(node_of(network, "last_norm.norm").op).affine);
    REQUIRE_FALSE(has_node(network, "reduce.residual.shortcut.pool.norm"));
    REQUIRE(nodes_with(network, [](const Op& op) { return std::holds_alternative<Pool>(op); }) ==
            36 + 2);
}

TEST_CASE("a mix survives its JSON and its weights cost nothing", "[spaces][supernet]") {
    const auto space = load(kTinyCell201);
    const Network network = supernet_of(*space, all_of(*space)).network;
    REQUIRE(network_from_json(to_json(network)) == network);
    const std::vector<Count> costs = count_nodes(network);
    for (std::size_t i = 0; i < costs.size(); ++i)
        if (is_mix(network.nodes[i].op))
            REQUIRE(costs[i].parameters + costs[i].multiply_adds == 0);
}

TEST_CASE("parameters say whether they can be kept open", "[spaces][supernet]") {
    const auto space = space_of(R"(
name: mixed@1
input: {image: [4, {param: size}, 8]}
output: {classes: 3}
params: {size: {one_of: [8, 16]}}
body:
  - repeat: {name: r, times: {integer: [1, 2]}, body: {conv: {out: same, kernel: {one_of: [1, 3]}}}}
  - cell: {nodes: 2, inputs: 2, take: 2, edge: [identity, {conv: {out: same}}]}
  - head: {}
training: {lr: {real: [0.1, 1]}}
)");
    const auto roles = open_parameters(*space->shared_weights(), space->params().size());
    std::map<std::string, Openness> found;
    for (ParamIndex i = 0; i < roles.size(); ++i)
        found.emplace(space->params()[i].name, roles[i]);
    REQUIRE(found.at("size") == Openness::closed);
    REQUIRE(found.at("r.times") == Openness::closed);
    REQUIRE(found.at("r.1.conv.kernel") == Openness::closed);
    REQUIRE(found.at("cell.node1.from0") == Openness::options);
    REQUIRE(found.at("cell.node2.inputs") == Openness::edges);
    REQUIRE(found.at("lr") == Openness::none);
}

TEST_CASE("what cannot be kept is refused with its name", "[spaces][supernet]") {
    const auto space = load({{"name", "mobile"}});
    SupernetOptions options = all_of(*space);
    options.options[0] = {0, 1};
    options.depth = 0.0;
    REQUIRE_THROWS_WITH(supernet_of(*space, options),
                        Catch::Contains(space->params()[0].name) &&
                            Catch::Contains("neither a choice nor the inputs") &&
                            Catch::Contains("expected a share in (0, 1], got 0"));
    const auto cell = load(kTinyCell201);
    options = all_of(*cell);
    options.options[2] = {4, 1};
    REQUIRE_THROWS_WITH(supernet_of(*cell, options),
                        Catch::Contains("expected ascending indices of its 5 options, got 4, 1"));
}

}  // namespace
}  // namespace parnas::spaces
