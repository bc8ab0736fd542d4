// SPDX-License-Identifier: Apache-2.0
#include "evaluators/synthetic.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "core/rng.h"
#include "evaluators/mixed_cond.h"
#include "evaluators/synthetic_functions.h"

namespace parnas::evaluators {
namespace {

constexpr std::size_t kMaxObjectives = 16;

// What is evaluated: the objectives of a candidate and which spaces have what they need.
struct Problem {
    std::string name;
    std::size_t objectives = 1;
    std::function<std::vector<double>(const Candidate&, const Context&)> evaluate;
    std::function<void(const spaces::SearchSpace&, Faults&)> check;
};

bool is_numeric(const spaces::Param& param) {
    return !std::holds_alternative<spaces::Categorical>(param.domain);
}

std::vector<double> arguments(const Candidate& candidate, const Context& context) {
    const std::span<const spaces::Param> params = context.space.params();
    std::vector<double> x;
    for (std::size_t i = 0; i < params.size(); ++i)
        if (is_numeric(params[i]))
            x.push_back(std::visit([](auto value) { return static_cast<double>(value); },
                                   candidate.genotype.values[i]));
    return x;
}

void check_arguments(const SyntheticFunction& function,
                     const spaces::SearchSpace& space,
                     Faults& faults) {
    std::size_t count = 0;
    for (const spaces::Param& param : space.params()) {
        if (!is_numeric(param))
            continue;
        ++count;
        if (param.condition)
            faults.add(
                param.name,
                fmt::format("function {} needs parameters that are always active", function.name));
    }
    const std::size_t max = function.max_dimensions.value_or(count);
    if (count < function.min_dimensions || count > max)
        faults.add(std::string(space.name()),
                   fmt::format("function {} needs {}{} numeric parameters, the space has {}",
                               function.name,
                               function.max_dimensions ? "exactly " : "at least ",
                               function.min_dimensions,
                               count));
}

Problem make_problem(const SyntheticFunction& function) {
    return {std::string(function.name),
            function.objectives,
            [function](const Candidate& candidate, const Context& context) {
                return function.evaluate(arguments(candidate, context));
            },
            [function](const spaces::SearchSpace& space, Faults& faults) {
                check_arguments(function, space, faults);
            }};
}

Problem make_dtlz2(std::size_t objectives) {
    return {fmt::format("dtlz2 of {}", objectives),
            objectives,
            [objectives](const Candidate& candidate, const Context& context) {
                return dtlz2(arguments(candidate, context), objectives);
            },
            [objectives](const spaces::SearchSpace& space, Faults& faults) {
                check_arguments({.name = "dtlz2", .min_dimensions = objectives}, space, faults);
            }};
}

Problem make_mixed_cond() {
    return {
        "mixed_cond",
        1,
        [](const Candidate& candidate, const Context& context) {
            return std::vector<double>{mixed_cond(context.space.decode(candidate.genotype).values)};
        },
        check_mixed_cond};
}

Problem make_noop() {
    return {"noop",
            1,
            [](const Candidate&, const Context&) { return std::vector<double>{0.0}; },
            [](const spaces::SearchSpace&, Faults&) {}};
}

Problem read_problem(ObjectReader& options) {
    const std::string name = options.text("function");
    if (name == "dtlz2")
        return make_dtlz2(
            static_cast<std::size_t>(options.integer("objectives", 2, {2, kMaxObjectives})));
    if (name == "mixed_cond")
        return make_mixed_cond();
    const auto functions = synthetic_functions();
    const auto found = std::ranges::find(functions, name, &SyntheticFunction::name);
    if (found != functions.end())
        return make_problem(*found);
    if (!name.empty() && name != "noop") {
        std::string known = "noop, mixed_cond, dtlz2";
        for (const SyntheticFunction& each : functions)
            known += ", " + std::string(each.name);
        options.fault("function",
                      fmt::format("no function is named '{}'; known are: {}", name, known));
    }
    return make_noop();
}

// Whether the whole time passed; false if it was stopped.
bool wait(std::chrono::milliseconds time, const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait_for(lock, stop, time, [] { return false; });
    return !stop.stop_requested();
}

class SyntheticEvaluator : public Evaluator {
  public:
    SyntheticEvaluator(Problem problem, double noise, std::chrono::milliseconds delay)
        : problem_(std::move(problem)), noise_(noise), delay_(delay) {
        if (problem_.objectives == 1)
            metrics_ = {"value"};
        else
            for (std::size_t i = 1; i <= problem_.objectives; ++i)
                metrics_.push_back(fmt::format("f{}", i));
    }

    std::string fingerprint() const override {
        return fmt::format(
            "synthetic@1 {} noise={} delay_ms={}", problem_.name, noise_, delay_.count());
    }

    std::vector<std::string> metrics() const override { return metrics_; }

    void check_space(const spaces::SearchSpace& space, Faults& faults) const override {
        problem_.check(space, faults);
    }

    Outcome evaluate(const Candidate& candidate, const Context& context) const override {
        if (delay_.count() > 0 && !wait(delay_, context.stop))
            return Failure{FailureKind::cancelled, "stopped"};
        const std::vector<double> values = problem_.evaluate(candidate, context);
        Rng rng = Rng(candidate.seed).fork("synthetic noise");
        Measurement measurement{.fidelity = candidate.fidelity, .cost = delay_};
        for (std::size_t i = 0; i < metrics_.size(); ++i) {
            if (!std::isfinite(values[i]))
                return Failure{
                    FailureKind::diverged,
                    fmt::format("{} of {} is {}", metrics_[i], problem_.name, values[i])};
            measurement.metrics[metrics_[i]] =
                values[i] + (noise_ > 0.0 ? noise_ * rng.normal() : 0.0);
        }
        return measurement;
    }

  private:
    Problem problem_;
    double noise_;
    std::chrono::milliseconds delay_;
    std::vector<std::string> metrics_;
};

}  // namespace

std::unique_ptr<Evaluator> make_synthetic_evaluator(ObjectReader& options,
                                                    const std::filesystem::path&) {
    Problem problem = read_problem(options);
    const double noise = options.real("noise", 0.0, {.low = 0.0});
    constexpr std::int64_t kDayMs = 86'400'000;
    const std::chrono::milliseconds delay(options.integer("delay_ms", 0, {0, kDayMs}));
    return std::make_unique<SyntheticEvaluator>(std::move(problem), noise, delay);
}

}  // namespace parnas::evaluators
