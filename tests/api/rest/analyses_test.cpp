// SPDX-License-Identifier: Apache-2.0
#include "api/rest/analyses.h"

#include <string>

#include "tests/api/rest/small_service.h"

using namespace parnas;
using tests::SmallService;
namespace samples = store::samples;

namespace {

// "digits" with so many complete trials of the search, each better than the one before.
void search(store::Store& store, TrialNumber count) {
    store::Batch batch = samples::finished_trials(samples::drive(store, "digits"), 0, count);
    for (store::TrialStart& start : batch.starts) {
        start.stage = Stage::search;
        start.fidelity = 1.0;
    }
    store.commit(batch);
}

}  // namespace

TEST_CASE("importance is told of each objective, or of the metric asked for",
          "[api][rest][analyses]") {
    SmallService service;
    search(*service.store, 20);
    auto api = service.api(rest::add_analyses);
    const std::string path = "/v1/studies/digits/analyses/importance?metric=accuracy";
    const Json fanova = api.json("GET", path);
    REQUIRE(fanova["metrics"].size() == 1);
    CHECK(fanova["metrics"][0]["params"][0]["name"] == "width");
    CHECK(fanova["metrics"][0]["trials"] == 20);
    const Json ped_anova = api.json("GET", path + "&method=ped_anova");
    CHECK(ped_anova["method"] == "ped_anova");
    CHECK(ped_anova["metrics"][0]["params"][0]["name"] == "width");
    CHECK(api.ask("GET", "/v1/studies/digits/analyses/importance?metric=none").status == 400);
    CHECK(api.ask("GET", path + "&method=guess").status == 400);
}

TEST_CASE("too few trials for an answer are a conflict", "[api][rest][analyses]") {
    SmallService service;
    search(*service.store, 1);
    auto api = service.api(rest::add_analyses);
    CHECK(api.ask("GET", "/v1/studies/digits/analyses/importance").status == 409);
}

TEST_CASE("convergence has the best value after each trial", "[api][rest][analyses]") {
    SmallService service;
    search(*service.store, 5);
    auto api = service.api(rest::add_analyses);
    const Json course = api.json("GET", "/v1/studies/digits/analyses/convergence");
    CHECK(course["metric"] == "accuracy");
    CHECK(course["direction"] == "maximize");
    CHECK(course["trials"] == Json({1, 2, 3, 4, 5}));
    CHECK(course["best"][4].get<double>() == Approx(0.504));
    const Json thin = api.json("GET", "/v1/studies/digits/analyses/convergence?max_points=2");
    CHECK(thin["trials"] == Json({1, 5}));
    CHECK(api.ask("GET", "/v1/studies/digits/analyses/convergence?metric=none").status == 400);
}
