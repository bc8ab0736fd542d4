// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "search/audit/run_audit.h"
#include "tests/search/observers.h"
#include "tests/search/small_jobs.h"

namespace parnas::tests {

inline const std::string kAuditedJob = R"(
name: shared
space: mixed
objectives: {accuracy: maximize, size: minimize}
evaluator: {type: inheriting, epochs: 1, final_epochs: 2}
strategy: {type: random}
reuse: none
budget: {trials: 40}
seed: 5
)";

// A weight-sharing study that is over, in a memory store, and what its audit needs. A training
// costs a second an epoch; the quality of a network is its hash, with noise from its seed
// where it is trained, and more noise where weights are inherited.
struct AuditFixture {
    explicit AuditFixture(const std::string& job = kAuditedJob) : main(prepare(job)) {
        id = search::create_study(main, *store);
        finish();
    }

    search::PreparedStudy prepare(const std::string& text) {
        Faults faults;
        search::JobSpec job =
            search::read_job(Document::parse(text, "job.yaml").root(), "/jobs", 4, faults);
        faults.throw_if_any();
        return prepare(std::move(job));
    }

    search::PreparedStudy prepare(search::JobSpec job) {
        search::Registries parts = search::registries();
        parts.evaluators.add("inheriting", [this](ObjectReader& options, const auto&) {
            const double epochs = options.real("epochs", 1.0);
            (void)options.real("final_epochs", epochs);
            return std::make_unique<FakeEvaluator>(
                std::vector<std::string>{"accuracy", "size"},
                [this, epochs](const Candidate& candidate, const evaluators::Context& context) {
                    return evaluate(candidate, context, epochs);
                });
        });
        return search::prepare_study(std::move(job), parts, search::load, {});
    }

    // Nullopt: stopped after so many trials, or by then.
    std::optional<search::Audit> audit(const search::AuditOptions& options,
                                       std::int64_t trials = 1'000'000) {
        std::stop_source stop;
        StopAfter stopper(trials, stop);
        std::vector<search::Observer*> observers{&stopper};
        return search::run_audit(
            {.study = main,
             .store = *store,
             .id = id,
             .options = options,
             .workers = 2,
             .prepare = [this](search::JobSpec job) { return prepare(std::move(job)); },
             .run =
                 [&](const search::PreparedStudy& study, StudyId part) {
                     return search::run_study(study, *store, part, 2, observers, stop.get_token());
                 }},
            stop.get_token());
    }

    std::vector<store::TrialRecord> trials_of(const std::string& name) const {
        return store->trials(store->find_study(name).id);
    }

    // Evaluations so far.
    int trained = 0;
    int inherited = 0;
    std::string cannot_inherit;  // why; empty: networks can
    std::unique_ptr<store::Store> store = store::make_memory_store();
    search::PreparedStudy main;
    StudyId id{};

  private:
    Outcome evaluate(const Candidate& candidate,
                     const evaluators::Context& context,
                     double epochs) {
        const double size = static_cast<double>(choice(candidate.genotype, 3));
        const double quality =
            static_cast<double>(spaces::hash(candidate.genotype).low % 1000) / 1000;
        const std::lock_guard lock(mutex_);
        if (!candidate.warm_start) {
            ++trained;
            const double noise = 0.05 * Rng(candidate.seed).normal();
            return Measurement{.metrics = {{"accuracy", quality + noise}, {"size", size}},
                               .cost = Seconds(epochs)};
        }
        CHECK(context.load(*candidate.warm_start) == "supernet");
        ++inherited;
        if (!cannot_inherit.empty())
            throw Error(ErrorKind::invalid_input, cannot_inherit, "stem.weight");
        const double noise = 0.2 * Rng(candidate.seed).normal();
        return Measurement{.metrics = {{"accuracy", quality + noise}, {"size", size}},
                           .cost = Seconds(0.1)};
    }

    // As if phases of 8 s with two workers, one network scored with inherited weights, and one
    // finalist.
    void finish() {
        const store::Driver driver = store->acquire_study(id, store::this_process(), Seconds(60.0));
        const ArtifactId checkpoint = hash_bytes("supernet");
        store::Batch batch{.driver = driver};
        batch.artifacts = {{.id = checkpoint, .kind = "checkpoint", .bytes = "supernet"}};
        batch.phases = {{.index = 0, .name = "supernet", .settings = "{}", .cost = Seconds(3.5)},
                        {.index = 1,
                         .name = "supernet",
                         .settings = "{}",
                         .cost = Seconds(4.5),
                         .checkpoint = checkpoint,
                         .kept = true}};
        batch.starts = {{.number = 0, .genotype = "[0,0.1,0.0,1,8]", .warm_start = checkpoint},
                        {.number = 1, .genotype = "[0,0.1,0.0,1,8]", .stage = Stage::finalist}};
        batch.finishes = {{.number = 0,
                           .state = TrialState::complete,
                           .values = {5.0, 0.5},
                           .metrics = {{"accuracy", 5.0}, {"size", 0.5}},
                           .cost = Seconds(1.5)},
                          {.number = 1,
                           .state = TrialState::complete,
                           .values = {0.7, 1.0},
                           .metrics = {{"accuracy", 0.7}, {"size", 1.0}},
                           .cost = Seconds(2.5)}};
        batch.state = store::StudyState::complete;
        store->commit(batch);
        store->release(driver);
    }

    std::mutex mutex_;
};

}  // namespace parnas::tests
