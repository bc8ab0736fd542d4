// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "evaluators/evaluator.h"

// Surroundings as tests need them: evaluators.
namespace parnas::tests {

// A function of the candidate as an evaluator; remembers which trials it saw.
class FakeEvaluator : public evaluators::Evaluator {
  public:
    using Function = std::function<Outcome(const Candidate&, const evaluators::Context&)>;

    FakeEvaluator(std::vector<std::string> metrics, Function function)
        : metrics_(std::move(metrics)), function_(std::move(function)) {}

    std::string fingerprint() const override { return "fake"; }
    std::vector<std::string> metrics() const override { return metrics_; }
    void check_space(const spaces::SearchSpace&, Faults&) const override {}

    Outcome evaluate(const Candidate& candidate,
                     const evaluators::Context& context) const override {
        {
            const std::lock_guard lock(mutex_);
            seen_.insert(candidate.number);
        }
        return function_(candidate, context);
    }

    std::multiset<TrialNumber> seen() const {
        const std::lock_guard lock(mutex_);
        return seen_;
    }

  private:
    std::vector<std::string> metrics_;
    Function function_;
    mutable std::mutex mutex_;
    mutable std::multiset<TrialNumber> seen_;
};

// Evaluates as another evaluator does; what derives from it changes the outcome.
class WrappedEvaluator : public evaluators::Evaluator {
  public:
    explicit WrappedEvaluator(const evaluators::Evaluator& inner) : inner_(inner) {}

    std::string fingerprint() const override { return inner_.fingerprint(); }
    std::vector<std::string> metrics() const override { return inner_.metrics(); }
    void check_space(const spaces::SearchSpace& space, Faults& faults) const override {
        inner_.check_space(space, faults);
    }
    Outcome evaluate(const Candidate& candidate,
                     const evaluators::Context& context) const override {
        return inner_.evaluate(candidate, context);
    }
    std::unique_ptr<evaluators::PhaseRunner> make_phase_runner() const override {
        return inner_.make_phase_runner();
    }

  private:
    const evaluators::Evaluator& inner_;
};

// Runs phases with a function; evaluates as another evaluator does.
class PhasedEvaluator final : public WrappedEvaluator {
  public:
    using Function = std::function<evaluators::PhaseOutcome(const evaluators::Phase&,
                                                            const evaluators::PhaseContext&)>;

    PhasedEvaluator(const evaluators::Evaluator& inner, Function function)
        : WrappedEvaluator(inner), function_(std::move(function)) {}

    std::unique_ptr<evaluators::PhaseRunner> make_phase_runner() const override {
        class Runner final : public evaluators::PhaseRunner {
          public:
            explicit Runner(const Function& function) : function_(function) {}
            evaluators::PhaseOutcome run(const evaluators::Phase& phase,
                                         const evaluators::PhaseContext& context) override {
                return function_(phase, context);
            }

          private:
            const Function& function_;
        };
        return std::make_unique<Runner>(function_);
    }

  private:
    Function function_;
};

// Every evaluation takes a time that depends on its candidate's seed, so that with several
// workers trials end in another order than they began.
class DelayedEvaluator final : public WrappedEvaluator {
  public:
    DelayedEvaluator(const evaluators::Evaluator& inner, std::chrono::microseconds longest)
        : WrappedEvaluator(inner), longest_(longest) {}

    Outcome evaluate(const Candidate& candidate,
                     const evaluators::Context& context) const override {
        std::this_thread::sleep_for(longest_ * (candidate.seed % 8) / 8);
        return WrappedEvaluator::evaluate(candidate, context);
    }

  private:
    std::chrono::microseconds longest_;
};

// Every `period`-th seed fails, the kinds of failure taking turns.
class FlakyEvaluator final : public WrappedEvaluator {
  public:
    FlakyEvaluator(const evaluators::Evaluator& inner, std::uint64_t period)
        : WrappedEvaluator(inner), period_(period) {}

    Outcome evaluate(const Candidate& candidate,
                     const evaluators::Context& context) const override {
        if (candidate.seed % period_ != 0)
            return WrappedEvaluator::evaluate(candidate, context);
        static constexpr FailureKind kKinds[] = {FailureKind::diverged,
                                                 FailureKind::out_of_memory,
                                                 FailureKind::timed_out,
                                                 FailureKind::crashed};
        return Failure{kKinds[candidate.seed / period_ % 4], "flaky"};
    }

  private:
    std::uint64_t period_;
};

// Adds normal noise, drawn from the candidate's seed, to every metric.
class NoisyEvaluator final : public WrappedEvaluator {
  public:
    NoisyEvaluator(const evaluators::Evaluator& inner, double stddev)
        : WrappedEvaluator(inner), stddev_(stddev) {}

    Outcome evaluate(const Candidate& candidate,
                     const evaluators::Context& context) const override {
        Outcome outcome = WrappedEvaluator::evaluate(candidate, context);
        Rng rng(candidate.seed);
        if (auto* measurement = std::get_if<Measurement>(&outcome))
            for (auto& [name, value] : measurement->metrics)
                value += stddev_ * rng.normal();
        return outcome;
    }

  private:
    double stddev_;
};

}  // namespace parnas::tests
