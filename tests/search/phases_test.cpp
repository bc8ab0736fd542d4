// SPDX-License-Identifier: Apache-2.0
#include <atomic>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "spaces/overloaded.h"
#include "tests/search/observers.h"
#include "tests/search/study_fixture.h"
#include "tests/support/catch.h"

namespace parnas::search {
namespace {

using evaluators::PhaseContext;
using evaluators::PhaseOutcome;
using evaluators::PhaseResult;
using store::StudyState;
using tests::FakeSpace;
using tests::PhasedEvaluator;
using tests::StopAfter;
using tests::StudyFixture;

// All that a strategy was told, as one text: what it decides depends on each word of it.
std::string spell(const Finished& finished) {
    return std::visit(
        spaces::Overloaded{[](const Trial& trial) {
                               std::string text = " trial " + std::to_string(trial.number) +
                                                  std::string(to_string(trial.state));
                               for (const double value : trial.objectives)
                                   text += ' ' + std::to_string(value);
                               return text;
                           },
                           [](const FinishedPhase& phase) {
                               return " phase " + std::to_string(phase.index) + phase.phase.name +
                                      phase.phase.settings + phase.result.attachment +
                                      to_string(phase.checkpoint.value());
                           }},
        finished);
}

// Three phases, and one more after each fifth trial that it was told of. Trials start from the
// last checkpoint.
class Alternating : public Strategy {
  public:
    Step next(const AskContext& context) override {
        const std::string digest = to_string(hash_bytes(history_));
        if (phases_ < 3 + trials_ / 5)
            return Phase{.name = "supernet",
                         .settings = R"({"epoch": )" + std::to_string(phases_) + R"(, "told": ")" +
                                     digest + "\"}",
                         .warm_start = checkpoint_};
        return Proposal{.genotype = spaces::sample_feasible(context.space, context.rng),
                        .warm_start = checkpoint_,
                        .attributes = {{"reason", "\"random\""}, {"told", '"' + digest + '"'}}};
    }
    void tell(std::span<const Finished> finished) override {
        for (const Finished& each : finished) {
            history_ += spell(each);
            const auto* phase = std::get_if<FinishedPhase>(&each);
            ++(phase != nullptr ? phases_ : trials_);
            if (phase != nullptr)
                checkpoint_ = phase->checkpoint;
        }
    }

  protected:
    std::string history_;
    std::int64_t phases_ = 0;
    std::int64_t trials_ = 0;
    std::optional<ArtifactId> checkpoint_;
};

// Each phase's checkpoint has the one before in it.
PhaseOutcome train(const Phase& phase, const PhaseContext& context) {
    const std::string before = phase.warm_start ? context.load(*phase.warm_start) : "";
    context.save_checkpoint("not this one");
    context.save_checkpoint(to_string(hash_bytes(before + phase.settings)));
    return PhaseResult{.metrics = {{"loss", static_cast<double>(context.seed % 1000)}},
                       .attachment = R"({"alphas": [)" + std::to_string(before.size()) + "]}",
                       .cost = Seconds(2.0)};
}

struct PhasedStudy : StudyFixture {
    explicit PhasedStudy(const spaces::SearchSpace& searched,
                         PhasedEvaluator::Function run_phase = train)
        : StudyFixture(searched), phased(delayed, std::move(run_phase)) {
        job.budget.trials = 20;
        evaluator = &phased;
        make_strategy = [] { return std::make_unique<Alternating>(); };
    }

    std::vector<store::PhaseRecord> phases() const { return store->phases(*study); }

    tests::FlakyEvaluator flaky{by_hash, 6};
    tests::DelayedEvaluator delayed{flaky, std::chrono::microseconds(300)};
    PhasedEvaluator phased;
};

std::vector<std::string> undisturbed_log(const FakeSpace& space, std::optional<int> lag) {
    PhasedStudy study(space);
    study.job.lag = lag;
    CHECK(study.run().reason == "budget: 20 trials");
    return study.log();
}

}  // namespace

TEST_CASE("phases and trials are done as the strategy asks for them", "[search][phases]") {
    const FakeSpace space = tests::cell_space();
    std::vector<std::uint64_t> seeds;
    int threads = 0;
    PhasedStudy study(space, [&](const Phase& phase, const PhaseContext& context) {
        seeds.push_back(context.seed);
        threads = context.threads;
        CHECK(&context.space == &space);
        return train(phase, context);
    });
    tests::Listener listener;
    study.observers = {&listener};
    CHECK(study.run(3).reason == "budget: 20 trials");
    const std::vector<store::PhaseRecord> phases = study.phases();
    REQUIRE(phases.size() == 6);  // trials 0 to 16 were told before the last proposal
    std::vector<std::int64_t> told;
    for (const store::PhaseRecord& phase : phases) {
        told.push_back(phase.told);
        CHECK(phase.metrics.at("loss") ==
              static_cast<double>(seeds.at(static_cast<std::size_t>(phase.index)) % 1000));
        CHECK(phase.cost == Seconds(2.0));
        CHECK(phase.started <= phase.finished);
    }
    CHECK(told == std::vector<std::int64_t>{0, 0, 0, 5, 10, 15});
    CHECK(std::set(seeds.begin(), seeds.end()).size() == 6);
    CHECK(threads == 3);
    for (const store::TrialRecord& trial : study.trials())
        CHECK(trial.warm_start.has_value());

    CHECK(listener.phases.size() == 6);
    CHECK(listener.last.phases == 6);
    CHECK(listener.phase_reports.at(0).share == 0.0);
    CHECK(listener.phase_reports.at(0).name == "supernet");
    CHECK(listener.finished == 20);
}

TEST_CASE("of the checkpoints the last stays, and those that trials start from",
          "[search][phases]") {
    const FakeSpace space = tests::cell_space();
    PhasedStudy study(space);
    study.job.budget.trials = 10;
    study.run();
    const std::vector<store::PhaseRecord> phases = study.phases();
    REQUIRE(phases.size() == 4);
    const auto is_stored = [&](const store::PhaseRecord& phase) {
        try {
            return !study.store->artifact(phase.checkpoint.value()).empty();
        } catch (const Error&) {
            return false;
        }
    };
    CHECK_FALSE(is_stored(phases[0]));
    CHECK_FALSE(is_stored(phases[1]));
    CHECK(is_stored(phases[2]));  // trials 0 to 8
    CHECK_FALSE(phases[2].kept);
    CHECK(is_stored(phases[3]));
    CHECK(phases[3].kept);
}

TEST_CASE("a phase without a checkpoint leaves the one before in place", "[search][phases]") {
    const FakeSpace space = tests::cell_space();
    PhasedStudy study(space, [](const Phase&, const PhaseContext& context) {
        if (context.progress)
            context.progress(0.5, {});
        context.save_checkpoint("the same bytes");
        return PhaseResult{};
    });
    study.job.budget.trials = 1;
    study.run();
    REQUIRE(study.phases().size() == 3);
    CHECK(study.phases()[2].kept);
    CHECK(study.store->artifact(hash_bytes("the same bytes")) == "the same bytes");
}

TEST_CASE("with phases the log is the same with one, two and four workers", "[search][phases]") {
    const FakeSpace space = tests::cell_space();
    for (const int lag : {1, 4}) {
        const auto expected = undisturbed_log(space, lag);
        for (const int workers : {1, 2, 4}) {
            PhasedStudy study(space);
            study.job.lag = lag;
            study.run(workers);
            CHECK(study.log() == expected);
        }
    }
}

TEST_CASE("a study with phases that was killed at any commit resumes to the same log",
          "[search][phases]") {
    const FakeSpace space = tests::cell_space();
    for (const std::optional<int> lag : {std::optional(1), std::optional(4), std::optional<int>()})
        for (const int workers : {1, 2}) {
            if (!lag && workers > 1)
                continue;  // who is quicker decides what is told
            const auto expected = undisturbed_log(space, lag);
            bool killed = true;
            for (int killed_at = 1; killed; ++killed_at) {
                PhasedStudy study(space);
                study.job.lag = lag;
                killed = study.run_killed_at(killed_at, workers);
                CHECK(study.run(workers).state == StudyState::complete);
                CHECK(study.log() == expected);
            }
        }
}

TEST_CASE("a study that is killed again and again resumes to the same log", "[search][phases]") {
    const FakeSpace space = tests::cell_space();
    const auto expected = undisturbed_log(space, 4);
    PhasedStudy study(space);
    while (study.run_killed_at(4, 2)) {
    }
    CHECK(study.log() == expected);
}

TEST_CASE("a phase that Ctrl-C cancels leaves nothing behind and is asked for again",
          "[search][phases]") {
    const FakeSpace space = tests::cell_space();
    const auto expected = undisturbed_log(space, 4);
    for (const int stopped_in : {1, 3, 4, 6}) {
        std::stop_source stop;
        std::atomic<int> begun = 0;
        PhasedStudy study(space, [&](const Phase& phase, const PhaseContext& context) {
            if (++begun != stopped_in)
                return train(phase, context);
            stop.request_stop();
            while (!context.stop.stop_requested())
                std::this_thread::yield();
            return PhaseOutcome(Failure{FailureKind::cancelled, "stopped"});
        });
        CHECK(study.run(2, stop.get_token()).state == StudyState::stopped);
        CHECK(study.phases().size() == static_cast<std::size_t>(stopped_in - 1));
        CHECK(study.run(2).state == StudyState::complete);
        CHECK(study.log() == expected);
    }
}

TEST_CASE("what a phase's runner throws once it is to stop does not fail the study",
          "[search][phases]") {
    const FakeSpace space = tests::cell_space();
    std::stop_source stop;
    PhasedStudy study(space, [&](const Phase&, const PhaseContext& context) -> PhaseOutcome {
        stop.request_stop();
        while (!context.stop.stop_requested())
            std::this_thread::yield();
        throw Error(ErrorKind::unavailable, "stopped");
    });
    CHECK(study.run(1, stop.get_token()).state == StudyState::stopped);
    CHECK(study.phases().empty());
}

TEST_CASE("a study that was stopped at any trial resumes with its phases to the same log",
          "[search][phases]") {
    const FakeSpace space = tests::cell_space();
    const auto expected = undisturbed_log(space, 4);
    for (const std::int64_t stopped_after : {1, 5, 6, 9, 12}) {
        PhasedStudy study(space);
        std::stop_source stop;
        StopAfter stopper(stopped_after, stop);
        study.observers = {&stopper};
        CHECK(study.run(2, stop.get_token()).state == StudyState::stopped);
        study.observers = {};
        CHECK(study.run(2).state == StudyState::complete);
        CHECK(study.log() == expected);
    }
}

TEST_CASE("a phase that fails ends the study and says which and why", "[search][phases]") {
    const FakeSpace space = tests::cell_space();
    const auto end_with = [&](const PhasedEvaluator::Function& fourth) {
        std::atomic<int> begun = 0;
        PhasedStudy study(space, [&](const Phase& phase, const PhaseContext& context) {
            return ++begun < 4 ? train(phase, context) : fourth(phase, context);
        });
        const StudyEnd end = study.run(2);
        CHECK(end.state == StudyState::failed);
        CHECK(study.store->study(*study.study).state_reason == end.reason);
        CHECK(study.phases().size() == 3);
        // What was evaluated is recorded; what no worker had taken by then stays open.
        for (const TrialNumber number : study.by_hash.seen())
            CHECK(is_finished(study.trials().at(static_cast<std::size_t>(number)).state));
        return end.reason;
    };
    CHECK(end_with([](const Phase&, const PhaseContext&) {
              return Failure{FailureKind::diverged, "the loss is NaN"};
          }) == "phase 'supernet' (index 3) failed: diverged: the loss is NaN");
    CHECK(end_with([](const Phase&, const PhaseContext&) -> PhaseOutcome {
              throw Error(ErrorKind::unavailable, "no memory");
          }) == "phase 'supernet' (index 3) failed: crashed: no memory");
    CHECK(end_with([](const Phase&, const PhaseContext&) {
              return Failure{FailureKind::cancelled, "by itself"};
          }) == "phase 'supernet' (index 3) failed: cancelled: by itself");
    CHECK_THAT(end_with([](const Phase&, const PhaseContext&) {
                   return PhaseResult{.attachment = "[1,"};
               }),
               Catch::Contains("(index 3) failed: crashed: its attachment is not JSON: [1,"));
}

TEST_CASE("an evaluator without a runner fails a study that needs one", "[search][phases]") {
    const FakeSpace space = tests::cell_space();
    PhasedStudy study(space);
    study.evaluator = &study.by_hash;
    const StudyEnd end = study.run();
    CHECK(end.state == StudyState::failed);
    CHECK_THAT(end.reason,
               Catch::Contains("phase 'supernet' (index 0)") &&
                   Catch::Contains("no shared weights to train"));
}

TEST_CASE("a strategy that throws is told phases and trials once more in the same order",
          "[search][phases]") {
    const FakeSpace space = tests::cell_space();
    // Throws once it knows so many phases, the first two times.
    struct Throwing final : Alternating {
        Throwing(std::int64_t limit, int& left) : limit_(limit), left_(left) {}
        Step next(const AskContext& context) override {
            throw_at_limit();
            return Alternating::next(context);
        }
        void throw_at_limit() {
            if (phases_ == limit_ && left_-- > 0)
                throw std::runtime_error("now");
        }
        std::int64_t limit_;
        int& left_;
    };
    for (const std::optional<int> lag : {std::optional(4), std::optional<int>()}) {
        const auto expected = undisturbed_log(space, lag);
        for (const std::int64_t limit : {1, 3, 5}) {
            PhasedStudy study(space);
            study.job.lag = lag;
            int left = 2;
            study.make_strategy = [&] { return std::make_unique<Throwing>(limit, left); };
            CHECK(study.run(lag ? 2 : 1).state == StudyState::complete);
            CHECK(left <= 0);
            CHECK(study.log() == expected);
        }
    }
}

TEST_CASE("a phase whose settings are not JSON counts as an exception of the strategy",
          "[search][phases]") {
    const FakeSpace space = tests::cell_space();
    struct Careless final : Strategy {
        Step next(const AskContext&) override { return Phase{.name = "p", .settings = "{"}; }
        void tell(std::span<const Finished>) override {}
    };
    PhasedStudy study(space);
    study.make_strategy = [] { return std::make_unique<Careless>(); };
    CHECK_THAT(study.run().reason, Catch::Contains("the settings of phase 'p' are not JSON"));
}

TEST_CASE("without a lag phases are told between the trials that ended before them",
          "[search][phases]") {
    const FakeSpace space = tests::cell_space();
    // By phase, the trials that were told before.
    using Places = std::map<std::int64_t, std::set<TrialNumber>>;
    struct Noting final : Alternating {
        explicit Noting(Places& places) : places_(places) {}
        void tell(std::span<const Finished> finished) override {
            for (const Finished& each : finished) {
                if (const auto* phase = std::get_if<FinishedPhase>(&each))
                    places_[phase->index] = told_;
                else
                    told_.insert(std::get<Trial>(each).number);
            }
            Alternating::tell(finished);
        }
        Places& places_;
        std::set<TrialNumber> told_;
    };
    PhasedStudy study(space);
    study.job.lag = std::nullopt;
    Places live;
    study.make_strategy = [&] { return std::make_unique<Noting>(live); };
    CHECK(study.run(3).state == StudyState::complete);
    REQUIRE(live.size() == 6);
    Places resumed;
    study.make_strategy = [&] { return std::make_unique<Noting>(resumed); };
    study.job.budget.trials = 24;
    CHECK(study.run(3).state == StudyState::complete);
    REQUIRE(resumed.size() >= 6);
    for (const auto& [phase, told] : live)
        CHECK(resumed.at(phase) == told);
}

TEST_CASE("phases count in a budget of cost", "[search][phases]") {
    const FakeSpace space = tests::cell_space();
    PhasedStudy study(space);
    study.job.lag = 1;
    study.job.budget = {.cost = Seconds(9.5)};
    tests::Listener listener;
    study.observers = {&listener};
    const StudyEnd end = study.run();
    CHECK(end.state == StudyState::complete);
    CHECK(end.reason == "budget: 9.5 s of evaluations");
    CHECK(study.phases().size() == 3);
    double cost = 6.0;
    for (const store::TrialRecord& trial : study.trials())
        cost += trial.cost.count();
    CHECK(listener.last.cost.count() == cost);
    CHECK(cost == 10.0);
}

TEST_CASE("phases that cost nothing do not go on for ever", "[search][phases]") {
    const FakeSpace space = tests::cell_space();
    struct Endless final : Strategy {
        Step next(const AskContext&) override { return Phase{.name = "p", .settings = "{}"}; }
        void tell(std::span<const Finished>) override {}
    };
    PhasedStudy study(space, [](const Phase&, const PhaseContext&) { return PhaseResult{}; });
    study.make_strategy = [] { return std::make_unique<Endless>(); };
    study.job.budget = {.cost = Seconds(1.0)};
    CHECK_THAT(study.run().reason, Catch::Contains("nothing to spend the budget on"));
}

}  // namespace parnas::search
