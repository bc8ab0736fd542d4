// SPDX-License-Identifier: Apache-2.0
#include "api/rest/spaces.h"

#include <string>

#include "api/rest/architectures.h"
#include "api/rest/targets.h"
#include "core/rng.h"
#include "search/trial_codec.h"
#include "spaces/canonical.h"
#include "spaces/load.h"
#include "tests/api/rest/small_service.h"

using namespace parnas;
using tests::SmallService;
namespace samples = store::samples;

namespace {

// Two trials of cell201 with different architectures, and their hashes.
std::vector<std::string> try_two_cells(store::Store& store) {
    const auto space = spaces::load_space("cell201", {});
    store::StudySpec spec = samples::spec("cells");
    spec.job = R"({"space": "cell201"})";
    const store::Driver driver =
        store.acquire_study(store.create_study(spec), samples::holder(1), Seconds(600));
    store::Batch batch = samples::finished_trials(driver, 0, 2);
    std::vector<std::string> hashes;
    for (std::size_t i = 0; i < 2; ++i) {
        Genotype genotype{std::vector<Value>(space->params().size(), std::int64_t{1})};
        genotype.values[0] = static_cast<std::int64_t>(2 + i);
        const Digest hash = spaces::canonical_hash(*space->decode(genotype).network);
        batch.starts[i].genotype = search::TrialCodec(space->params()).to_text(genotype);
        batch.starts[i].stage = Stage::search;
        batch.finishes[i].architecture = hash;
        hashes.push_back(to_string(hash));
    }
    store.commit(batch);
    return hashes;
}

}  // namespace

TEST_CASE("built-in spaces are listed and shown with their parameters", "[api][rest][spaces]") {
    SmallService service;
    auto api = service.api(rest::add_spaces);
    const Json list = api.json("GET", "/v1/spaces");
    REQUIRE(list["items"].size() == spaces::library_spaces().size());
    CHECK(list["items"][0]["name"] == "cell201@1");
    const Json space = api.json("GET", "/v1/spaces/cell201");
    CHECK(space["name"] == "cell201@1");
    CHECK(space["params"].size() == 6);
    CHECK(space["params"][0]["kind"] == "categorical");
    CHECK(space == api.json("GET", "/v1/spaces/cell201@1"));
    CHECK(api.json("GET", "/v1/spaces/text")["name"] == "text@2");
    CHECK(api.json("GET", "/v1/spaces/text@1")["name"] == "text@1");
    for (const Json& each : list["items"])
        api.json("GET", "/v1/spaces/" + each["name"].get<std::string>());
    for (const char* name : {"none", "cell201@9", "secret.yaml", "%2e%2e%20x"})
        CHECK(api.ask("GET", std::string("/v1/spaces/") + name).status == 404);
}

TEST_CASE("samples are of the space, and the same for the same seed", "[api][rest][spaces]") {
    SmallService service;
    auto api = service.api(rest::add_spaces);
    const std::string path = "/v1/spaces/mlp/samples";
    const Json first = api.json("POST", path, 200, R"({"n": 3, "seed": "7"})");
    REQUIRE(first["items"].size() == 3);
    CHECK(first["items"][0]["counts"]["parameters"].get<std::int64_t>() > 0);
    CHECK(first == api.json("POST", path, 200, R"({"n": 3, "seed": "7"})"));
    CHECK(first != api.json("POST", path, 200, R"({"n": 3, "seed": "8"})"));
    CHECK(api.json("POST", path, 200, "{}")["items"].size() == 10);
    const Json small = api.json("POST", path, 200, R"({"n": 1, "arguments": {"features": 1}})");
    CHECK(small["items"].size() == 1);
    CHECK(api.json("POST", path, 422, R"({"arguments": {"colour": 1}})")["errors"][0]["pointer"] ==
          "/arguments");
    CHECK(api.ask("POST", path, {}, R"({"n": 1001})").status == 422);
    CHECK(api.ask("POST", path, {}, R"({"seed": 7})").status == 422);
}

TEST_CASE("a candidate is valid, or all that is wrong with it is told", "[api][rest][spaces]") {
    SmallService service;
    auto api = service.api(rest::add_spaces);
    const Json sample = api.json("POST", "/v1/spaces/mlp/samples", 200, R"({"n": 1})")["items"][0];
    const std::string path = "/v1/spaces/mlp/validations";
    const Json valid = api.json("POST", path, 200, dump_json({{"params", sample["params"]}}));
    CHECK(valid["valid"] == true);
    CHECK(valid["architecture"] == sample["architecture"]);
    CHECK(valid["counts"] == sample["counts"]);
    Json params = sample["params"];
    params["lr"] = "fast";
    params["colour"] = 3;
    const Json invalid = api.json("POST", path, 200, dump_json({{"params", params}}));
    CHECK(invalid["valid"] == false);
    CHECK(invalid["errors"].size() == 2);
    CHECK_FALSE(invalid.contains("architecture"));
}

TEST_CASE("shipped targets are listed and shown", "[api][rest][targets]") {
    SmallService service;
    auto api = service.api(rest::add_targets);
    const Json page = api.json("GET", "/v1/targets?page_size=2");
    REQUIRE(page["items"].size() == 2);
    CHECK(page.contains("next_page_token"));
    const std::string name = page["items"][0]["name"].get<std::string>();
    const Json target = api.json("GET", "/v1/targets/" + name);
    CHECK(target["name"] == name);
    CHECK(target["origin"] == "shipped");
    CHECK(target["document"].is_object());
    CHECK(api.ask("GET", "/v1/targets/none").status == 404);
    CHECK(api.ask("GET", "/v1/targets/secret.yaml").status == 404);
    api.json("GET", "/v1/predictors");
}

TEST_CASE("an architecture is its network and the trials that tried it",
          "[api][rest][architectures]") {
    SmallService service;
    const std::vector<std::string> hashes = try_two_cells(*service.store);
    auto api = service.api(rest::add_architectures);
    const Json found = api.json("GET", "/v1/architectures/" + hashes[0]);
    CHECK(found["architecture"] == hashes[0]);
    CHECK(found["network"]["nodes"].size() > 0);
    REQUIRE(found["trials"].size() == 1);
    CHECK(found["trials"][0]["trial"] == 0);
    CHECK(found == api.json("GET", "/v1/architectures/" + hashes[0] + "?study=cells"));
    CHECK(api.ask("GET", "/v1/architectures/" + std::string(32, '0')).status == 404);
    CHECK(api.ask("GET", "/v1/architectures/" + hashes[0] + "?study=none").status == 404);
    CHECK(api.ask("GET", "/v1/architectures/xyz").status == 404);
}

TEST_CASE("architectures are compared by what their nodes do", "[api][rest][architectures]") {
    SmallService service;
    const std::vector<std::string> hashes = try_two_cells(*service.store);
    auto api = service.api(rest::add_architectures);
    const std::string path = "/v1/architectures/comparisons";
    const Json compared =
        api.json("POST", path, 200, dump_json({{"architectures", {hashes[0], hashes[1]}}}));
    REQUIRE(compared["architectures"].size() == 2);
    CHECK(compared["common"].size() > 0);
    CHECK(compared["architectures"][0]["ops"] != compared["architectures"][1]["ops"]);
    CHECK(api.ask("POST", path, {}, dump_json({{"architectures", {hashes[0]}}})).status == 422);
    CHECK(
        api.ask("POST", path, {}, dump_json({{"architectures", {hashes[0], hashes[0]}}})).status ==
        422);
    CHECK(
        api.ask("POST", path, {}, dump_json({{"architectures", {hashes[0], std::string(32, '0')}}}))
            .status == 404);
}
