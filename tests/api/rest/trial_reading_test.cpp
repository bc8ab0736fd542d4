// SPDX-License-Identifier: Apache-2.0
#include "api/rest/trial_reading.h"

#include <cmath>
#include <limits>
#include <string>

#include "api/rest/front.h"
#include "store/annotations.h"
#include "tests/api/rest/small_service.h"

using namespace parnas;
using tests::SmallService;
namespace samples = store::samples;

namespace {

std::vector<int> numbers_of(const Json& page) {
    std::vector<int> numbers;
    for (const Json& item : page["items"])
        numbers.push_back(item["number"].get<int>());
    return numbers;
}

using Numbers = std::vector<int>;

// "digits" with trials 0 to 9: 3 failed, 7 is running, the rest is complete.
store::Driver ten_trials(store::Store& store) {
    const store::Driver driver = samples::drive(store, "digits");
    store::Batch batch{.driver = driver};
    for (TrialNumber number = 0; number < 10; ++number) {
        batch.starts.push_back(samples::start(number));
        if (number == 3)
            batch.finishes.push_back(
                samples::failure(number, FailureKind::diverged, "accuracy is NaN"));
        else if (number != 7)
            batch.finishes.push_back(samples::finish(number));
    }
    store.commit(batch);
    return driver;
}

}  // namespace

TEST_CASE("trials come by number, page by page", "[api][rest][trials]") {
    SmallService service;
    ten_trials(*service.store);
    auto api = service.api(rest::add_trial_reading);
    const Json first = api.json("GET", "/v1/studies/digits/trials?page_size=4");
    CHECK(numbers_of(first) == Numbers{0, 1, 2, 3});
    const Json second = api.json("GET",
                                 "/v1/studies/digits/trials?page_size=6&page_token=" +
                                     first["next_page_token"].get<std::string>());
    CHECK(numbers_of(second) == Numbers{4, 5, 6, 7, 8, 9});
    CHECK_FALSE(second.contains("next_page_token"));
    CHECK(numbers_of(api.json("GET", "/v1/studies/digits/trials?page_size=10")).size() == 10);
}

TEST_CASE("trials are found by state, stage, metric and tag", "[api][rest][trials]") {
    SmallService service;
    const store::Driver driver = ten_trials(*service.store);
    store::annotate(*service.store, driver.study, 5, {.tag = {"keep"}});
    auto api = service.api(rest::add_trial_reading);
    const auto find = [&](const std::string& filter) {
        return numbers_of(api.json("GET", "/v1/studies/digits/trials?" + filter));
    };
    CHECK(find("state=fail") == Numbers{3});
    CHECK(find("state=running") == Numbers{7});
    CHECK(find("stage=search&state=complete") == Numbers{0, 2, 4, 6, 8});
    CHECK(find("metric=accuracy&min=0.504&max=0.506") == Numbers{4, 5, 6});
    CHECK(find("metric=nothing").empty());
    CHECK(find("tag=keep") == Numbers{5});
    CHECK(api.ask("GET", "/v1/studies/digits/trials?min=0").status == 400);
}

TEST_CASE("a filter that finds nothing in many trials gives short pages, and all in the end",
          "[api][rest][trials]") {
    SmallService service;
    const store::Driver driver = samples::drive(*service.store, "digits");
    constexpr TrialNumber kCount = 45'000;
    store::Batch batch{.driver = driver};
    for (TrialNumber number = 0; number < kCount; ++number) {
        batch.starts.push_back({.number = number, .genotype = "[]", .started = samples::at(0)});
        store::TrialFinish finish = samples::failure(number, FailureKind::crashed, "x");
        if (number == kCount - 1)
            finish.metrics = {{"rare", 1.0}};
        batch.finishes.push_back(std::move(finish));
    }
    service.store->commit(batch);
    auto api = service.api(rest::add_trial_reading);
    std::string target = "/v1/studies/digits/trials?metric=rare";
    int pages = 1;
    Json page = api.json("GET", target);
    for (; page.contains("next_page_token"); ++pages) {
        CHECK(page["items"].empty());
        page =
            api.json("GET", target + "&page_token=" + page["next_page_token"].get<std::string>());
    }
    CHECK(pages == 3);
    CHECK(numbers_of(page) == Numbers{static_cast<int>(kCount) - 1});
}

TEST_CASE("a trial has all that is known of it, as the interface writes it",
          "[api][rest][trials]") {
    SmallService service;
    const store::Driver driver = samples::drive(*service.store, "digits");
    store::Batch batch = samples::finished_trials(driver, 0, 1);
    batch.finishes[0].metrics["worst"] = std::numeric_limits<double>::infinity();
    batch.reports = {{.number = 0, .step = 1, .value = 0.25},
                     {.number = 0, .step = 2, .value = std::nan("")}};
    service.store->commit(batch);
    auto api = service.api(rest::add_trial_reading);
    const Json trial = api.json("GET", "/v1/studies/digits/trials/0");
    CHECK(trial["params"] == Json({{"width", 0}, {"lr", 0.1}, {"act", "silu"}}));
    CHECK(trial["values"] == Json({{"accuracy", 0.5}, {"latency_ms", 2.5}}));
    CHECK(trial["metrics"]["worst"] == "Infinity");
    CHECK(trial["seed"] == "18364758544493064720");
    CHECK(trial["started"] == "2026-11-21T00:00:00.206Z");
    CHECK(trial["cost_s"] == 12.5);
    CHECK(trial["reports"][1] == Json({{"step", 2}, {"value", "NaN"}}));
    CHECK(api.ask("GET", "/v1/studies/digits/trials/1").status == 404);
    CHECK(api.ask("GET", "/v1/studies/digits/trials/x").status == 404);
    CHECK(api.ask("GET", "/v1/studies/other/trials/0").status == 404);
    const Json listed = api.json("GET", "/v1/studies/digits/trials");
    CHECK_FALSE(listed["items"][0].contains("reports"));
    CHECK_FALSE(listed["items"][0].contains("genotype"));
    const Json whole = api.json("GET", "/v1/studies/digits/trials?detail=whole");
    CHECK(whole["items"][0]["reports"] == trial["reports"]);
    CHECK(whole["items"][0]["genotype"] == Json({0, 0.1, 1}));
    CHECK(trial["genotype"] == Json({0, 0.1, 1}));
}

TEST_CASE("why a trial failed is shown with it", "[api][rest][trials]") {
    SmallService service;
    ten_trials(*service.store);
    auto api = service.api(rest::add_trial_reading);
    CHECK(api.json("GET", "/v1/studies/digits/trials/3")["failure"] ==
          Json({{"kind", "diverged"}, {"reason", "accuracy is NaN"}}));
}

TEST_CASE("reports come as columns, thinned out if there are many", "[api][rest][trials]") {
    SmallService service;
    const store::Driver driver = samples::drive(*service.store, "digits");
    store::Batch batch{.driver = driver, .starts = {samples::start(0)}};
    for (std::int64_t step = 0; step <= 100; ++step)
        batch.reports.push_back(
            {.number = 0, .step = step, .value = static_cast<double>(step) / 2});
    service.store->commit(batch);
    auto api = service.api(rest::add_trial_reading);
    CHECK(api.json("GET", "/v1/studies/digits/trials/0/reports")["step"].size() == 101);
    CHECK(api.json("GET", "/v1/studies/digits/trials/0/reports?max_points=3") ==
          Json({{"trial", 0}, {"step", {0, 50, 100}}, {"value", {0.0, 25.0, 50.0}}}));
}

TEST_CASE("the front is empty, then it is its last version or the one asked for",
          "[api][rest][front]") {
    SmallService service;
    store::Store& store = *service.store;
    const store::Driver driver = samples::drive(store, "digits");
    auto api = service.api(rest::add_front);
    CHECK(api.json("GET", "/v1/studies/digits/front")["version"] == 0);
    store::Batch batch = samples::finished_trials(driver, 0, 3);
    batch.front = {0};
    batch.hypervolume = 0.5;
    store.commit(batch);
    store.commit({.driver = driver, .front = std::vector<TrialNumber>{0, 2}, .hypervolume = 0.75});

    const Json front = api.json("GET", "/v1/studies/digits/front");
    CHECK(front["version"] == 2);
    CHECK(front["hypervolume"] == 0.75);
    // The first objective is maximised: the best comes first.
    REQUIRE(front["members"].size() == 2);
    CHECK(front["members"][0]["number"] == 2);
    CHECK(api.json("GET", "/v1/studies/digits/front?version=1")["members"].size() == 1);
    CHECK(api.ask("GET", "/v1/studies/digits/front?version=3").status == 404);

    const Json history = api.json("GET", "/v1/studies/digits/front/history");
    CHECK(history["version"] == Json({1, 2}));
    CHECK(history["size"] == Json({1, 2}));
    CHECK(history["hypervolume"] == Json({0.5, 0.75}));
}

TEST_CASE("a front by what a model has learnt shows those figures", "[api][rest][front]") {
    SmallService service;
    store::Store& store = *service.store;
    store::StudySpec spec = samples::spec("digits");
    spec.job = R"({"target": {"model": "fitted", "measure": {"model": "measured"}}})";
    const store::Driver driver =
        store.acquire_study(store.create_study(spec), samples::holder(1), Seconds(600));
    store::Batch batch = samples::finished_trials(driver, 0, 1);
    batch.front = {0};
    batch.events = {{.kind = "front_changed", .body = R"({"front": [0], "reason": "reestimated",
                                 "figures": {"0": {"latency_ms": 1.75}}})"}};
    store.commit(batch);
    auto api = service.api(rest::add_front);
    const Json front = api.json("GET", "/v1/studies/digits/front");
    CHECK(front["reason"] == "reestimated");
    CHECK(front["members"][0]["values"]["latency_ms"] == 1.75);
}
