// SPDX-License-Identifier: Apache-2.0
#include "search/run_study.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "search/choose.h"
#include "tests/search/small_jobs.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

constexpr const char* kTwoObjectives = R"(
name: two
space: net
objectives: {accuracy: maximize, latency_ms: minimize}
limits: {latency_ms: 20}
evaluator: {type: count, offset: 1}
target: {model: fake}
budget: {trials: 30}
)";

}  // namespace

TEST_CASE("a study is prepared with defaults that fit its space", "[search][run_study]") {
    const PreparedStudy two = prepare(kTwoObjectives);
    CHECK(two.job.strategy == R"({"type":"auto"})");
    CHECK(two.job.reuse == Reuse::architecture);
    CHECK(two.job.space == R"({"name":"net@1"})");
    const PreparedStudy plain = prepare(
        "{name: plain, space: small, objectives: {accuracy: maximize}, evaluator: {type: count}, "
        "budget: {trials: 3}}");
    CHECK(plain.job.reuse == Reuse::genotype);
}

TEST_CASE("what does not fit together is a fault before a study exists", "[search][run_study]") {
    using Places = std::vector<std::string>;
    CHECK(places_of_faults("{name: a, space: nowhere, objectives: {accuracy: maximize}, "
                           "evaluator: {type: count, ofset: 1}, target: {model: gpu}, "
                           "budget: {trials: 1}}") ==
          Places{"/space", "/evaluator/ofset", "/target"});
    CHECK(places_of_faults(
              "{name: a, space: net, objectives: {latency_ms: minimize, magic: maximize}, "
              "limits: {energy_mj: 1}, evaluator: {type: count}, "
              "strategy: {type: nsga2, population: 1}, budget: {trials: 1}}") ==
          Places{"/strategy/population", "/objectives", "/objectives", "/limits/energy_mj"});
}

TEST_CASE("a strategy with phases needs an evaluator that runs them", "[search][run_study]") {
    const std::string job =
        "{name: a, space: net, objectives: {accuracy: maximize}, evaluator: {type: count}, "
        "budget: {trials: 1}, strategy: {type: random";
    CHECK(places_of_faults(job + ", prefilter: {pool: 4}}}") ==
          std::vector<std::string>{"/strategy"});
    CHECK(places_of_faults(job + "}}").empty());
}

TEST_CASE("a job may name what measures where its target's model is unsure",
          "[search][run_study][measuring]") {
    const auto job = [](const std::string& target, const std::string& metric = "accuracy") {
        return "{name: a, space: net, objectives: {" + metric +
               ": maximize}, limits: {latency_ms: 20}, evaluator: {type: count}, "
               "budget: {trials: 8}, target: " +
               target + "}";
    };
    using Places = std::vector<std::string>;
    CHECK(places_of_faults(job("{model: learner, measure: {model: fake}}")).empty());
    CHECK(places_of_faults(job("{model: learner, measure: {model: gpu}}")) ==
          Places{"/target/measure"});
    CHECK(places_of_faults(job("{model: learner, measure: {model: fake, price_per_hour: 1}}")) ==
          Places{"/target/measure/price_per_hour"});
    CHECK(places_of_faults(job("{model: learner, measure: {}}")) == Places{"/target/measure"});
    // It does not learn; it measures something else.
    CHECK(places_of_faults(job("{model: fake, measure: {model: fake}}")) ==
          Places{"/target/measure"});
    CHECK(places_of_faults(job("{model: learner, measure: {model: fake, threads: 2}}")) ==
          Places{"/target/measure"});

    const auto store = store::make_memory_store();
    const PreparedStudy study = prepare(job("{model: learner, measure: {model: fake}}"));
    const StudyId id = create_study(study, *store);
    run_study(study, *store, id, 2, {}, {});
    const auto events = store->events(id);
    CHECK(std::ranges::count(events, "latency_measured", &store::Event::kind) > 0);
}

TEST_CASE("a preset's limit that nobody can check is the preset's fault", "[search][run_study]") {
    const std::string job =
        "{name: a, space: net, objectives: {accuracy: maximize}, evaluator: {type: count}, "
        "budget: {trials: 1}, preset: realtime";
    CHECK(places_of_faults(job + "}") == std::vector<std::string>{"/preset"});
    CHECK(places_of_faults(job + ", limits: {latency_ms: 3}}") ==
          std::vector<std::string>{"/limits/latency_ms"});
    CHECK(prepare(job + ", target: {model: fake}}").job.limits == Limits{{"latency_ms", 10.0}});
}

TEST_CASE("a pruner is made from the job, for one objective", "[search][run_study]") {
    using Places = std::vector<std::string>;
    const std::string one =
        "name: a\nspace: net\nobjectives: {accuracy: maximize}\nevaluator: {type: count}\n"
        "budget: {trials: 3}\n";
    CHECK(prepare(one).pruner == nullptr);
    CHECK(prepare(one + "pruner: {type: median, warmup_steps: 2}\n").pruner != nullptr);
    CHECK(places_of_faults(one + "pruner: {type: median, interval_steps: 0, warmup: 1}\n") ==
          Places{"/pruner/interval_steps", "/pruner/warmup"});
    CHECK(places_of_faults(one + "pruner: {type: mean}\n") == Places{"/pruner"});
    CHECK(places_of_faults(one + "pruner: {type: percentile}\n") == Places{"/pruner"});
    CHECK(places_of_faults(one + "pruner: {type: percentile, percentile: 101}\n") ==
          Places{"/pruner/percentile"});
    CHECK(places_of_faults(one + "pruner: {type: threshold}\n") == Places{"/pruner"});
    CHECK(places_of_faults(one + "pruner: {type: threshold, lower: 2, upper: 1}\n") ==
          Places{"/pruner/lower"});
    CHECK(places_of_faults(
              one +
              "pruner: {type: successive_halving, min_resource: some, reduction_factor: 1}\n") ==
          Places{"/pruner/min_resource", "/pruner/reduction_factor"});
    CHECK(places_of_faults(one + "pruner: {type: asha, min_resource: 0, bootstrap_count: 1}\n") ==
          Places{"/pruner/min_resource", "/pruner/bootstrap_count"});
    CHECK(places_of_faults(one + "pruner: {type: hyperband, min_resource: 9, max_resource: 8}\n") ==
          Places{"/pruner/max_resource"});
    CHECK(places_of_faults(one + "pruner: {type: wilcoxon, p_threshold: 2, startup_steps: -1}\n") ==
          Places{"/pruner/p_threshold", "/pruner/startup_steps"});
    CHECK(prepare(one + "pruner: {type: hyperband, max_resource: auto}\n").pruner != nullptr);
    CHECK(places_of_faults(one + "pruner: {startup_trials: 3}\n") == Places{"/pruner"});
    CHECK(places_of_faults(std::string(kTwoObjectives) + "pruner: {type: median}\n") ==
          Places{"/pruner"});
}

TEST_CASE("a pruner that is wrapped is checked with the one around it", "[search][run_study]") {
    using Places = std::vector<std::string>;
    const std::string patient =
        "name: a\nspace: net\nobjectives: {accuracy: maximize}\nevaluator: {type: count}\n"
        "budget: {trials: 3}\npruner: {type: patient, patience: 3, min_delta: 0.0";
    CHECK(prepare(patient + "}\n").pruner != nullptr);
    CHECK(prepare(patient + ", wrapped: {type: median, warmup_steps: 2}}\n").pruner != nullptr);
    CHECK(places_of_faults(patient + ", wrapped: {type: median, warmup: 2}}\n") ==
          Places{"/pruner/wrapped/warmup"});
    CHECK(places_of_faults(patient + ", wrapped: {type: threshold}}\n") ==
          Places{"/pruner/wrapped"});
    CHECK(places_of_faults(patient + ", wrapped: {type: patient, patience: 1}}\n") ==
          Places{"/pruner/wrapped/type"});
    CHECK(places_of_faults(patient + ", wrapped: {warmup_steps: 2}}\n") ==
          Places{"/pruner/wrapped"});
    CHECK(places_of_faults(patient + ", wrapped: median}\n") == Places{"/pruner/wrapped"});
    CHECK(places_of_faults(patient + ", patients: 1}\n") == Places{"/pruner/patients"});
}

TEST_CASE("a prepared study runs, and again from what the store kept", "[search][run_study]") {
    const auto store = store::make_memory_store();
    const PreparedStudy study = prepare(kTwoObjectives);
    const StudyId id = create_study(study, *store);
    CHECK_THROWS_AS(create_study(study, *store), Error);
    CHECK(run_study(study, *store, id, 2, {}, {}).reason == "budget: 30 trials");
    CHECK(store->trials(id).size() == 30);

    Json kept = parse_json(store->study(id).spec.job, "store");
    set_value(kept, "budget.trials", "32");
    Faults faults;
    const PreparedStudy again =
        prepare_study(read_job(kept, "/elsewhere", 4, faults), registries(), load, {});
    CHECK(run_study(again, *store, id, 1, {}, {}).reason == "budget: 32 trials");
    CHECK(store->trials(id).size() == 32);
}

TEST_CASE("the best trial within limits is chosen, or what stands in the way is told",
          "[search][choose]") {
    const auto store = store::make_memory_store();
    const PreparedStudy study = prepare(kTwoObjectives);
    const StudyId id = create_study(study, *store);
    run_study(study, *store, id, 1, {}, {});

    const Choice best = choose(*store, id, {});
    REQUIRE(best.trial.has_value());
    CHECK(best.trial->metrics.at("latency_ms") == 20.0);
    const Choice quick = choose(*store, id, {.limits = {{"latency_ms", 11.0}}});
    REQUIRE(quick.trial.has_value());
    CHECK(quick.trial->values == std::vector<double>{2.0, 8.0});

    const Choice none = choose(*store, id, {.limits = {{"latency_ms", 3.0}}});
    CHECK_FALSE(none.trial.has_value());
    REQUIRE(none.nearest.has_value());
    CHECK(none.nearest->metrics.at("latency_ms") == 4.0);
    REQUIRE(none.unmet.size() == 1);
    CHECK_THAT(
        none.unmet[0],
        Catch::Contains("latency_ms 4 of trial") && Catch::Contains("is over the limit of 3"));
    CHECK_FALSE(choose(*store, id, {.limits = {{"magic", 1.0}}}).trial.has_value());
}

TEST_CASE("a choice with a confidence leaves room for the error of what was predicted",
          "[search][choose]") {
    const auto store = store::make_memory_store();
    const PreparedStudy study = prepare(kTwoObjectives);
    const StudyId id = create_study(study, *store);
    run_study(study, *store, id, 1, {}, {});

    // The target's intervals reach a tenth beyond their latencies.
    const Choice sure = choose(*store, id, {.limits = {{"latency_ms", 8.5}}, .confidence = 0.95});
    REQUIRE(sure.trial.has_value());
    CHECK(sure.trial->metrics.at("latency_ms") == 4.0);
    CHECK(sure.trial->metrics.at("latency_upper_ms") == Approx(4.4));
    const Choice median = choose(*store, id, {.limits = {{"latency_ms", 8.5}}});
    REQUIRE(median.trial.has_value());
    CHECK(median.trial->metrics.at("latency_ms") == 8.0);
}

TEST_CASE("for another target the best of all complete trials is chosen", "[search][choose]") {
    const auto store = store::make_memory_store();
    const PreparedStudy study = prepare(kTwoObjectives);
    const StudyId id = create_study(study, *store);
    run_study(study, *store, id, 1, {}, {});
    // There the slowest network here is the quickest.
    const auto reversed = [](const store::TrialRecord& trial) {
        Metrics metrics = trial.metrics;
        metrics["latency_ms"] = 24.0 - metrics.at("latency_ms");
        return metrics;
    };
    const Choice there =
        choose(*store, id, {.limits = {{"latency_ms", 5.0}}, .elsewhere = reversed});
    REQUIRE(there.trial.has_value());
    CHECK(there.trial->metrics.at("latency_ms") == 4.0);
    const auto nowhere = [](const store::TrialRecord&) { return std::optional<Metrics>(); };
    const Choice none = choose(*store, id, {.elsewhere = nowhere});
    CHECK_FALSE(none.trial.has_value());
    CHECK(none.unmet == std::vector<std::string>{"no complete trial can run on the target"});
}

TEST_CASE("a finalist that turns out better is chosen before its search trial",
          "[search][choose]") {
    const auto store = store::make_memory_store();
    const PreparedStudy study = prepare(std::string(kTwoObjectives) + "finalists: {count: 1}\n");
    const StudyId id = create_study(study, *store);
    run_study(study, *store, id, 1, {}, {});
    CHECK(choose(*store, id, {}).trial->stage == Stage::finalist);
    CHECK(choose(*store, id, {.limits = {{"latency_ms", 11.0}}}).trial->stage == Stage::search);
}

}  // namespace parnas::search
