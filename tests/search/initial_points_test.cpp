// SPDX-License-Identifier: Apache-2.0
#include "search/initial_points.h"

#include <limits>

#include "search/initial_strategy.h"
#include "search/sampler.h"
#include "tests/search/small_jobs.h"
#include "tests/support/catch.h"
#include "tests/support/fake_store.h"

namespace parnas::search {
namespace {

constexpr const char* kBegun = R"(
name: begun
space: mixed
objectives: {accuracy: maximize}
evaluator: {type: count}
strategy: {type: random}
budget: {trials: 12}
seed: 5
)";

std::string job_with(const std::string& line) {
    return kBegun + line + "\n";
}

std::string reason_of(const store::TrialRecord& trial) {
    return trial.user_attributes.at("reason");
}

double value_of(const store::TrialRecord& trial, const std::string& name) {
    const auto found = std::ranges::find(trial.params, name, &store::ParamRecord::name);
    return found == trial.params.end() ? -1.0 : found->internal;
}

struct Run {
    std::unique_ptr<store::Store> store = store::make_memory_store();

    std::vector<store::TrialRecord> run(const std::string& text) {
        PreparedStudy study = prepare(text);
        resolve_warm_start(study, *store);
        const StudyId id = create_study(study, *store);
        run_study(study, *store, id, 1, {}, {});
        return store->trials(id);
    }
};

}  // namespace

TEST_CASE("a job's points are its first trials, the rest of them drawn by its seed",
          "[search][initial]") {
    const std::string text = job_with(
        "initial: [{optimizer: 1, lr: 0.25}, {width: 16}, {values: {layers: 1}, "
        "reason: by hand}]");
    Run run;
    const auto trials = run.run(text);
    REQUIRE(trials.size() == 12);
    CHECK(value_of(trials[0], "optimizer") == 1.0);
    CHECK(value_of(trials[0], "lr") == 0.25);
    CHECK(value_of(trials[0], "momentum") >= 0.0);
    CHECK(reason_of(trials[0]) == "\"initial point\"");
    CHECK(value_of(trials[1], "width") == 16.0);
    CHECK(value_of(trials[1], "layers") >= 2.0);  // or it would not be active
    CHECK(value_of(trials[2], "layers") == 1.0);
    CHECK(reason_of(trials[2]) == "\"by hand\"");
    CHECK(reason_of(trials[3]) == "\"random\"");
    Run again;
    const auto same = again.run(text);
    for (std::size_t i = 0; i < trials.size(); ++i)
        CHECK(same[i].genotype == trials[i].genotype);
    std::string reseeded = text;
    reseeded.replace(reseeded.find("seed: 5"), 7, "seed: 6");
    Run other;
    CHECK(other.run(reseeded)[0].genotype != trials[0].genotype);
}

TEST_CASE("points that the budget did not reach are first when the study goes on",
          "[search][initial]") {
    PreparedStudy study = prepare(
        job_with("finalists: 1\ninitial: [{lr: 0.25}, {lr: 0.5}, {lr: 0.0625}, {lr: 0.125}]"));
    const auto store = store::make_memory_store();
    study.job.budget.trials = 2;
    const StudyId id = create_study(study, *store);
    run_study(study, *store, id, 1, {}, {});
    study.job.budget.trials = 5;
    run_study(study, *store, id, 1, {}, {});
    auto trials = store->trials(id);
    std::erase_if(trials, [](const auto& trial) { return trial.stage == Stage::finalist; });
    REQUIRE(trials.size() == 5);
    CHECK(value_of(trials[2], "lr") == 0.0625);
    CHECK(value_of(trials[3], "lr") == 0.125);
    CHECK(reason_of(trials[4]) == "\"random\"");
}

TEST_CASE("points that no trial can have are faults with their places", "[search][initial]") {
    using Places = std::vector<std::string>;
    CHECK(places_of_faults(job_with("initial: [{lr: 0.1}, {lr: 2, widht: 8}, {optimizer: x}]")) ==
          Places{"/initial/1/lr", "/initial/1/widht", "/initial/2/optimizer"});
    // Conditions and requirements.
    CHECK(places_of_faults(job_with("initial: [{layers: 1, width: 8}, {layers: 4, width: 64}]")) ==
          Places{"/initial/0", "/initial/1"});
    CHECK(places_of_faults(job_with("initial: {lr: 0.1}")) == Places{"/initial"});
    CHECK(places_of_faults(job_with("initial: [0.1, {lr: [1]}]")) ==
          Places{"/initial/0", "/initial/1/lr"});
    CHECK(places_of_faults(job_with("initial: [{values: {lr: 0.1}, why: x}]")) ==
          Places{"/initial/0/why"});
    CHECK(places_of_faults(job_with("warm_start: {study: 3, count: 0, trials: some}")) ==
          Places{"/warm_start/study", "/warm_start/trials", "/warm_start/count"});
}

TEST_CASE("whatever is left open is drawn feasible, with what is set active", "[search][initial]") {
    const tests::FakeSpace space = tests::mixed_space();
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        Rng rng(seed);
        const Genotype genotype =
            complete(space, {{"momentum", Scalar(0.5)}, {"width", Scalar(std::int64_t{48})}}, rng);
        CHECK(space.feasible(genotype));
        const std::vector<bool> active = spaces::active(space.params(), genotype);
        CHECK((active[2] && active[4]));
        CHECK(std::get<double>(genotype.values[2]) == 0.5);
        CHECK(std::get<std::int64_t>(genotype.values[4]) == 48);
    }
}

TEST_CASE("a study begins with the trials of others, and then stands alone",
          "[search][initial][warm_start]") {
    Run run;
    const auto source = run.run(job_with("initial: [{lr: 0.25, optimizer: 1}]"));
    std::string text = job_with("warm_start: {study: begun, trials: best, count: 3}");
    text.replace(text.find("begun"), 5, "second");
    PreparedStudy study = prepare(text);
    resolve_warm_start(study, *run.store);
    CHECK_FALSE(study.job.warm_start);
    REQUIRE(study.job.initial.size() == 3);
    const StudyId id = create_study(study, *run.store);
    run_study(study, *run.store, id, 1, {}, {});
    const auto trials = run.store->trials(id);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK_THAT(reason_of(trials[i]), Catch::Contains("warm start: study 'begun' trial"));
        CHECK(trials[i].values.at(0) == 1.0);  // the best are those with optimizer c1
        CHECK(std::ranges::find(source, trials[i].genotype, &store::TrialRecord::genotype) !=
              source.end());
    }
    Faults faults;
    const JobSpec kept = read_job(parse_json(run.store->study(id).spec.job, "job"), "/", 4, faults);
    CHECK(faults.empty());
    CHECK(kept.initial.size() == 3);
    CHECK(kept.initial[1].reason == study.job.initial[1].reason);
    CHECK(kept.initial[1].values == study.job.initial[1].values);
}

TEST_CASE("what another space does not have is drawn, and said to be", "[search][warm_start]") {
    Run run;
    run.run(job_with("initial: [{lr: 0.25}]"));
    const tests::FakeSpace narrow(
        {.name = "narrow@1",
         .params = {{.name = "lr", .domain = spaces::Real{.low = 0.2, .high = 0.3}},
                    {.name = "depth", .domain = spaces::Integer{.low = 1, .high = 3}}}});
    const auto points = points_of(
        {.studies = {"begun"}, .trials = WarmTrials::all, .count = 100}, narrow, *run.store);
    REQUIRE_FALSE(points.empty());
    CHECK(points[0].values == Assignment{{"lr", Scalar(0.25)}});
    CHECK(points[0].reason == "warm start: study 'begun' trial 0, drawn: depth");

    const auto refused = [&](const WarmStart& warm_start, const spaces::SearchSpace& space) {
        try {
            points_of(warm_start, space, *run.store);
        } catch (const Error& error) {
            return error.faults().at(0).where;
        }
        return std::string("accepted");
    };
    CHECK(refused({.studies = {"begum"}}, narrow) == "/warm_start/study");
    CHECK(refused({.studies = {"begun"}}, tests::small_space()) == "/warm_start");
}

TEST_CASE("complete trials without values begin no study", "[search][warm_start]") {
    // Another program's file, or a damaged one.
    struct Incomplete final : tests::FlakyStore {
        explicit Incomplete(store::Store& inner) : FlakyStore(inner, [](int) {}) {}
        std::vector<store::TrialRecord> trials(StudyId id,
                                               TrialNumber first,
                                               std::int64_t limit) const override {
            auto all = FlakyStore::trials(id, first, limit);
            all[0].values.clear();
            all[1].values = {std::numeric_limits<double>::quiet_NaN()};
            return all;
        }
    };
    Run run;
    run.run(job_with("initial: [{lr: 0.25}]"));
    const Incomplete incomplete(*run.store);
    const auto points = points_of({.studies = {"begun"}, .trials = WarmTrials::best, .count = 100},
                                  tests::mixed_space(),
                                  incomplete);
    REQUIRE_FALSE(points.empty());
    for (const InitialPoint& point : points) {
        CHECK_THAT(point.reason, !Catch::EndsWith("trial 0"));
        CHECK_THAT(point.reason, !Catch::EndsWith("trial 1"));
    }
}

}  // namespace parnas::search
