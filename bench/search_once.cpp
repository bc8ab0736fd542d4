// SPDX-License-Identifier: Apache-2.0
#include "bench/search_once.h"

#include <utility>

#include <fmt/format.h>

#include "search/points/enumeration.h"
#include "spaces/load.h"

namespace parnas::bench {

search::PreparedStudy prepare_searches(const Json& job,
                                       const std::filesystem::path& base,
                                       const search::Registries& registries,
                                       const std::stop_token& stop) {
    Faults faults;
    search::JobSpec spec = search::read_job(job, std::filesystem::absolute(base), 1, faults);
    faults.throw_if_any();
    return search::prepare_study(std::move(spec), registries, spaces::load_space, stop);
}

search::PreparedStudy Preparation::prepare(const Json& job) {
    search::PreparedStudy study = prepare_searches(job, base_, registries_, stop_);
    if (space_ == nullptr) {
        space_ = study.space;
        facts_ = study.facts;
    }
    study.space = space_;
    study.facts = facts_;
    return study;
}

std::vector<Metrics> every_result(const search::PreparedStudy& study) {
    std::vector<Metrics> results;
    const search::Enumeration all(study.space->params());
    for (std::uint64_t i = 0; i < all.size(); ++i) {
        const Outcome outcome =
            study.evaluator->evaluate({.genotype = all.at(i)}, {.space = *study.space});
        const auto* measured = std::get_if<Measurement>(&outcome);
        if (measured == nullptr)
            throw Error(ErrorKind::invalid_input, std::get<Failure>(outcome).reason);
        results.push_back(measured->metrics);
    }
    return results;
}

std::vector<store::TrialRecord> search_once(search::PreparedStudy study,
                                            std::uint64_t seed,
                                            const std::stop_token& stop) {
    study.job.seed = seed;
    const auto store = store::make_memory_store();
    const StudyId id = search::create_study(study, *store);
    const search::StudyEnd end = search::run_study(study, *store, id, 1, {}, stop);
    if (end.state != store::StudyState::complete)
        throw Error(ErrorKind::unavailable, fmt::format("a search ended early: {}", end.reason));
    return store->trials(id);
}

}  // namespace parnas::bench
