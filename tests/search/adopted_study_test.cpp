// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <nlohmann/json.hpp>

#include "search/adopted_job.h"
#include "search/trial_codec.h"
#include "spaces/distribution.h"
#include "tests/search/small_jobs.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

constexpr const char* kForeignJob = R"(
name: foreign
space: small
objectives: {accuracy: maximize}
evaluator: {type: count}
strategy: {type: tpe, startup: 2}
budget: {trials: 12}
)";

store::ParamRecord param(std::string name, double internal, const spaces::Domain& domain) {
    return {.name = std::move(name),
            .internal = internal,
            .distribution = spaces::to_distribution(domain)};
}

store::TrialRecord trial_with(std::vector<store::ParamRecord> params) {
    store::TrialRecord trial;
    trial.state = TrialState::complete;
    trial.params = std::move(params);
    return trial;
}

const store::StudySpec kForeign{.name = "foreign",
                                .metrics = {"value"},
                                .directions = {Direction::maximize}};

}  // namespace

TEST_CASE("a job takes from the study what its document leaves out", "[search][adopted]") {
    const std::vector<store::TrialRecord> trials{
        trial_with({param("lr", 0.1, spaces::Real{.low = 0.01, .high = 1.0, .log = true}),
                    param("n", 3, spaces::Integer{.low = 1, .high = 4})}),
        trial_with({param("n", 9, spaces::Integer{.low = 2, .high = 9}),
                    param("act", 1, spaces::Categorical{.choices = {std::string("a"), true}})}),
    };
    const Json job = completed_job({{"budget", {{"trials", 3}}}}, kForeign, trials);
    CHECK(job["name"] == "foreign");
    CHECK(job["objectives"] == Json{{"value", "maximize"}});
    const Json& params = job["space"]["document"]["params"];
    CHECK(params.dump() ==
          R"({"lr":{"real":[0.01,1.0],"log":true},"n":{"integer":[1,9],"step":1,"log":false},)"
          R"("act":{"one_of":["a",true],"ordered":false}})");
    CHECK(job["budget"]["trials"] == 3);

    const Json whole{{"name", "n"}, {"objectives", {{"loss", "minimize"}}}, {"space", "net"}};
    CHECK(completed_job(whole, kForeign, {}) == whole);
    CHECK_THROWS_AS(completed_job(Json::object(), kForeign, {}), Error);
}

TEST_CASE("a study of another program goes on where it stands", "[search][adopted]") {
    const auto store = store::make_memory_store();
    const PreparedStudy study = prepare(kForeignJob);
    const spaces::Domain& a = study.space->params()[0].domain;
    const spaces::Domain& b = study.space->params()[1].domain;
    store::Batch theirs;
    const auto add = [&](std::vector<store::ParamRecord> params, TrialState state) {
        const auto number = static_cast<TrialNumber>(theirs.starts.size());
        theirs.starts.push_back({.number = number, .params = std::move(params), .started = now()});
        if (state == TrialState::complete)
            theirs.finishes.push_back({.number = number,
                                       .state = state,
                                       .values = {static_cast<double>(number)},
                                       .finished = now()});
    };
    add({param("a", 2, a), param("b", 1, b)}, TrialState::complete);
    add({param("a", 2, a)}, TrialState::complete);  // no point of the space
    add({param("b", 0, b), param("a", 0, a)}, TrialState::complete);
    add({param("a", 1, a), param("b", 1, b)}, TrialState::running);
    const StudyId id = store->create_study(kForeign, theirs);

    store->adopt_study(id, study_spec(study.job));
    const auto before = store->trials(id);
    const StudyEnd end = run_study(study, *store, id, 1, {}, {});
    CHECK(end.state == store::StudyState::complete);

    const auto trials = store->trials(id);
    REQUIRE(trials.size() == 12);
    for (std::size_t i = 0; i < before.size(); ++i) {
        CHECK(trials[i].state == before[i].state);
        CHECK(trials[i].values == before[i].values);
        CHECK(trials[i].params == before[i].params);
    }
    for (std::size_t i = before.size(); i < trials.size(); ++i) {
        CHECK(trials[i].number == static_cast<TrialNumber>(i));
        CHECK(trials[i].state == TrialState::complete);
    }
    // Their best has the value 2 like the best of the space, and was there first.
    CHECK(store->front(id) == std::vector<TrialNumber>{2});
}

TEST_CASE("what a study of another program knows decides what is proposed", "[search][adopted]") {
    const PreparedStudy study = prepare(kForeignJob);
    const TrialCodec codec(study.space->params());
    store::TrialRecord trial =
        trial_with({param("b", 3, study.space->params()[1].domain),
                    param("a", 1, study.space->params()[0].domain),
                    param("else", 0.5, spaces::Real{.low = 0.0, .high = 1.0})});
    REQUIRE(codec.genotype_of(trial));
    CHECK(codec.to_text(*codec.genotype_of(trial)) == "[1,3]");
    trial.values = {0.5};
    CHECK(codec.to_trial(trial, study.job).objectives == std::vector<double>{-0.5});

    trial.state = TrialState::running;
    CHECK_FALSE(codec.genotype_of(trial));
    CHECK_THROWS_AS(codec.to_candidate(trial), Error);
    trial = trial_with({param("a", 1, study.space->params()[0].domain),
                        param("b", 7, spaces::Integer{.low = 0, .high = 9})});
    CHECK_FALSE(codec.genotype_of(trial));
}

}  // namespace parnas::search
