// SPDX-License-Identifier: Apache-2.0
#include "search/architecture/op_graph.h"

#include <map>
#include <set>
#include <string>

#include "search/architecture/architecture_features.h"
#include "search/points/enumeration.h"
#include "spaces/canonical.h"
#include "tests/search/cell_documents.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

using tests::dense_cells;
using tests::read_space;
using tests::taking_cells;

// The ops of dense_cells(): (0,1) (0,2) (1,2) (0,3) (1,3) (2,3).
enum Op : std::int64_t { none, skip, conv, pool };
Genotype cell(std::initializer_list<Op> ops) {
    Genotype genotype;
    for (const Op op : ops)
        genotype.values.emplace_back(std::int64_t{op});
    return genotype;
}

const spaces::Cell& cell_of(const spaces::SearchSpace& space) {
    const auto& body = std::get<spaces::Sequence>(space.shared_weights()->body.kind);
    for (const spaces::Block& block : body.blocks)
        if (const auto* found = std::get_if<spaces::Cell>(&block.kind))
            return *found;
    throw Error(ErrorKind::not_found, "the space has no cell");
}

std::multiset<double> values(const Counts& counts) {
    std::multiset<double> result;
    for (const auto& [key, count] : counts)
        result.insert(count);
    return result;
}

OpGraph graph_of(const spaces::SearchSpace& space, const Genotype& genotype) {
    return op_graph(cell_of(space), space.params(), genotype);
}

}  // namespace

TEST_CASE("a cell's graph has its ops without skips", "[search][architecture]") {
    const auto space = dense_cells();
    const OpGraph graph = graph_of(*space, cell({conv, none, skip, none, pool, conv}));
    // conv -> {pool, conv}, and both are added.
    REQUIRE(graph.ops.size() == 3);
    CHECK(graph.ops[0].terms == OpGraph::Terms{0});
    CHECK(graph.ops[1].terms == OpGraph::Terms{1});
    CHECK(graph.ops[2].terms == OpGraph::Terms{1});
    CHECK(graph.ops[0].label == graph.ops[2].label);
    CHECK(graph.ops[0].label != graph.ops[1].label);
    CHECK(graph.output == OpGraph::Terms{2, 3});
    CHECK(values(label_counts(graph)) == std::multiset<double>{1.0, 2.0});
    CHECK(path_presence(graph).size() == 2);  // conv pool, conv conv
}

TEST_CASE("ops that no input reaches, or that reach no output, do not count",
          "[search][architecture]") {
    const auto space = dense_cells();
    const OpGraph alone = graph_of(*space, cell({none, none, none, conv, none, none}));
    // Node 1 is read by nobody, node 2 reads nobody.
    const OpGraph unread = graph_of(*space, cell({pool, none, none, conv, none, conv}));
    CHECK(label_counts(unread) == label_counts(alone));
    CHECK(path_presence(unread) == path_presence(alone));
    CHECK(subtree_counts(unread, 3) == subtree_counts(alone, 3));
    const OpGraph dead = graph_of(*space, cell({conv, conv, pool, none, none, none}));
    CHECK(dead.output.empty());
    CHECK(dead.ops.empty());
    CHECK(path_presence(dead).empty());
}

TEST_CASE("a path of skips alone is a path", "[search][architecture]") {
    const auto space = dense_cells();
    const OpGraph with = graph_of(*space, cell({skip, none, none, conv, skip, none}));
    const OpGraph without = graph_of(*space, cell({none, none, none, conv, none, none}));
    CHECK(label_counts(with) == label_counts(without));
    CHECK(path_presence(with).size() == 2);
    CHECK(path_presence(without).size() == 1);
}

TEST_CASE("isomorphic cells have equal features", "[search][architecture]") {
    const auto space = dense_cells();
    const ArchitectureFeatures features(*space);
    std::map<Digest, ArchitecturePoint> first;  // by architecture
    const Enumeration all(space->params());
    for (std::uint64_t i = 0; i < all.size(); i += 3) {
        const Genotype genotype = all.at(i);
        const ArchitecturePoint point = features.point(genotype);
        const auto [known, is_new] =
            first.try_emplace(spaces::canonical_hash(*space->decode(genotype).network), point);
        INFO("genotype " << i);
        CHECK((is_new || known->second == point));
        const OpGraph graph = graph_of(*space, genotype);
        CHECK(static_cast<double>(path_presence(graph).size()) <= most_paths(cell_of(*space)));
    }
    CHECK(first.size() < all.size() / 3);
}

TEST_CASE("features tell most architectures apart", "[search][architecture]") {
    const auto space = dense_cells();
    const ArchitectureFeatures features(*space);
    const Enumeration all(space->params());
    std::set<Digest> architectures;
    std::set<std::vector<std::pair<std::uint64_t, double>>> points;
    for (std::uint64_t i = 0; i < all.size(); i += 7) {
        architectures.insert(spaces::canonical_hash(*space->decode(all.at(i)).network));
        points.insert(features.point(all.at(i)).architecture);
    }
    CHECK(points.size() <= architectures.size());
    CHECK(static_cast<double>(points.size()) > 0.7 * static_cast<double>(architectures.size()));
}

TEST_CASE("a node that takes some edges counts those alone", "[search][architecture]") {
    const auto space = taking_cells();
    CHECK(most_paths(cell_of(*space)) == 2 + 3);  // of node 1; of node 2 with node 1 in it
    Genotype genotype = spaces::normalised(
        space->params(), Genotype{std::vector<Value>(space->params().size(), std::int64_t{0})});
    const auto set = [&](std::string_view name, std::int64_t value) {
        genotype.values[tests::index_of(*space, name)] = value;
    };
    set("cell.node2.inputs", 0);  // both inputs of the cell
    set("cell.node1.from0", 1);
    const OpGraph graph = graph_of(*space, genotype);
    CHECK(graph.inputs == 2);
    CHECK(graph.ops.size() == 1);
    // The conv, and the inputs: skips of both.
    CHECK(graph.output == OpGraph::Terms{0, 1, 2});
}

TEST_CASE("many nodes of skips do not take exponential time", "[search][architecture]") {
    const auto space = read_space(R"(
name: deep@1
input: {image: [1, 8, 8]}
output: {classes: 2}
body:
  - cell:
      name: cell
      nodes: 32
      edge:
        - identity: {name: skip}
        - conv: {out: same, norm: batch}
  - head: {}
)");
    const Genotype genotype{std::vector<Value>(space->params().size(), std::int64_t{0})};
    const OpGraph graph = graph_of(*space, genotype);
    CHECK(graph.output == OpGraph::Terms{0});
    CHECK(most_paths(cell_of(*space)) > 1e9);
    // So many paths are too many to be listed.
    const ArchitectureFeatures features(*space);
    Genotype other = genotype;
    other.values.back() = std::int64_t{1};
    const ArchitectureDistance distance =
        squared_distance(features.point(genotype), features.point(other));
    CHECK(distance.architecture > 0.1);
    CHECK(distance.architecture <= 32.0);
}

TEST_CASE("what is no architecture is a column of its own", "[search][architecture]") {
    const auto space = dense_cells("training: {lr: {real: [0.01, 1.0], log: true}}\n");
    const ArchitectureFeatures features(*space);
    Genotype a = cell({conv, conv, skip, none, pool, skip});
    a.values.emplace_back(0.01);
    Genotype b = a;
    b.values.back() = 1.0;
    const ArchitectureDistance same = squared_distance(features.point(a), features.point(b));
    CHECK(same.architecture == 0.0);
    CHECK(same.others == Approx(4.0));
    b.values[0] = std::int64_t{pool};
    const ArchitectureDistance other = squared_distance(features.point(a), features.point(b));
    CHECK(other.architecture > 0.0);
    CHECK(other.others == Approx(4.0));
}

TEST_CASE("a width that all edges share is no op of theirs", "[search][architecture]") {
    const auto space = read_space(R"(
name: wide@1
params: {width: {integer: [4, 8]}}
input: {image: [1, 8, 8]}
output: {classes: 2}
body:
  - conv: {name: stem, out: {param: width}, norm: batch}
  - cell:
      name: cell
      nodes: 2
      edge:
        - identity: {name: skip}
        - conv: {out: {param: width}, kernel: {one_of: [1, 3]}, norm: batch}
  - head: {}
)");
    const ArchitectureFeatures features(*space);
    const auto set = [&](Genotype genotype, std::string_view name, std::int64_t value) {
        genotype.values[tests::index_of(*space, name)] = value;
        return spaces::normalised(space->params(), genotype);
    };
    Genotype base;
    for (const spaces::Param& param : space->params())
        base.values.push_back(spaces::first_value(param.domain));
    for (const char* edge : {"cell.node1.from0", "cell.node2.from0", "cell.node2.from1"})
        base = set(base, edge, 1);
    const ArchitecturePoint point = features.point(base);
    CHECK(point.others.size() == 1);
    CHECK(squared_distance(point, features.point(set(base, "width", 8))).architecture == 0.0);
    for (spaces::ParamIndex i = 0; i < space->params().size(); ++i)
        if (space->params()[i].name.find("kernel") != std::string::npos) {
            Genotype other = base;
            other.values[i] = std::int64_t{1};
            INFO(space->params()[i].name);
            CHECK(squared_distance(point, features.point(other)).architecture > 0.0);
        }
}

TEST_CASE("a chain of blocks has the surroundings of its layers", "[search][architecture]") {
    const auto space = spaces::load_space("macro", ".");
    const ArchitectureFeatures features(*space);
    CHECK_FALSE(features.has_cells());
    Rng rng(1);
    const Genotype a = spaces::sample(space->params(), rng);
    const ArchitecturePoint point = features.point(a);
    double squared = 0.0;
    for (const auto& [key, value] : point.architecture)
        squared += value * value;
    CHECK(squared == Approx(16.0));
    CHECK(point.others.size() == 8 * 3);
}

}  // namespace parnas::search
