// SPDX-License-Identifier: Apache-2.0
#include "api/rest/optuna.h"

#include <fmt/format.h>

#include "search/builtins.h"
#include "store/sqlite_store.h"
#include "tests/api/rest/small_service.h"
#include "tests/support/temporary_folder.h"

using namespace parnas;

namespace {

const std::string kFloat = R"({\"name\": \"FloatDistribution\", \"attributes\": {\"step\": null, )"
                           R"(\"low\": 0.0, \"high\": 1.0, \"log\": false}})";
const std::string kInt = R"({\"name\": \"IntDistribution\", \"attributes\": {\"log\": false, )"
                         R"(\"step\": 1, \"low\": 0, \"high\": 4}})";

search::Registries registries() {
    search::Registries made;
    search::register_strategies(made);
    search::register_pruners(made);
    return made;
}

struct Bench {
    tests::TemporaryFolder folder;
    std::unique_ptr<store::Store> kept = store::make_sqlite_store({.path = folder / "a.db"});
    store::OptunaStore& store = store::optuna_store(*kept);
    search::Registries parts = registries();
    service::OptunaLeases leases{store, {}};
    service::Suggestions suggestions{store, parts.strategies, parts.pruners};
    rest::EventFeed feed{store::service_store(*kept)};
    rest::PageTokens pages{"a key of the tests"};
    rest::Service service{.contract = tests::contract(),
                          .pages = pages,
                          .store = *kept,
                          .kept = store::service_store(*kept),
                          .events = feed,
                          .targets = hw_models::TargetLibrary(),
                          .status = {}};
    tests::SmallApi api = make_api();

    tests::SmallApi make_api() {
        rest::Operations operations;
        rest::add_optuna(
            operations, service, {.store = store, .leases = leases, .suggestions = suggestions});
        return tests::SmallApi(std::move(operations));
    }
    Json ask(const std::string& method, const std::string& body, int status = 200) {
        return api.json("POST", "/optuna/v1/" + method, status, body);
    }
    std::int64_t make_study() {
        return ask("create_new_study",
                   R"({"study_name": "a", "directions": ["minimize", "maximize"]})")["study_id"];
    }
    // Of a trial that it makes.
    std::int64_t make_trial(std::int64_t study) {
        return ask("create_new_trial",
                   fmt::format(R"({{"study_id": {}}})", study))["trials"][0]["trial_id"];
    }
};

}  // namespace

TEST_CASE("a study over HTTP is what was said of it", "[api][rest][optuna]") {
    Bench bench;
    const std::int64_t id = bench.make_study();
    bench.ask("set_study_attrs",
              fmt::format(R"({{"study_id": {}, "user_attrs": {{"k": "[1, NaN]"}}}})", id));
    const Json study = bench.ask("get_study", R"({"study_name": "a"})");
    CHECK(study == bench.ask("get_study", fmt::format(R"({{"study_id": {}}})", id)));
    CHECK(study["directions"] == Json{"minimize", "maximize"});
    CHECK(study["user_attrs"] == Json{{"k", "[1, NaN]"}});
    CHECK(bench.ask("get_all_studies", "{}")["studies"] == Json::array({study}));
    CHECK(bench.ask("create_new_study",
                    R"({"study_name": "a", "directions": ["minimize"]})",
                    409)["type"] == "https://parnas.dev/problems/name-taken");
    bench.ask("delete_study", fmt::format(R"({{"study_id": {}}})", id));
    bench.ask("delete_study", fmt::format(R"({{"study_id": {}}})", id), 404);
    bench.ask("get_study", R"({"study_name": "a"})", 404);
    bench.ask("get_study", R"({})", 422);
}

TEST_CASE("a whole trial takes two requests", "[api][rest][optuna]") {
    Bench bench;
    const std::int64_t study = bench.make_study();
    const Json begun = bench.ask(
        "create_new_trial",
        fmt::format(R"({{"study_id": {}, "lease": {{"client": "c", "request": "r"}}}})", study));
    const std::int64_t id = begun["trials"][0]["trial_id"];
    CHECK(begun["trials"][0]["state"] == "running");
    CHECK(begun["trials"][0]["system_attrs"] == Json::object());
    const Json done = bench.ask(
        "update_trial",
        fmt::format(
            R"({{"trial_id": {}, "params": {{"x": {{"value": 0.25, "distribution": "{}"}}}},)"
            R"("intermediate_values": {{"-3": "NaN"}}, "user_attrs": {{"k": "\"é\""}},)"
            R"("state": "complete", "values": [0.5, "-Infinity"]}})",
            id,
            kFloat));
    CHECK(done["updated"] == true);
    const Json all = bench.ask("get_trials", fmt::format(R"({{"study_id": {}}})", study));
    REQUIRE(all["trials"].size() == 1);
    const Json& trial = all["trials"][0];
    CHECK(trial["values"] == Json::array({0.5, "-Infinity"}));
    CHECK(trial["params"]["x"] == Json::array({0.25, 0}));
    CHECK(all["distributions"].size() == 1);
    CHECK(trial["intermediate_values"] == Json{{"-3", "NaN"}});
    CHECK(trial["user_attrs"]["k"] == "\"é\"");
    CHECK(bench.leases.count() == 0);
    CHECK(bench.ask("update_trial",
                    fmt::format(R"({{"trial_id": {}, "user_attrs": {{"k": "1"}}}})", id),
                    412)["type"] == "https://parnas.dev/problems/finished-trial");
}

TEST_CASE("an update that is refused changes nothing", "[api][rest][optuna]") {
    Bench bench;
    const std::int64_t study = bench.make_study();
    const auto set = [&](std::int64_t trial, const std::string& distribution, int status) {
        return bench.ask("update_trial",
                         fmt::format(R"({{"trial_id": {}, "user_attrs": {{"k": "1"}},)"
                                     R"("params": {{"x": {{"value": 0, "distribution": "{}"}}}}}})",
                                     trial,
                                     distribution),
                         status);
    };
    const std::int64_t first = bench.make_trial(study);
    const std::int64_t second = bench.make_trial(study);
    set(first, kFloat, 200);
    CHECK(set(second, kInt, 422)["type"] ==
          "https://parnas.dev/problems/incompatible-distribution");
    const Json trial =
        bench.ask("get_trial", fmt::format(R"({{"study_id": {}, "number": 1}})", study));
    CHECK(trial["trials"][0]["user_attrs"] == Json::object());
    CHECK(trial["trials"][0]["params"] == Json::object());
    set(second, "x", 422);
    bench.ask("update_trial", R"({"trial_id": 999, "state": "fail"})", 404);
}

TEST_CASE("what is new of a study is asked for alone", "[api][rest][optuna]") {
    Bench bench;
    const std::int64_t study = bench.make_study();
    const std::int64_t first = bench.make_trial(study);
    const std::int64_t second = bench.make_trial(study);
    const std::int64_t third = bench.make_trial(study);
    const auto numbers = [&](const std::string& more) {
        std::string text;
        const Json all =
            bench.ask("get_trials", fmt::format(R"({{"study_id": {}, {}}})", study, more));
        for (const Json& trial : all["trials"])
            text += trial["number"].dump();
        return text;
    };
    CHECK(numbers(fmt::format(R"("trial_id_greater_than": {})", second)) == "2");
    CHECK(numbers(fmt::format(
              R"("trial_id_greater_than": {}, "included_trial_ids": [{}, 999])", second, first)) ==
          "02");
    CHECK(numbers(fmt::format(R"("trial_id_greater_than": {})", third)).empty());
    bench.ask("get_trials", R"({"study_id": 999})", 404);
}

TEST_CASE("a queued trial is popped once, and leases are renewed", "[api][rest][optuna]") {
    Bench bench;
    const std::int64_t study = bench.make_study();
    const Json queued =
        bench.ask("create_new_trial",
                  fmt::format(R"({{"study_id": {}, "template": {{"state": "waiting",)"
                              R"("system_attrs": {{"fixed_params": "{{\"x\": 0.5}}"}}}}}})",
                              study));
    const std::int64_t id = queued["trials"][0]["trial_id"];
    CHECK(queued["trials"][0]["datetime_start"].is_null());
    const auto pop = [&](const char* client) {
        return bench.ask(
            "update_trial",
            fmt::format(
                R"({{"trial_id": {}, "state": "running", "lease": {{"client": "{}", "request": "r"}}}})",
                id,
                client))["updated"];
    };
    CHECK(pop("a") == true);
    CHECK(pop("b") == false);
    CHECK(pop("a") == true);  // its answer was lost
    const Json beat = bench.ask("heartbeat", fmt::format(R"({{"trial_ids": [{}, 999]}})", id));
    CHECK(beat["lost"] == Json::array({999}));
}

TEST_CASE("the server's samplers and pruners are asked over HTTP", "[api][rest][optuna]") {
    Bench bench;
    const std::int64_t study = bench.make_study();
    const std::int64_t id = bench.make_trial(study);
    const auto suggest = [&](const std::string& sampler, int status) {
        return bench.ask(
            "suggest",
            fmt::format(
                R"({{"trial_id": {}, "sampler": {{"type": "{}"}}, "space": {{"x": "{}"}}}})",
                id,
                sampler,
                kFloat),
            status);
    };
    const double value = suggest("nsga2", 200)["params"]["x"]["value"];
    CHECK((value >= 0.0 && value <= 1.0));
    suggest("nothing", 422);
    bench.ask("should_prune",
              fmt::format(R"({{"trial_id": {}, "pruner": {{"type": "median"}}}})", id),
              422);  // two objectives
}
