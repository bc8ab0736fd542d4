// SPDX-License-Identifier: Apache-2.0
#include "bench/search_once.h"

#include <utility>

#include <fmt/format.h>

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
