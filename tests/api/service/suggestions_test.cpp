// SPDX-License-Identifier: Apache-2.0
#include "api/service/suggestions.h"

#include <cmath>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/rng.h"
#include "search/builtins.h"
#include "store/sqlite_store.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_folder.h"

using namespace parnas;
using service::SuggestRequest;

namespace {

std::string real(double low, double high) {
    return fmt::format(R"({{"name": "FloatDistribution", "attributes": {{"step": null, )"
                       R"("low": {:.1f}, "high": {:.1f}, "log": false}}}})",
                       low,
                       high);
}
// Choices that are no values of ours: what they are is Optuna's business.
const std::string kChoices =
    R"({"name": "CategoricalDistribution", "attributes": {"choices": ["a", NaN, 1, true]}})";
const std::string kOne =
    R"({"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 3, "high": 3}})";

search::Registries registries() {
    search::Registries made;
    search::register_strategies(made);
    search::register_pruners(made);
    return made;
}

struct SuggestionBench {
    tests::TemporaryFolder folder;
    std::unique_ptr<store::Store> kept = store::make_sqlite_store({.path = folder / "a.db"});
    store::OptunaStore& store = store::optuna_store(*kept);
    search::Registries parts = registries();
    StudyId study;

    explicit SuggestionBench(std::vector<Direction> directions = {Direction::minimize})
        : study(store.create_study("a", directions)) {}

    service::Suggestions suggestions() const { return {store, parts.strategies, parts.pruners}; }
    void add(std::vector<store::ParamRecord> params, std::vector<double> values) {
        store.create_trial(study,
                           store::OptunaTrial{.state = TrialState::complete,
                                              .values = std::move(values),
                                              .params = std::move(params),
                                              .started = now(),
                                              .finished = now()});
    }
    store::TrialId ask() { return store.create_trial(study); }
};

SuggestRequest request(store::TrialId trial, const std::string& sampler = R"({"type":"tpe"})") {
    return {.trial = trial, .sampler = sampler, .seed = 1};
}

}  // namespace

TEST_CASE("the joint space is what all trials with a result have", "[api][service][optuna]") {
    SuggestionBench bench;
    service::Suggestions suggestions = bench.suggestions();
    CHECK(suggestions.suggest(request(bench.ask())).params.empty());
    bench.add({{"y", 0.5, real(0, 1)}, {"x", 0.5, real(0, 1)}, {"c", 1, kChoices}, {"n", 3, kOne}},
              {1.0});
    auto params = suggestions.suggest(request(bench.ask())).params;
    REQUIRE(params.size() == 3);
    CHECK(params[0].name == "c");
    CHECK((params[0].internal >= 0 && params[0].internal <= 3));
    CHECK(params[2].name == "y");
    bench.add({{"x", 0.5, real(0, 1)}, {"y", 1.5, real(0, 2)}}, {1.0});
    params = suggestions.suggest(request(bench.ask())).params;
    REQUIRE(params.size() == 1);
    CHECK(params[0].name == "x");
}

TEST_CASE("a space that is given is sampled from the trials that have it",
          "[api][service][optuna]") {
    SuggestionBench bench;
    service::Suggestions suggestions = bench.suggestions();
    Rng rng(1);
    for (int i = 0; i < 60; ++i) {
        const double x = rng.uniform();
        bench.add({{"x", x, real(0, 1)}, {fmt::format("z{}", i), 0.5, real(0, 1)}},
                  {std::abs(x - 0.7)});
    }
    SuggestRequest asked = request(bench.ask());
    asked.space = {{"x", 0.0, real(0, 1)}};
    double sum = 0.0;
    for (int i = 0; i < 20; ++i) {
        asked.trial = bench.ask();
        const auto params = suggestions.suggest(asked).params;
        REQUIRE(params.size() == 1);
        sum += std::abs(params[0].internal - 0.7);
    }
    CHECK(sum / 20 < 0.15);  // at random it is 0.29
}

TEST_CASE("what is maximised is sought where it is large", "[api][service][optuna]") {
    SuggestionBench bench({Direction::maximize});
    service::Suggestions suggestions = bench.suggestions();
    Rng rng(1);
    for (int i = 0; i < 60; ++i) {
        const double x = rng.uniform();
        bench.add({{"x", x, real(0, 1)}}, {x});
    }
    double sum = 0.0;
    for (int i = 0; i < 20; ++i)
        sum += suggestions.suggest(request(bench.ask())).params.at(0).internal;
    CHECK(sum / 20 > 0.8);
}

TEST_CASE("equal histories and seeds give equal suggestions", "[api][service][optuna]") {
    std::vector<std::vector<double>> runs;
    for (int run = 0; run < 2; ++run) {
        SuggestionBench bench;
        service::Suggestions suggestions = bench.suggestions();
        std::vector<double> values;
        bench.add({{"x", 0.25, real(0, 1)}}, {0.25});
        for (int i = 0; i < 20; ++i) {
            const store::TrialId id = bench.ask();
            const auto params = suggestions.suggest(request(id)).params;
            values.push_back(params.at(0).internal);
            bench.store.apply(std::vector<store::OptunaChange>{
                store::ParamSet{.trial = id, .param = params[0]},
                store::StateSet{
                    .trial = id, .state = TrialState::complete, .values = {values.back()}}});
        }
        CHECK(std::set(values.begin(), values.end()).size() == 20);
        runs.push_back(values);
    }
    CHECK(runs[0] == runs[1]);
}

TEST_CASE("a sampler that is none is a fault of the request", "[api][service][optuna]") {
    SuggestionBench bench;
    service::Suggestions suggestions = bench.suggestions();
    bench.add({{"x", 0.25, real(0, 1)}}, {0.25});
    for (const char* sampler : {R"({"type":"tpee"})", R"({"type":"tpe","gama":1})", R"({})"}) {
        INFO(sampler);
        try {
            suggestions.suggest(request(bench.ask(), sampler));
            FAIL("it was taken");
        } catch (const Error& error) {
            CHECK(error.kind() == ErrorKind::invalid_input);
        }
    }
    CHECK(suggestions.suggest(request(bench.ask())).params.size() == 1);
}

TEST_CASE("a pruner judges by what was reported", "[api][service][optuna]") {
    SuggestionBench bench;
    service::Suggestions suggestions = bench.suggestions();
    const auto report = [&](store::TrialId id, double value) {
        bench.store.apply(std::vector<store::OptunaChange>{
            store::ReportSet{.trial = id, .step = 5, .value = value}});
    };
    for (int i = 0; i < 6; ++i) {
        const store::TrialId id = bench.ask();
        report(id, 0.1 * i);
        bench.store.apply(std::vector<store::OptunaChange>{
            store::StateSet{.trial = id, .state = TrialState::complete, .values = {0.1 * i}}});
    }
    const Json median = parse_json(R"({"type":"median"})", "pruner");
    const store::TrialId bad = bench.ask();
    CHECK_FALSE(suggestions.judge(bad, median));
    report(bad, 9.0);
    CHECK(suggestions.judge(bad, median));
    const store::TrialId good = bench.ask();
    report(good, 0.0);
    CHECK_FALSE(suggestions.judge(good, median));
}
