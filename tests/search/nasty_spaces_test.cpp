// SPDX-License-Identifier: Apache-2.0
#include <atomic>

#include "tests/search/study_fixture.h"
#include "tests/support/catch.h"
#include "tests/support/fake_samplers.h"
#include "tests/support/infeasible_space.h"

namespace parnas::search {
namespace {

using store::StudyState;
using tests::InfeasibleSpace;
using tests::StudyFixture;

}  // namespace

TEST_CASE("a study of a mostly infeasible space evaluates feasible candidates only",
          "[search][study_driver][infeasible]") {
    const tests::FakeSpace inner = tests::cell_space();
    const InfeasibleSpace space(inner, 0.01);
    StudyFixture study(space);
    study.job.budget.trials = 100;
    std::atomic<int> infeasible = 0;
    const tests::FakeEvaluator checked(
        {"error"}, [&](const Candidate& candidate, const evaluators::Context& context) {
            infeasible += space.feasible(candidate.genotype) ? 0 : 1;
            return study.by_hash.evaluate(candidate, context);
        });
    study.evaluator = &checked;
    const StudyEnd end = study.run(2);
    CHECK(end.state == StudyState::complete);
    CHECK(checked.seen().size() == 100);
    CHECK(infeasible == 0);
}

TEST_CASE("a study of a space in which nothing is feasible ends and says so",
          "[search][study_driver][infeasible]") {
    const tests::FakeSpace small = tests::cell_space();
    const InfeasibleSpace none(small, 0.0);
    StudyFixture listed(none);
    CHECK(listed.run().reason == "the space is exhausted after 0 trials");
    CHECK(listed.trials().empty());

    // Too large to be sure.
    const tests::FakeSpace large = tests::real_space(3);
    const InfeasibleSpace perhaps(large, 0.0);
    StudyFixture drawn(perhaps);
    const StudyEnd end = drawn.run();
    CHECK(end.state == StudyState::failed);
    CHECK_THAT(end.reason, Catch::Contains("meets the requirements"));
    CHECK(drawn.trials().empty());
}

TEST_CASE("a sampler that has nothing more to say ends the study before its budget",
          "[search][study_driver]") {
    const tests::FakeSpace space = tests::cell_space();
    for (const int workers : {1, 3}) {
        StudyFixture study(space);
        study.make_strategy = [] {
            return make_sampler_strategy(std::make_unique<tests::ExhaustedSampler>(13));
        };
        const StudyEnd end = study.run(workers);
        CHECK(end.state == StudyState::complete);
        CHECK(end.reason == "the space is exhausted after 13 trials");
        CHECK(study.by_hash.seen().size() == 13);
        // A later session hears the same.
        CHECK(study.run(workers).reason == end.reason);
        CHECK(study.trials().size() == 13);
    }
}

}  // namespace parnas::search
