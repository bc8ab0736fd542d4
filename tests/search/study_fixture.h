// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "search/builtins.h"
#include "search/choose.h"
#include "search/local_workers.h"
#include "search/run_study.h"
#include "search/samplers/evolution/nsga2.h"
#include "search/samplers/random.h"
#include "tests/support/catch.h"
#include "tests/support/fake_evaluators.h"
#include "tests/support/fake_hardware.h"
#include "tests/support/fake_store.h"
#include "tests/support/spaces.h"

namespace parnas::tests {

// Stops the trials that it is told to.
class StopsIf final : public search::Pruner {
  public:
    explicit StopsIf(std::function<bool(const search::Curve&)> stops) : stops_(std::move(stops)) {}
    std::optional<std::string> judge(const search::Curve& trial,
                                     std::span<const search::Curve>) const override {
        return stops_(trial) ? std::optional<std::string>("as \"told\"") : std::nullopt;
    }

  private:
    std::function<bool(const search::Curve&)> stops_;
};

// A study in a memory store, as the driver sees it; tests change the parts they are about.
struct StudyFixture {
    explicit StudyFixture(const spaces::SearchSpace& searched) : space(searched) {}

    search::StudyEnd run(int workers = 1, const std::stop_token& stop = {}) {
        create();
        return run_in(*store, workers, stop);
    }

    // Killed by the store at a commit, counted from 1 for this run. False if the study was
    // over before: how many trials share a commit is a matter of time.
    bool run_killed_at(int killed_at, int workers) {
        create();
        bool killed = false;
        FlakyStore dying(*store, [&killed, killed_at](int commit) {
            killed = commit >= killed_at;
            if (killed)
                throw Error(ErrorKind::internal, "killed");
        });
        try {
            run_in(dying, workers);
        } catch (const Error&) {
            if (!killed)
                throw;
        }
        return killed;
    }

    // If it is not there yet.
    void create() {
        if (study)
            return;
        store::StudySpec spec{.name = job.name, .job = "{}"};
        for (const search::Objective& objective : job.objectives) {
            spec.metrics.push_back(objective.metric);
            spec.directions.push_back(objective.direction);
        }
        study = store->create_study(spec);
    }

    // With another store in front.
    search::StudyEnd run_in(store::Store& seen, int workers, const std::stop_token& stop = {}) {
        search::LeaseDesk desk;
        search::LocalWorkers local({.desk = desk,
                                    .evaluator = *evaluator,
                                    .space = space,
                                    .store = seen,
                                    .workers = workers,
                                    .threads = job.threads,
                                    .phase_threads = search::phase_thread_count(job, workers)});
        const std::stop_callback stop_workers(stop, [&local] { local.request_stop(); });
        return drive(seen, desk, static_cast<std::size_t>(workers), nullptr, stop);
    }

    // With whoever works at the desk.
    search::StudyEnd drive(store::Store& seen,
                           search::LeaseDesk& desk,
                           std::size_t in_flight,
                           const search::RemoteLeases* remote,
                           const std::stop_token& stop) {
        search::GenotypeFacts facts(space);
        search::Screen screen({.space = space,
                               .facts = facts,
                               .model = model,
                               .measurer = measurer,
                               .limits = job.limits,
                               .objectives = job.objectives,
                               .confidence = job.confidence});
        const std::unique_ptr<search::Terminator> terminator =
            make_terminator ? make_terminator() : nullptr;
        return search::drive_study(
            {.job = job,
             .space = space,
             .screen = screen,
             .store = seen,
             .study = *study,
             .reuse = {.reuse = *job.reuse, .space = "space", .evaluator = "fake"},
             .make_strategy = make_strategy,
             .pruner = pruner.get(),
             .terminator = terminator.get(),
             .in_flight = in_flight,
             .remote = remote,
             .observers = observers,
             .patience = patience},
            desk,
            stop);
    }

    std::vector<store::TrialRecord> trials() const { return store->trials(*study); }

    // What a study decided and found, without times and attempts.
    std::vector<std::string> log() const {
        std::vector<std::string> lines;
        for (const store::TrialRecord& trial : trials()) {
            std::string line = std::to_string(trial.number) + trial.genotype +
                               std::string(to_string(trial.state)) +
                               std::string(to_string(trial.stage)) + std::to_string(trial.seed);
            if (trial.fidelity < 1.0)
                line += " fidelity " + std::to_string(trial.fidelity);
            if (trial.warm_start)
                line += " from " + to_string(*trial.warm_start);
            for (const auto& [name, value] : trial.metrics)
                line += name + std::to_string(value);
            for (const auto* attributes : {&trial.user_attributes, &trial.system_attributes})
                for (const auto& [name, value] : *attributes)
                    line += name + value;
            for (const auto& [step, value] : trial.reports)
                line += " at " + std::to_string(step) + ": " + std::to_string(value);
            line += trial.failure ? trial.failure->reason : "";
            line += trial.reused_from ? "reused " + std::to_string(*trial.reused_from) : "";
            lines.push_back(line);
        }
        for (const store::PhaseRecord& phase : store->phases(*study)) {
            std::string line = phase.name + std::to_string(phase.index) + phase.settings +
                               " after " + std::to_string(phase.told) + phase.attachment;
            for (const auto& [name, value] : phase.metrics)
                line += name + std::to_string(value);
            for (const auto& id : {phase.warm_start, phase.checkpoint})
                line += id ? to_string(*id) : "none";
            lines.push_back(line + (phase.kept ? "kept" : "dropped"));
        }
        std::string front = "front";
        for (const TrialNumber number : store->front(*study))
            front += ' ' + std::to_string(number);
        lines.push_back(front);
        return lines;
    }

    const spaces::SearchSpace& space;
    std::unique_ptr<store::Store> store = store::make_memory_store();
    std::optional<StudyId> study;
    search::JobSpec job{.name = "study",
                        .objectives = {{.metric = "error"}},
                        .budget = {.trials = 40},
                        .reuse = search::Reuse::none,
                        .seed = 7};
    const hw_models::HardwareModel* model = nullptr;
    const hw_models::HardwareModel* measurer = nullptr;
    // The genotype's hash as the error.
    FakeEvaluator by_hash{{"error"}, [](const Candidate& candidate, const evaluators::Context&) {
                              const auto hash = spaces::hash(candidate.genotype).low % 1000;
                              return Measurement{.metrics = {{"error", static_cast<double>(hash)}},
                                                 .cost = Seconds(1.0)};
                          }};
    const evaluators::Evaluator* evaluator = &by_hash;
    std::function<std::unique_ptr<search::Strategy>()> make_strategy = [this] {
        return search::make_sampler_strategy(search::make_nsga2_sampler(
            {.population = 6}, {.space = space, .objectives = job.objectives.size()}));
    };
    std::unique_ptr<search::Pruner> pruner;
    std::function<std::unique_ptr<search::Terminator>()> make_terminator;
    std::vector<search::Observer*> observers;
    Seconds patience{5.0};
};

}  // namespace parnas::tests
