// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include "store/service_store.h"
#include "tests/search/study_fixture.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

using store::AttemptState;
using store::StudyState;
using tests::FakeSpace;
using tests::StopsIf;
using tests::StudyFixture;

constexpr Seconds kLong{60.0};
constexpr Seconds kShortLived{0.002};

// The driver of a study on a thread of its own, with a desk to work at: what a server has.
class Session {
  public:
    explicit Session(StudyFixture& study)
        : study_(study), desk_({.pause = Seconds(0.002), .restores = true}) {
        study_.create();
        const store::ServiceStore& kept = store::service_store(*study_.store);
        for (const store::AttemptRecord& attempt : kept.open_attempts(*study_.study))
            remote_.out.push_back({attempt.number, attempt.attempt, attempt.ttl});
        remote_.lost_workers = [this, &kept](TrialNumber number) {
            std::vector<std::string> lost;
            for (const store::AttemptRecord& attempt : kept.attempts(*study_.study, number))
                if (attempt.state == AttemptState::expired)
                    lost.push_back(attempt.worker);
            return lost;
        };
        driver_ = std::jthread([this](const std::stop_token& stop) {
            end_ = study_.drive(*study_.store, desk_, 1, &remote_, stop);
        });
    }

    LeaseDesk& desk() { return desk_; }

    // Nullopt: the study has ended.
    std::optional<Lease> lease(const std::string& worker,
                               Seconds ttl = kLong,
                               std::optional<Seconds> progress = std::nullopt) {
        std::optional<Lease> lease = desk_.lease({});
        if (!lease)
            return std::nullopt;
        const store::AttemptStart start{.lease = "lse_" + std::to_string(lease->candidate.number) +
                                                 "_" + std::to_string(lease->attempt),
                                        .number = lease->candidate.number,
                                        .attempt = lease->attempt,
                                        .worker = worker,
                                        .ttl = ttl,
                                        .granted = now()};
        store::service_store(*study_.store).grant(*study_.study, std::span(&start, 1));
        desk_.make_remote(lease->key(), {.ttl = ttl, .progress = progress});
        return lease;
    }

    TrialState finish(const Lease& lease) {
        const evaluators::Context context{.space = study_.space};
        while (desk_.renew(lease.key()) == Heard::closed)
            std::this_thread::yield();
        return desk_.finish(lease.key(), study_.evaluator->evaluate(lease.candidate, context))
            .get();
    }

    // With what is left, until the study ends.
    StudyEnd work() {
        while (const std::optional<Lease> lease = this->lease("wrk_1"))
            finish(*lease);
        driver_.join();
        return end_;
    }

    StudyEnd stop() {
        driver_.request_stop();
        driver_.join();
        return end_;
    }

  private:
    StudyFixture& study_;
    LeaseDesk desk_;
    RemoteLeases remote_;
    StudyEnd end_;
    std::jthread driver_;
};

}  // namespace

TEST_CASE("a study that is evaluated elsewhere gives the log of one that is evaluated here",
          "[search][remote]") {
    const FakeSpace space = tests::mixed_space();
    StudyFixture here(space);
    here.job.finalists = 2;
    here.run(2);
    StudyFixture elsewhere(space);
    elsewhere.job.finalists = 2;
    Session session(elsewhere);
    CHECK(session.work().reason == "budget: 40 trials");
    CHECK(elsewhere.log() == here.log());
    for (const auto& attempt :
         store::service_store(*elsewhere.store).attempts(*elsewhere.study, 17))
        CHECK(attempt.state == AttemptState::ok);
}

TEST_CASE("without a lag there is always one trial more than workers have", "[search][remote]") {
    const FakeSpace space = tests::mixed_space();
    StudyFixture study(space);
    study.job.lag.reset();
    Session session(study);
    const Lease first = session.lease("wrk_1").value();
    const Lease second = session.lease("wrk_2").value();
    const Lease third = session.lease("wrk_3").value();
    session.finish(second);
    session.stop();
    CHECK(study.trials().size() <= 5);
    CHECK(study.trials().at(1).state == TrialState::complete);
    CHECK(study.trials().at(0).state == TrialState::running);
}

TEST_CASE("what a worker has it still has when the server was restarted", "[search][remote]") {
    const FakeSpace space = tests::mixed_space();
    StudyFixture study(space);
    std::vector<Lease> leases;
    {
        Session before(study);
        for (int i = 0; i < 3; ++i)
            leases.push_back(before.lease("wrk_" + std::to_string(i)).value());
        before.finish(leases[1]);
        CHECK(before.stop().state == StudyState::stopped);
    }
    Session after(study);
    after.finish(leases[0]);
    CHECK_THROWS_AS(after.finish(leases[1]), Error);  // was recorded before
    after.finish(leases[2]);
    CHECK(after.work().state == StudyState::complete);
    for (const Lease& lease : leases)
        CHECK(study.trials().at(static_cast<std::size_t>(lease.candidate.number)).attempt == 1);
}

TEST_CASE("a trial whose worker is lost goes to the next as a new attempt", "[search][remote]") {
    const FakeSpace space = tests::mixed_space();
    StudyFixture study(space);
    study.job.budget.trials = 2;
    Session session(study);
    const Lease lost = session.lease("wrk_lost", kShortLived).value();
    session.desk().report(lost.key(), 1, {{"error", 3.0}});
    CHECK(session.work().state == StudyState::complete);
    CHECK_THROWS_AS(session.finish(lost), Error);
    const store::TrialRecord trial =
        study.trials().at(static_cast<std::size_t>(lost.candidate.number));
    CHECK(trial.state == TrialState::complete);
    CHECK(trial.attempt == 2);
    CHECK(trial.reports.empty());
    const auto attempts =
        store::service_store(*study.store).attempts(*study.study, lost.candidate.number);
    REQUIRE(attempts.size() == 2);
    CHECK(attempts[0].state == AttemptState::expired);
    CHECK(attempts[0].worker == "wrk_lost");
    CHECK(attempts[1].state == AttemptState::ok);
}

TEST_CASE("a trial with which three workers were lost fails", "[search][remote]") {
    const FakeSpace space = tests::mixed_space();
    StudyFixture study(space);
    study.job.budget.trials = 1;
    Session session(study);
    for (int i = 0; i < 3; ++i)
        CHECK(session.lease("wrk_" + std::to_string(i), kShortLived).value().attempt == i + 1);
    CHECK(session.work().state == StudyState::complete);
    const store::TrialRecord trial = study.trials().at(0);
    CHECK(trial.state == TrialState::fail);
    CHECK_THAT(trial.failure.value().reason, Catch::Contains("3 workers"));
}

TEST_CASE("a worker that beats and makes no progress loses its trial, and the study says why",
          "[search][remote]") {
    const FakeSpace space = tests::mixed_space();
    StudyFixture study(space);
    study.job.budget.trials = 1;
    study.job.leases.progress_deadline = kShortLived;
    Session session(study);
    const Lease stuck = session.lease("wrk_stuck", kLong, kShortLived).value();
    while (session.desk().renew(stuck.key()) != Heard::lost)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    CHECK(session.work().state == StudyState::complete);
    CHECK(study.trials().at(0).attempt == 2);
    const auto attempts = store::service_store(*study.store).attempts(*study.study, 0);
    REQUIRE(attempts.size() == 2);
    CHECK(attempts[0].state == AttemptState::expired);
    CHECK(attempts[0].reason == "its worker reported no progress for 0.002 s");
}

TEST_CASE("an attempt that is given back is not held against the trial", "[search][remote]") {
    const FakeSpace space = tests::mixed_space();
    StudyFixture study(space);
    study.job.budget.trials = 1;
    Session session(study);
    for (int i = 0; i < 5; ++i)
        session.desk().give_back(session.lease("wrk_1").value().key()).get();
    CHECK(session.work().state == StudyState::complete);
    CHECK(study.trials().at(0).state == TrialState::complete);
    CHECK(study.trials().at(0).attempt == 6);
}

TEST_CASE("a search goes on to the budget that it is given while it runs", "[search][remote]") {
    const FakeSpace space = tests::mixed_space();
    StudyFixture study(space);
    study.job.lag.reset();
    study.job.budget.trials = 2;
    Session session(study);
    const Lease first = session.lease("wrk_1").value();
    session.finish(session.lease("wrk_1").value());

    SECTION("a larger one, also when nothing was left of the old one") {
        session.desk().allow({.trials = 6});
        session.finish(first);
        CHECK(session.work().reason == "budget: 6 trials");
        CHECK(study.trials().size() == 6);
    }
    SECTION("a smaller one ends it with the trials that have begun") {
        session.desk().allow({.trials = 1});
        session.finish(first);
        CHECK(session.work().reason == "budget: 1 trials");
        CHECK(study.trials().size() == 2);
    }
}

TEST_CASE("trials that are added are numbered, evaluated and told as the search's own",
          "[search][remote]") {
    const FakeSpace space = tests::mixed_space();
    StudyFixture study(space);
    study.job.lag.reset();
    study.job.budget.trials = 8;
    Session session(study);
    const Lease own = session.lease("wrk_1").value();
    Rng rng(7);
    const Genotype queued = spaces::sample_feasible(space, rng);
    const Genotype known = spaces::sample_feasible(space, rng);
    std::vector<TrialNumber> told;
    const std::vector<TrialNumber> numbers =
        session.desk()
            .add({.trials = {{.genotype = queued},
                             {.genotype = known, .observed = Metrics{{"error", -5.0}}}},
                  .answer =
                      [&](std::span<const TrialNumber> added) {
                          told.assign(added.begin(), added.end());
                          return std::optional<store::Answer>();
                      }})
            .get();
    REQUIRE(numbers.size() == 2);
    CHECK(told == numbers);
    const auto at = [&](TrialNumber number) {
        return study.trials().at(static_cast<std::size_t>(number));
    };
    CHECK(at(numbers[0]).state == TrialState::running);
    CHECK(at(numbers[1]).state == TrialState::complete);
    CHECK(at(numbers[1]).metrics.at("error") == -5.0);
    CHECK_FALSE(at(numbers[1]).reuse_key.has_value());
    CHECK(study.store->front(*study.study) == std::vector{numbers[1]});

    session.finish(own);
    CHECK(session.work().reason == "budget: 8 trials");
    CHECK(study.trials().size() == 8);
    CHECK(at(numbers[0]).state == TrialState::complete);
    CHECK(at(numbers[0]).genotype == TrialCodec(space.params()).to_text(queued));
}

TEST_CASE("a pruner judges trials that are evaluated elsewhere", "[search][remote]") {
    const FakeSpace space = tests::mixed_space();
    StudyFixture study(space);
    study.job.budget.trials = 2;
    study.pruner = std::make_unique<StopsIf>(
        [](const Curve& curve) { return curve.number == 0 && curve.points.size() == 2; });
    Session session(study);
    const Lease first = session.lease("wrk_1").value();
    CHECK(session.desk().report(first.key(), 1, {{"error", 3.0}}) == Heard::go_on);
    CHECK(session.desk().report(first.key(), 2, {{"error", 2.0}}) == Heard::stop);
    CHECK(session.finish(first) == TrialState::pruned);
    CHECK(session.work().state == StudyState::complete);
    CHECK(study.trials().at(0).state == TrialState::pruned);
    CHECK(study.trials().at(1).state == TrialState::complete);
}

}  // namespace parnas::search
