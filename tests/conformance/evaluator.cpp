// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/evaluator.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <set>
#include <thread>

#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/object_reader.h"
#include "tests/support/catch.h"
#include "tests/support/networks.h"
#include "tests/support/spaces.h"

namespace parnas::tests {
namespace {

using evaluators::Evaluator;
using evaluators::Verdict;

std::unique_ptr<Evaluator> make(const EvaluatorCase& tested, const std::string& patch = "{}") {
    Json options = parse_json(tested.options, "options");
    options.merge_patch(parse_json(patch, "patch"));
    Faults faults;
    ObjectReader reader(options, "/evaluator", faults);
    auto evaluator = tested.factory(reader, tested.base);
    reader.finish();
    faults.throw_if_any();
    return evaluator;
}

std::vector<Candidate> some_candidates(const EvaluatorCase& tested) {
    std::vector<Candidate> candidates;
    Rng rng(1);
    for (int i = 0; i < tested.candidates; ++i)
        candidates.push_back({.number = i,
                              .genotype = sample_feasible(tested.space, rng),
                              .seed = rng.fork(static_cast<std::uint64_t>(i)).seed()});
    return candidates;
}

struct Surroundings {
    std::stop_token stop;
    Verdict verdict = Verdict::go_on;  // of every report
};

struct Run {
    Outcome outcome;
    std::vector<std::int64_t> steps;  // that were reported
};

Run run(const Evaluator& evaluator,
        const Candidate& candidate,
        const spaces::SearchSpace& space,
        const Surroundings& surroundings = {}) {
    Run result;
    const evaluators::Context context{.space = space,
                                      .stop = surroundings.stop,
                                      .report =
                                          [&](std::int64_t step, const Metrics&) {
                                              result.steps.push_back(step);
                                              return surroundings.verdict;
                                          },
                                      .save_weights = [](const std::string&) {},
                                      .load = [](const ArtifactId&) { return std::string(); }};
    result.outcome = evaluator.evaluate(candidate, context);
    return result;
}

// Everything of an outcome that does not depend on how busy the machine is.
std::string spell(const Outcome& outcome, const std::set<std::string>& times) {
    if (const auto* failure = std::get_if<Failure>(&outcome))
        return std::string(to_string(failure->kind)) + ": " + failure->reason;
    const auto& measurement = std::get<Measurement>(outcome);
    Json metrics(measurement.metrics);
    for (const std::string& time : times)
        metrics.erase(time);
    metrics["fidelity"] = measurement.fidelity;
    return dump_json(metrics);
}

void check_metrics(const Evaluator& evaluator, const Outcome& outcome) {
    const auto* measurement = std::get_if<Measurement>(&outcome);
    if (measurement == nullptr) {
        CHECK_FALSE(std::get<Failure>(outcome).reason.empty());
        return;
    }
    for (const std::string& name : evaluator.metrics()) {
        INFO(name);
        REQUIRE(measurement->metrics.contains(name));
        CHECK(std::isfinite(measurement->metrics.at(name)));
    }
    CHECK(measurement->fidelity > 0.0);
    CHECK(measurement->fidelity <= 1.0);
    CHECK(measurement->cost >= Seconds(0));
}

void check_outcomes(const EvaluatorCase& tested) {
    const auto evaluator = make(tested);
    const std::vector<std::string> metrics = evaluator->metrics();
    CHECK_FALSE(metrics.empty());
    CHECK(std::set<std::string>(metrics.begin(), metrics.end()).size() == metrics.size());
    int measured = 0;
    for (const Candidate& candidate : some_candidates(tested)) {
        const Run result = run(*evaluator, candidate, tested.space);
        check_metrics(*evaluator, result.outcome);
        CHECK(std::ranges::is_sorted(result.steps, std::ranges::less_equal()));
        CHECK((result.steps.empty() || result.steps.front() >= 0));
        measured += std::holds_alternative<Measurement>(result.outcome) ? 1 : 0;
    }
    CHECK(measured > 0);
}

// Alone, again, by an equal evaluator, and while two others run.
void check_same_candidate_same_outcome(const EvaluatorCase& tested) {
    const auto evaluator = make(tested);
    const auto equal = make(tested);
    const std::vector<Candidate> candidates = some_candidates(tested);
    const auto result = [&](const Evaluator& used, const Candidate& candidate) {
        return spell(run(used, candidate, tested.space).outcome, tested.times);
    };
    std::vector<std::string> alone;
    for (const Candidate& candidate : candidates)
        alone.push_back(result(*evaluator, candidate));

    std::atomic<bool> done = false;
    const auto evaluate_all = [&] {
        while (!done)
            for (const Candidate& candidate : candidates)
                run(*evaluator, candidate, tested.space);
    };
    const std::jthread second(evaluate_all);
    const std::jthread third(evaluate_all);
    for (std::size_t i = candidates.size(); i-- > 0;) {
        CHECK(result(*evaluator, candidates[i]) == alone[i]);
        CHECK(result(*equal, candidates[i]) == alone[i]);
    }
    done = true;
}

void check_pruned_evaluation_keeps_what_it_has(const EvaluatorCase& tested) {
    const auto evaluator = make(tested);
    const Candidate candidate = some_candidates(tested).front();
    const Run pruned = run(*evaluator, candidate, tested.space, {.verdict = Verdict::stop});
    check_metrics(*evaluator, pruned.outcome);
    CHECK(pruned.steps.size() <= 1);
}

bool is_cancelled(const Outcome& outcome) {
    const auto* failure = std::get_if<Failure>(&outcome);
    return failure != nullptr && failure->kind == FailureKind::cancelled;
}

// An evaluation that took no notice would end minutes later, and not as cancelled.
void check_stops(const EvaluatorCase& tested) {
    if (!tested.slow)
        return;
    const auto evaluator = make(tested, *tested.slow);
    const Candidate candidate = some_candidates(tested).front();
    std::stop_source before;
    before.request_stop();
    CHECK(is_cancelled(run(*evaluator, candidate, tested.space, {before.get_token()}).outcome));

    std::stop_source meanwhile;
    std::jthread stopper([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        meanwhile.request_stop();
    });
    CHECK(is_cancelled(run(*evaluator, candidate, tested.space, {meanwhile.get_token()}).outcome));
}

void check_fingerprint(const EvaluatorCase& tested) {
    const std::string fingerprint = make(tested)->fingerprint();
    CHECK_FALSE(fingerprint.empty());
    CHECK(make(tested)->fingerprint() == fingerprint);
    std::set<std::string> all{fingerprint};
    for (const std::string& patch : tested.changes) {
        INFO(patch);
        CHECK(all.insert(make(tested, patch)->fingerprint()).second);
    }
}

std::vector<Fault> faults_of(const Evaluator& evaluator, const spaces::SearchSpace& space) {
    Faults faults;
    evaluator.check_space(space, faults);
    return faults.list();
}

void check_space_faults(const EvaluatorCase& tested) {
    const auto evaluator = make(tested);
    CHECK(faults_of(*evaluator, tested.space).empty());
    if (tested.misfit != nullptr)
        CHECK_FALSE(faults_of(*evaluator, *tested.misfit).empty());
}

// A convolution of a vector: a space that decodes to it has a bug, but the study lives on.
void check_bad_network(const EvaluatorCase& tested) {
    if (!tested.reads_network)
        return;
    const std::span<const spaces::Param> params = tested.space.params();
    const FakeSpace space(
        {.params = {params.begin(), params.end()},
         .network = [](const Genotype&) { return network_of(spaces::Conv{.out = 2}, {{3}}); }});
    const Candidate candidate = some_candidates(tested).front();
    const Outcome outcome = run(*make(tested), candidate, space).outcome;
    CHECK(std::holds_alternative<Failure>(outcome));
}

}  // namespace

void check_evaluator(const EvaluatorCase& tested) {
    INFO(tested.options);
    check_outcomes(tested);
    check_same_candidate_same_outcome(tested);
    check_pruned_evaluation_keeps_what_it_has(tested);
    check_stops(tested);
    check_fingerprint(tested);
    check_space_faults(tested);
    check_bad_network(tested);
}

}  // namespace parnas::tests
