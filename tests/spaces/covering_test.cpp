// SPDX-License-Identifier: Apache-2.0
#include "spaces/covering.h"

#include <algorithm>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "spaces/count.h"
#include "spaces/load.h"
#include "spaces/shapes.h"
#include "tests/spaces/space_texts.h"
#include "tests/support/catch.h"

namespace parnas::spaces {
namespace {

// By node: how large its weights are in each network, by figures that grow with every extent.
class Largest {
  public:
    void add(const Network& network) {
        each(network, [&](const std::string& name, std::int64_t figure) {
            std::int64_t& largest = figures_[name];
            largest = std::max(largest, figure);
        });
    }
    bool holds(const Network& network) const {
        bool held = true;
        each(network, [&](const std::string& name, std::int64_t figure) {
            const auto found = figures_.find(name);
            held = held && found != figures_.end() && figure <= found->second;
        });
        return held;
    }

  private:
    template <typename Visit>
    static void each(const Network& network, const Visit& visit) {
        const std::vector<Shape> shapes = infer_shapes(network);
        const std::vector<Count> counts = count_nodes(network);
        for (std::size_t i = 0; i < network.nodes.size(); ++i) {
            const Node& node = network.nodes[i];
            if (counts[i].parameters == 0)
                continue;
            const auto shape = [&](ValueId id) { return shapes[static_cast<std::size_t>(id)]; };
            const auto channels = [](const Shape& of) {
                return of.size() == 3 ? of.front() : of.back();
            };
            visit(node.name + " parameters", counts[i].parameters);
            visit(node.name + " out", channels(shape(network.id_of(i))));
            if (const auto* conv = std::get_if<Conv>(&node.op)) {
                visit(node.name + " in", channels(shape(node.inputs[0])) / conv->groups);
                visit(node.name + " kernel", conv->kernel[0]);
            } else {
                visit(node.name + " in", channels(shape(node.inputs[0])));
            }
        }
    }

    std::map<std::string, std::int64_t> figures_;
};

// The covering set, after it was seen to hold 300 random networks of the space.
std::vector<Genotype> checked_covering(const SearchSpace& space) {
    const std::vector<Genotype> genotypes = covering_genotypes(space);
    Largest largest;
    for (const Genotype& genotype : genotypes) {
        REQUIRE(space.feasible(genotype));
        REQUIRE(normalised(space.params(), genotype) == genotype);
        largest.add(*space.decode(genotype).network);
    }
    Rng rng(7);
    int held = 0;
    for (int i = 0; i < 300; ++i)
        held += largest.holds(*space.decode(sample_feasible(space, rng)).network) ? 1 : 0;
    REQUIRE(held == 300);
    return genotypes;
}

TEST_CASE("few genotypes hold all weights of each built-in space", "[spaces][covering]") {
    const std::map<std::string, std::size_t> most{{"cell201@1", 5},
                                                  {"darts@1", 18},
                                                  {"elastic@1", 1},
                                                  {"macro@1", 3},
                                                  {"mlp@1", 4},
                                                  {"mobile@1", 3}};
    for (const LibrarySpace& each : library_spaces()) {
        INFO(each.name);
        if (each.name == "gnn@1")
            continue;  // the operations of all its links share parameters; graphs share no weights
        const auto space = load_space(each.name, ".");
        const std::vector<Genotype> genotypes = checked_covering(*space);
        if (const auto found = most.find(each.name); found != most.end())
            REQUIRE(genotypes.size() == found->second);
    }
}

TEST_CASE("every option of every choice is in a genotype that has its weights",
          "[spaces][covering]") {
    const auto space = space_of(R"(
name: nested@1
input: {image: [4, 8, 8]}
output: {classes: 3}
body:
  - repeat:
      name: r
      times: {integer: [0, 2]}
      body:
        - choice:
            name: op
            options:
              - identity
              - choice: {name: inner, options: [{conv: {out: same, kernel: {one_of: [5, 3]}}}, {mbconv: {out: same}}, {pool: {kernel: 3, stride: 1, padding: 1}}]}
  - head: {}
)");
    const std::vector<Genotype> genotypes = checked_covering(*space);
    REQUIRE(genotypes.size() == 1 + 3);
    std::set<std::pair<std::string, std::string>> seen;
    for (const Genotype& genotype : genotypes)
        for (const auto& [name, value] : to_assignment(space->params(), genotype))
            seen.emplace(name, parnas::to_string(value));
    for (const char* const r : {"r.1.op", "r.2.op"}) {
        const std::string op = r;
        REQUIRE(seen.contains({op, "identity"}));
        for (const char* const inner : {"conv", "mbconv", "pool"})
            REQUIRE(seen.contains({op + ".inner", inner}));
    }
}

TEST_CASE("numbers that make weights smaller are covered too", "[spaces][covering]") {
    const auto space = space_of(R"(
name: groups@1
input: {image: [8, 8, 8]}
output: {classes: 3}
params: {part: {integer: [1, 4]}}
body:
  - conv: {out: 8, kernel: {one_of: [1, 3]}, groups: {one_of: [1, 2, 4]}}
  - conv: {name: rest, out: {expr: 16 - 2 * part}}
  - head: {}
)");
    checked_covering(*space);
}

TEST_CASE("requirements trade one number for another, and both are covered", "[spaces][covering]") {
    const auto space = space_of(R"(
name: traded@1
input: {image: [4, 8, 8]}
output: {classes: 3}
params: {width: {one_of: [8, 16, 32]}, wide: {one_of: [8, 16, 32]}, op: {one_of: [relu, gelu]}}
body:
  - conv: {name: one, out: {param: width}, act: {param: op}}
  - conv: {name: two, out: {param: wide}}
  - head: {}
require: ["width * wide <= 256", "width >= 16 or op == 'gelu'"]
)");
    const std::vector<Genotype> genotypes = checked_covering(*space);
    std::set<Value> widths;
    for (const Genotype& genotype : genotypes)
        widths.insert(genotype.values[0]);
    REQUIRE(widths.contains(std::int64_t{2}));
}

TEST_CASE("a space without a network has no weights to share", "[spaces][covering]") {
    const auto space = space_of("name: hpo@1\nparams: {lr: {real: [0.1, 1]}}\n");
    REQUIRE_THROWS_WITH(covering_genotypes(*space), Catch::Contains("no network whose weights"));
}

}  // namespace
}  // namespace parnas::spaces
