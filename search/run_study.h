// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <stop_token>

#include "search/genotype_facts.h"
#include "search/job_spec.h"
#include "search/registries.h"
#include "search/study_driver.h"
#include "store/store.h"

namespace parnas::search {

// As spaces::load_space.
using SpaceLoader =
    std::function<std::unique_ptr<spaces::SearchSpace>(const Json& reference,
                                                       const std::filesystem::path& base)>;

// A job with everything that it names. Copies share all but the job, so a prepared study
// serves for many seeds.
struct PreparedStudy {
    JobSpec job;  // defaults filled in; the space as its own document
    std::shared_ptr<const spaces::SearchSpace> space;
    std::shared_ptr<GenotypeFacts> facts;  // of the space
    std::shared_ptr<const evaluators::Evaluator> evaluator;
    std::shared_ptr<const hw_models::HardwareModel> model;  // null without a target
    // Measures where the model is unsure; null: nothing is measured but by the model.
    std::shared_ptr<const hw_models::HardwareModel> measurer;
    StrategyFactory strategy;
    std::shared_ptr<const Pruner> pruner;  // null without one
    TerminatorFactory terminator;          // empty without one
};

// Makes all parts and checks that they fit: the evaluator takes the space, and every
// objective and limit is a metric that somebody gives. Predicts one candidate to find out,
// which takes as long as the target's model does. Throws Error(invalid_input) with all
// faults, each with its pointer into the job.
PreparedStudy prepare_study(JobSpec job,
                            const Registries& registries,
                            const SpaceLoader& load_space,
                            const std::stop_token& stop);

// Turns the job's warm start, if it has one, into initial points and known results behind those
// that it has: from then on the study depends on no other. Returns how many trials do not fit
// that the strategy would have been told of. Throws Error(invalid_input) as points_of().
std::size_t resolve_warm_start(PreparedStudy& study, const store::Store& store);

// What the store keeps of a job, whose warm start must have been resolved.
store::StudySpec study_spec(const JobSpec& job);

// Throws Error(conflict) for a taken name.
StudyId create_study(const PreparedStudy& study, store::Store& store);

struct DriveOptions {
    std::size_t in_flight = 1;             // DriverParts::in_flight
    const RemoteLeases* remote = nullptr;  // DriverParts::remote
    std::span<Observer* const> observers;
    Seconds patience{60.0};  // DriverParts::patience
};

// Drives the study from where it stands to its end or `stop`, with whoever works at the desk.
// Throws as drive_study().
StudyEnd drive_prepared(const PreparedStudy& study,
                        store::Store& store,
                        StudyId id,
                        LeaseDesk& desk,
                        const DriveOptions& options,
                        const std::stop_token& stop);

// Runs the study with workers of this process, from where it stands to its end or `stop`.
// Throws as drive_study().
StudyEnd run_study(const PreparedStudy& study,
                   store::Store& store,
                   StudyId id,
                   int workers,
                   std::span<Observer* const> observers,
                   const std::stop_token& stop);

}  // namespace parnas::search
