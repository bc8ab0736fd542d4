// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/error.h"
#include "evaluators/evaluator.h"
#include "hw_models/hardware_model.h"
#include "store/store.h"

// Surroundings as tests need them.
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

// Every evaluation takes a time that depends on its candidate's seed, so that with several
// workers trials end in another order than they began.
class DelayedEvaluator final : public evaluators::Evaluator {
  public:
    DelayedEvaluator(const evaluators::Evaluator& inner, std::chrono::microseconds longest)
        : inner_(inner), longest_(longest) {}

    std::string fingerprint() const override { return inner_.fingerprint(); }
    std::vector<std::string> metrics() const override { return inner_.metrics(); }
    void check_space(const spaces::SearchSpace& space, Faults& faults) const override {
        inner_.check_space(space, faults);
    }
    Outcome evaluate(const Candidate& candidate,
                     const evaluators::Context& context) const override {
        std::this_thread::sleep_for(longest_ * (candidate.seed % 8) / 8);
        return inner_.evaluate(candidate, context);
    }

  private:
    const evaluators::Evaluator& inner_;
    std::chrono::microseconds longest_;
};

// Every `period`-th seed fails, the kinds of failure taking turns.
class FlakyEvaluator final : public evaluators::Evaluator {
  public:
    FlakyEvaluator(const evaluators::Evaluator& inner, std::uint64_t period)
        : inner_(inner), period_(period) {}

    std::string fingerprint() const override { return inner_.fingerprint(); }
    std::vector<std::string> metrics() const override { return inner_.metrics(); }
    void check_space(const spaces::SearchSpace& space, Faults& faults) const override {
        inner_.check_space(space, faults);
    }
    Outcome evaluate(const Candidate& candidate,
                     const evaluators::Context& context) const override {
        if (candidate.seed % period_ != 0)
            return inner_.evaluate(candidate, context);
        static constexpr FailureKind kKinds[] = {FailureKind::diverged,
                                                 FailureKind::out_of_memory,
                                                 FailureKind::timed_out,
                                                 FailureKind::crashed};
        return Failure{kKinds[candidate.seed / period_ % 4], "flaky"};
    }

  private:
    const evaluators::Evaluator& inner_;
    std::uint64_t period_;
};

// Adds normal noise, drawn from the candidate's seed, to every metric.
class NoisyEvaluator final : public evaluators::Evaluator {
  public:
    NoisyEvaluator(const evaluators::Evaluator& inner, double stddev)
        : inner_(inner), stddev_(stddev) {}

    std::string fingerprint() const override { return inner_.fingerprint(); }
    std::vector<std::string> metrics() const override { return inner_.metrics(); }
    void check_space(const spaces::SearchSpace& space, Faults& faults) const override {
        inner_.check_space(space, faults);
    }
    Outcome evaluate(const Candidate& candidate,
                     const evaluators::Context& context) const override {
        Outcome outcome = inner_.evaluate(candidate, context);
        Rng rng(candidate.seed);
        if (auto* measurement = std::get_if<Measurement>(&outcome))
            for (auto& [name, value] : measurement->metrics)
                value += stddev_ * rng.normal();
        return outcome;
    }

  private:
    const evaluators::Evaluator& inner_;
    double stddev_;
};

// A millisecond for every thousand parameters.
class FakeHardwareModel final : public hw_models::HardwareModel {
  public:
    explicit FakeHardwareModel(std::function<double(const spaces::Network&)> latency_ms)
        : latency_ms_(std::move(latency_ms)) {
        target_.name = "fake";
    }

    const hw_models::Target& target() const override { return target_; }
    std::string fingerprint() const override { return "fake target"; }
    std::vector<hw_models::Estimate> estimate(std::span<const spaces::Network* const> networks,
                                              const std::stop_token&) const override {
        std::vector<hw_models::Estimate> estimates;
        for (const spaces::Network* network : networks) {
            ++asked_;
            const double latency = latency_ms_(*network);
            estimates.push_back(
                {.latency_ms = latency, .low_ms = 0.9 * latency, .high_ms = 1.1 * latency});
        }
        return estimates;
    }
    int asked() const { return asked_; }

  private:
    hw_models::Target target_;
    std::function<double(const spaces::Network&)> latency_ms_;
    mutable std::atomic<int> asked_ = 0;
};

// Forwards to a store; before the n-th commit (from 1) it calls a hook, which may throw.
class FlakyStore final : public store::Store {
  public:
    using Hook = std::function<void(int commit)>;

    FlakyStore(store::Store& inner, Hook before_commit)
        : inner_(inner), before_commit_(std::move(before_commit)) {}

    StudyId create_study(const store::StudySpec& spec) override {
        return inner_.create_study(spec);
    }
    std::vector<store::StudyRecord> studies() const override { return inner_.studies(); }
    store::StudyRecord study(StudyId id) const override { return inner_.study(id); }
    store::StudyRecord find_study(std::string_view name) const override {
        return inner_.find_study(name);
    }
    store::Driver acquire_study(StudyId id, const store::Holder& holder, Seconds ttl) override {
        return inner_.acquire_study(id, holder, ttl);
    }
    void renew(const store::Driver& driver) override { inner_.renew(driver); }
    void release(const store::Driver& driver) override { inner_.release(driver); }
    std::optional<store::Holder> holder(StudyId id) const override { return inner_.holder(id); }
    void commit(const store::Batch& batch) override {
        before_commit_(++commits_);
        inner_.commit(batch);
    }
    std::vector<store::TrialRecord> trials(StudyId id,
                                           TrialNumber first,
                                           std::int64_t limit) const override {
        return inner_.trials(id, first, limit);
    }
    store::TrialRecord trial(StudyId id, TrialNumber number) const override {
        return inner_.trial(id, number);
    }
    std::vector<store::FrontChange> front_history(StudyId id) const override {
        return inner_.front_history(id);
    }
    std::vector<TrialNumber> front(StudyId id) const override { return inner_.front(id); }
    std::optional<store::TrialRecord> find_result(const Digest& key) const override {
        return inner_.find_result(key);
    }
    std::vector<store::Event> events(StudyId id, std::int64_t after_seq) const override {
        return inner_.events(id, after_seq);
    }
    std::string artifact(const ArtifactId& id) const override { return inner_.artifact(id); }

  private:
    store::Store& inner_;
    Hook before_commit_;
    int commits_ = 0;
};

}  // namespace parnas::tests
