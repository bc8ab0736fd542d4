// SPDX-License-Identifier: Apache-2.0
#include "search/study_driver.h"

#include <algorithm>

#include "tests/search/observers.h"
#include "tests/search/study_fixture.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

using store::StudyState;
using tests::FakeEvaluator;
using tests::FakeSpace;
using tests::Listener;
using tests::StudyFixture;

}  // namespace

TEST_CASE("a candidate over a limit is recorded and never evaluated", "[search][study_driver]") {
    const FakeSpace space = tests::network_space();
    StudyFixture study(space);
    study.job.limits = {{"parameters", 200.0}};
    study.run();
    const auto seen = study.by_hash.seen();
    int infeasible = 0;
    for (const store::TrialRecord& trial : study.trials()) {
        const bool over = trial.metrics.at("parameters") > 200.0;
        CHECK(seen.contains(trial.number) == !over);
        if (!over)
            continue;
        ++infeasible;
        REQUIRE(trial.failure.has_value());
        CHECK(trial.failure->kind == FailureKind::infeasible);
        CHECK(trial.failure->reason.ends_with("is over the limit of 200"));
    }
    CHECK(infeasible > 0);
}

TEST_CASE("a search that ends with an infeasible trial knows its whole front",
          "[search][study_driver]") {
    const FakeSpace space = tests::network_space();
    // One good point first, then only infeasible ones, all in one turn.
    class TwoPoints final : public Strategy {
      public:
        Step next(const AskContext& context) override {
            return Proposal{
                .genotype = {
                    {std::int64_t{context.number == 0 ? 0 : 7}, std::int64_t{0}, std::int64_t{0}}}};
        }
        void tell(std::span<const Finished>) override {}
    };
    StudyFixture study(space);
    study.job.limits = {{"parameters", 100.0}};
    study.job.budget.trials = 3;
    study.job.finalists = 1;
    study.make_strategy = [] { return std::make_unique<TwoPoints>(); };
    CHECK(study.run().reason == "budget: 3 trials");
    REQUIRE(study.trials().size() == 4);
    CHECK(study.trials()[3].stage == Stage::finalist);
    CHECK(study.trials()[3].genotype == study.trials()[0].genotype);
    CHECK(study.run().reason == "budget: 3 trials");
}

TEST_CASE("a limit on a measured metric keeps trials off the front", "[search][study_driver]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    study.job.limits = {{"heat", 0.0}};
    const FakeEvaluator hot(
        {"error", "heat"}, [](const Candidate& candidate, const evaluators::Context&) {
            const double number = static_cast<double>(candidate.number);
            return Measurement{
                .metrics = {{"error", -number}, {"heat", candidate.number < 3 ? 0.0 : 1.0}}};
        });
    study.evaluator = &hot;
    study.run();
    CHECK(study.store->front(*study.study) == std::vector<TrialNumber>{2});
}

TEST_CASE("a limited metric that is NaN keeps the trial off the front", "[search][study_driver]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    study.job.limits = {{"heat", 0.0}};
    study.job.budget.trials = 2;
    const FakeEvaluator unknown(
        {"error", "heat"}, [](const Candidate& candidate, const evaluators::Context&) {
            const bool first = candidate.number == 0;
            return Measurement{
                .metrics = {{"error", first ? 0.0 : 1.0}, {"heat", first ? std::nan("") : 0.0}}};
        });
    study.evaluator = &unknown;
    study.run();
    CHECK(study.store->front(*study.study) == std::vector<TrialNumber>{1});
}

TEST_CASE("an equal architecture takes the result of the earlier trial", "[search][study_driver]") {
    const FakeSpace space = tests::network_space();
    StudyFixture study(space);
    study.job.reuse = Reuse::architecture;
    study.make_strategy = [&] {
        return make_sampler_strategy(make_random_sampler({}, {.space = space}));
    };
    CHECK(study.run(2).reason == "the space is exhausted after 32 trials");
    CHECK(study.by_hash.seen().size() == 16);
    int reused = 0;
    for (const store::TrialRecord& trial : study.trials()) {
        if (!trial.reused_from)
            continue;
        ++reused;
        const store::TrialRecord original = study.store->trial(*study.study, *trial.reused_from);
        CHECK(original.number < trial.number);
        CHECK(original.architecture == trial.architecture);
        CHECK(original.values == trial.values);
        CHECK(trial.cost.count() == 0.0);
    }
    CHECK(reused == 16);
}

// 8 widths x 2 activations, each with two genotypes.
TEST_CASE("an architecture is proposed again only if its result is not reused",
          "[search][study_driver]") {
    const FakeSpace space = tests::network_space();
    const auto different = [&](Reuse reuse) {
        StudyFixture study(space);
        study.job.reuse = reuse;
        study.job.budget.trials = 16;
        study.run();
        std::set<Digest> architectures;
        for (const store::TrialRecord& trial : study.trials())
            architectures.insert(*trial.architecture);
        return architectures.size();
    };
    CHECK(different(Reuse::architecture) > different(Reuse::none));
}

TEST_CASE("results of other studies in the store are reused", "[search][study_driver]") {
    const FakeSpace space = tests::small_space();
    StudyFixture study(space);
    study.job.reuse = Reuse::genotype;
    study.run();
    CHECK(study.by_hash.seen().size() == 12);
    study.study = study.store->create_study(
        {.name = "second", .metrics = {"error"}, .directions = {Direction::minimize}, .job = "{}"});
    study.run();
    CHECK(study.by_hash.seen().size() == 12);
    for (const store::TrialRecord& trial : study.trials()) {
        CHECK(trial.state == TrialState::complete);
        CHECK(trial.user_attributes.contains("reused_from"));
    }
}

TEST_CASE("a thousand reused results in a row end the study", "[search][study_driver]") {
    const FakeSpace space = tests::small_space();
    // The same genotype again and again.
    class Stubborn final : public Strategy {
      public:
        Step next(const AskContext&) override {
            return Proposal{.genotype = {{std::int64_t{0}, std::int64_t{0}}}};
        }
        void tell(std::span<const Finished>) override {}
    };
    StudyFixture study(space);
    study.job.budget.trials = 5000;
    study.job.reuse = Reuse::genotype;
    study.make_strategy = [] { return std::make_unique<Stubborn>(); };
    CHECK(study.run().reason == "the space is exhausted: 1000 results in a row were known");
    CHECK(study.by_hash.seen().size() == 1);
    CHECK(study.trials().size() == 1 + 1000 + 3);  // the lag's trials were on their way
}

TEST_CASE("an objective that is NaN or missing fails the trial with a reason",
          "[search][study_driver]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    study.job.budget.trials = 2;
    const FakeEvaluator bad({"error"}, [](const Candidate& candidate, const evaluators::Context&) {
        return candidate.number == 0 ? Measurement{.metrics = {{"error", std::nan("")}}}
                                     : Measurement{};
    });
    study.evaluator = &bad;
    study.run();
    CHECK(study.trials()[0].failure->kind == FailureKind::diverged);
    CHECK(study.trials()[0].failure->reason == "error is nan");
    CHECK(study.trials()[1].failure->kind == FailureKind::crashed);
    CHECK(study.trials()[1].failure->reason == "the evaluation gave no 'error'");
}

TEST_CASE("a cost budget ends the search at the same trial with any number of workers",
          "[search][study_driver]") {
    const FakeSpace space = tests::cell_space();
    for (const int workers : {1, 3}) {
        StudyFixture study(space);
        study.job.budget = {.cost = Seconds(10.0)};
        CHECK(study.run(workers).reason == "budget: 10 s of evaluations");
        CHECK(study.trials().size() == 10 + 3);
    }
}

TEST_CASE("a cost budget that nothing is spent of ends the search", "[search][study_driver]") {
    const FakeSpace space = tests::real_space(3);
    StudyFixture study(space);
    study.job.budget = {.cost = Seconds(10.0)};
    const FakeEvaluator broken({"error"}, [](const Candidate&, const evaluators::Context&) {
        return Failure{FailureKind::crashed, "broken"};
    });
    study.evaluator = &broken;
    CHECK(study.run().reason ==
          "nothing to spend the budget on: 1000 trials in a row cost nothing");
    study.job.budget.trials = 1200;  // ends by itself
    CHECK(study.run().reason == "budget: 1200 trials");
}

TEST_CASE("without a lag, trials are told as they end", "[search][study_driver]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    study.job.lag = std::nullopt;
    CHECK(study.run(3).state == StudyState::complete);
    CHECK(study.trials().size() == 40);
    study.job.budget.trials = 50;
    study.run(3);
    CHECK(study.trials().size() == 50);
}

TEST_CASE("observers hear of every trial after it was stored", "[search][study_driver]") {
    const FakeSpace space = tests::cell_space();
    StudyFixture study(space);
    Listener listener;
    study.observers = {&listener};
    study.run(2);
    CHECK(listener.finished == 40);
    CHECK(listener.last.complete == 40);
    CHECK(listener.last.cost.count() == 40.0);
    CHECK(listener.front == study.store->front(*study.study));
}

TEST_CASE("a report under a lost fence is told to stop, and its result is dropped",
          "[search][lease_desk]") {
    LeaseDesk desk;
    desk.offer({.candidate = {.number = 3}});
    const Lease lease = desk.lease({}).value();
    CHECK(desk.report(lease.key(), 0, {{"error", 1.0}}) == Heard::go_on);
    desk.finish(lease.key(), Measurement{});
    CHECK(desk.report(lease.key(), 1, {{"error", 1.0}}) == Heard::lost);
    desk.finish(lease.key(), Measurement{});
    const LeaseDesk::Mail mail = desk.take_mail();
    CHECK(mail.reports.size() == 1);
    CHECK(mail.results.size() == 1);
    CHECK(desk.open() == 0);
    desk.close();
    CHECK_FALSE(desk.lease({}).has_value());
}

}  // namespace parnas::search
