// SPDX-License-Identifier: Apache-2.0
#include "hw_models/onboarding/probe_set.h"

#include <set>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "spaces/load.h"
#include "tests/support/catch.h"

using namespace parnas;
using namespace parnas::hw_models;

namespace {

// Six networks.
const Json kSmallSpace = Json::parse(R"({"document": {
    "name": "small@1",
    "about": "For tests",
    "input": {"features": [8]},
    "output": {"classes": 3},
    "body": [{"linear": {"out": {"one_of": [4, 8, 16]}}},
             {"act": {"act": {"one_of": ["relu", "gelu"]}}},
             {"head": {}}]}})");

ProbeSet probe_set(const Json& space, std::uint64_t seed = 5) {
    return {.space = spaces::load_space(space, {}),
            .target = {.name = "my-board",
                       .hardware = "a board",
                       .runtime = "its own",
                       .threads = 2,
                       .dtype = spaces::DType::int8,
                       .batch = 4,
                       .layout = Layout::nhwc},
            .seed = seed};
}

std::set<Digest> architectures(const std::vector<Probe>& probes) {
    std::set<Digest> found;
    for (const Probe& probe : probes)
        found.insert(probe.architecture);
    return found;
}

Document document(const Json& json) {
    return Document::parse(json.dump(), "probes.json");
}

std::string refusal(const Json& json) {
    try {
        read_probe_set(document(json));
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::invalid_input);
        return error.what();
    }
    return "accepted";
}

ProbeSet designed(const Json& space, std::size_t count) {
    const ProbeSet set = probe_set(space);
    return with_more_probes(set, draw_pool(set), count);
}

}  // namespace

TEST_CASE("probes in a file are the same probes", "[hw_models][onboarding]") {
    const ProbeSet set = designed("mlp", 6);
    const ProbeSet read = read_probe_set(document(to_json(set)));
    CHECK(to_json(read) == to_json(set));
    REQUIRE(read.probes.size() == 6);
    for (std::size_t i = 0; i < 6; ++i) {
        CHECK(read.probes[i].genotype == set.probes[i].genotype);
        CHECK(read.probes[i].architecture == set.probes[i].architecture);
    }
    CHECK(read.space->name() == "mlp@1");
    CHECK(read.seed == 5);
    CHECK(read.target.name == "my-board");
    CHECK(read.target.dtype == spaces::DType::int8);
    CHECK(read.target.layout == Layout::nhwc);
    CHECK(read.target.batch == 4);
}

TEST_CASE("a design is the seed's, and no probe is another one's twin", "[hw_models][onboarding]") {
    const ProbeSet set = designed("mlp", 12);
    CHECK(architectures(set.probes).size() == 12);
    CHECK(to_json(designed("mlp", 12)) == to_json(set));
    const ProbeSet other = probe_set("mlp", 6);
    CHECK(to_json(with_more_probes(other, draw_pool(other), 12)) != to_json(set));
}

TEST_CASE("further probes leave those that are there and repeat none", "[hw_models][onboarding]") {
    const ProbeSet few = designed("mlp", 4);
    // What is designed later may know another pool: that of a file whose seed was changed.
    for (const std::uint64_t seed : {few.seed, few.seed + 1}) {
        ProbeSet set = few;
        set.seed = seed;
        const std::vector<Probe> pool = draw_pool(set);
        for (std::size_t count = 5; count <= 60; count += 11) {
            const std::size_t before = set.probes.size();
            set = with_more_probes(std::move(set), pool, 11);
            CHECK(set.probes.size() == before + 11);
        }
        CHECK(architectures(set.probes).size() == set.probes.size());
        for (std::size_t i = 0; i < 4; ++i)
            CHECK(set.probes[i].architecture == few.probes[i].architecture);
    }
}

TEST_CASE("a small space gives what networks it has", "[hw_models][onboarding]") {
    const ProbeSet set = designed(kSmallSpace, 10);
    CHECK(set.probes.size() == 6);
    CHECK(with_more_probes(set, draw_pool(set), 3).probes.size() == 6);
}

TEST_CASE("a space whose networks are all alike has nothing to choose", "[hw_models][onboarding]") {
    const Json settings = {
        {"document", {{"name", "s@1"}, {"params", {{"x", {{"real", {0, 1}}}}}}}}};
    CHECK_THROWS_WITH(draw_pool(probe_set(settings)), Catch::Contains("hyperparameters alone"));
    Json single = kSmallSpace;
    single["document"]["body"] = Json::array({{{"head", Json::object()}}});
    single["document"]["training"] = {{"lr", {{"real", {0.1, 0.2}}}}};
    CHECK_THROWS_WITH(draw_pool(probe_set(single)), Catch::Contains("but one network"));
}

TEST_CASE("a damaged file of probes is refused with all its faults", "[hw_models][onboarding]") {
    const Json good = to_json(designed(kSmallSpace, 3));
    REQUIRE(refusal(good) == "accepted");
    for (const auto& [key, value] : good.items()) {
        Json bad = good;
        bad.erase(key);
        if (key != "space_name")
            CHECK_THAT(refusal(bad), Catch::Contains("'" + key + "' is missing"));
        for (const Json& other : {Json(), Json(7.5), Json("x"), Json::array(), Json::object()}) {
            bad = good;
            bad[key] = other;
            if (key != "space_name")
                CHECK(refusal(bad) != "accepted");
        }
    }
    Json bad = good;
    bad["version"] = 2;
    bad["seed"] = -1;
    bad["target"]["threads"] = 0;
    bad["probes"][1]["genotype"]["act"] = "sigmoidal";
    const std::string faults = refusal(bad);
    for (const char* where : {"/version", "/seed", "/target/threads", "/probes/1/genotype"})
        CHECK_THAT(faults, Catch::Contains(where));
}

TEST_CASE("probes of another space than the program's are refused", "[hw_models][onboarding]") {
    const Json good = to_json(designed(kSmallSpace, 3));
    Json bad = good;
    bad["probes"][0]["genotype"] = good["probes"][1]["genotype"];
    CHECK_THAT(refusal(bad), Catch::Contains("/probes/0/architecture: the genotype stands for"));
    bad = good;
    bad["probes"][0] = good["probes"][1];
    CHECK_THAT(refusal(bad), Catch::Contains("/probes/0/name"));
    bad["probes"][0]["name"] = "probe_00";
    CHECK_THAT(refusal(bad), Catch::Contains("is among those before it"));
    bad = good;
    bad["space"]["document"]["output"]["classes"] = 4;
    CHECK_THAT(refusal(bad), Catch::Contains("/space_digest: the space was changed"));
    bad = good;
    bad["space"] = {{"file", "/etc/hostname"}};
    CHECK_THAT(refusal(bad), Catch::Contains("/space: expected {document: ...}"));
    bad = good;
    bad["space"]["document"]["body"] = "none";
    CHECK_THAT(refusal(bad), Catch::Contains("/space"));
}
