// SPDX-License-Identifier: Apache-2.0
#include "search/check_fronts.h"

#include <limits>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "search/front_keeper.h"
#include "search/job_spec.h"
#include "search/reestimates.h"

namespace parnas::search {
namespace {

JobSpec job_of(const store::StudyRecord& study) {
    Faults faults;
    const Json json = parse_json(study.spec.job, study.spec.name);
    JobSpec job = read_job(json, "/", std::numeric_limits<int>::max(), faults);
    faults.throw_if_any();
    return job;
}

std::vector<TrialNumber> front_of(const JobSpec& job,
                                  const std::vector<store::TrialRecord>& trials) {
    const ParetoArchive archive = archive_of(job, trials);
    std::vector<TrialNumber> front;
    for (const auto& [number, point] : archive.members())
        front.push_back(number);
    return front;
}

// The front is written together with the trial that changes it: if it is the same before and
// after the trials are read, it is theirs.
void check_front(const store::Store& store,
                 const store::StudyRecord& study,
                 std::vector<Fault>& faults) {
    const JobSpec job = job_of(study);
    std::vector<TrialNumber> stored = store.front(study.id);
    for (;;) {
        const std::vector<TrialNumber> expected = front_of(job, current_trials(store, study.id));
        std::vector<TrialNumber> again = store.front(study.id);
        if (again == stored) {
            if (stored != expected)
                faults.push_back({fmt::format("study '{}'", study.spec.name),
                                  fmt::format("its front is said to be [{}], and is [{}]",
                                              fmt::join(stored, ", "),
                                              fmt::join(expected, ", "))});
            return;
        }
        stored = std::move(again);
    }
}

}  // namespace

std::vector<Fault> check_fronts(const store::Store& store) {
    std::vector<Fault> faults;
    for (const store::StudyRecord& study : store.studies()) {
        if (study.spec.job.empty())
            continue;
        try {
            check_front(store, study, faults);
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::invalid_input)
                throw;
            for (const Fault& fault : error.faults())
                faults.push_back({fmt::format("study '{}' job {}", study.spec.name, fault.where),
                                  fault.message});
        }
    }
    return faults;
}

}  // namespace parnas::search
