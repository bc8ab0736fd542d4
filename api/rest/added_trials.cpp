// SPDX-License-Identifier: Apache-2.0
#include "api/rest/added_trials.h"

#include <optional>
#include <span>
#include <utility>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "api/rest/bodies.h"
#include "api/rest/results.h"
#include "api/rest/store_answers.h"
#include "api/rest/study_access.h"
#include "search/goals.h"
#include "search/trial_codec.h"

namespace parnas::rest {
namespace {

// As the strategy's own trials have it.
store::Attributes with_reason(const std::string& reason) {
    return {{"reason", dump_json(Json(reason))}};
}

Assignment read_point(const Json& params, const std::string& pointer, Faults& faults) {
    Assignment values;
    for (const auto& [name, value] : params.items()) {
        try {
            values[name] = scalar_from_json(value);
        } catch (const Error& error) {
            faults.add(pointer_to(pointer, name), error.what());
        }
    }
    return values;
}

// Of a point whose result is known nothing is drawn.
void check_whole(const Assignment& values,
                 const spaces::SearchSpace& space,
                 const Genotype& genotype,
                 const std::string& pointer,
                 Faults& faults) {
    const std::vector<bool> active = spaces::active(space.params(), genotype);
    std::vector<std::string> missing;
    for (std::size_t i = 0; i < active.size(); ++i)
        if (active[i] && !values.contains(space.params()[i].name))
            missing.push_back(space.params()[i].name);
    if (!missing.empty())
        faults.add(pointer,
                   fmt::format("a result is that of a whole point, which names: {}",
                               fmt::join(missing, ", ")));
}

Metrics read_result(const Json& json,
                    const std::vector<search::Objective>& objectives,
                    const std::string& pointer,
                    Faults& faults) {
    Metrics metrics = read_metrics(json);
    const auto values = search::objective_values(objectives, metrics);
    if (const auto* failure = std::get_if<Failure>(&values))
        faults.add(pointer, failure->reason);
    return metrics;
}

// What does not fit becomes faults under `pointer`.
search::AddedTrial read_trial(const Json& entry,
                              const search::PreparedStudy& study,
                              Rng rng,
                              const std::string& pointer,
                              Faults& faults) {
    const bool observed = entry.contains("metrics");
    search::AddedTrial trial{
        .attributes = with_reason(
            entry.value("reason", observed ? "a result from elsewhere" : "added on request"))};
    const std::string at = pointer_to(pointer, "params");
    Faults own;
    const Assignment values = read_point(entry["params"], at, own);
    if (own.empty())
        search::check_point(values, *study.space, at, own);
    if (own.empty()) {
        trial.genotype = search::complete(*study.space, values, rng);
        if (observed)
            check_whole(values, *study.space, trial.genotype, at, own);
    }
    if (observed)
        trial.observed = read_result(
            entry["metrics"], study.job.objectives, pointer_to(pointer, "metrics"), own);
    for (const Fault& fault : own.list())
        faults.add(fault.where, fault.message);
    return trial;
}

std::vector<search::AddedTrial> read_trials(const Json& list,
                                            const search::PreparedStudy& study,
                                            std::int64_t trials) {
    // Other points whenever some are drawn.
    const Rng rng = Rng(study.job.seed).fork("added").fork(static_cast<std::uint64_t>(trials));
    Faults faults;
    std::vector<search::AddedTrial> read;
    for (std::size_t i = 0; i < list.size(); ++i)
        read.push_back(read_trial(
            list[i], study, rng.fork(std::uint64_t{i}), pointer_to("/trials", i), faults));
    throw_unprocessable(faults);
    return read;
}

// The failed trial once more: the same candidate, as a new trial.
search::AddedTrial again(const store::TrialRecord& trial, const search::PreparedStudy& study) {
    const auto refuse = [](const char* why) { throw Error(ErrorKind::conflict, why); };
    if (trial.state != TrialState::fail)
        refuse("only failed trials can be tried again");
    if (trial.failure && trial.failure->kind == FailureKind::infeasible)
        refuse("the candidate is infeasible, and would be again");
    if (trial.stage != Stage::search || trial.genotype.empty())
        refuse("only trials of the search can be tried again");
    search::AddedTrial added{
        .genotype = search::TrialCodec(study.space->params()).to_candidate(trial).genotype,
        .fidelity = trial.fidelity,
        .attributes = with_reason(fmt::format("trial {} again", trial.number))};
    added.attributes["retry_of"] = std::to_string(trial.number);
    return added;
}

// Adds the trials; `answer` makes the response from their numbers, which is kept with them.
template <typename MakeResponse>
http::Response add(const Call& call,
                   StudyId study,
                   std::vector<search::AddedTrial> trials,
                   service::Jobs& jobs,
                   const MakeResponse& answer) {
    search::AddedTrials added{.trials = std::move(trials)};
    if (call.key())
        added.answer = [&](std::span<const TrialNumber> numbers) -> std::optional<store::Answer> {
            return to_store_answer(*call.key(), answer(numbers));
        };
    return answer(jobs.add(study, std::move(added)));
}

http::Response add_trials(const Call& call, const Service& service, service::Jobs& jobs) {
    const SeenStudy study = find_study(call, service.store);
    const auto hosted = jobs.need_driven(study.record.id);
    return add(call,
               study.record.id,
               read_trials(call.body()["trials"], hosted->prepared(), study.record.trials),
               jobs,
               [&](std::span<const TrialNumber> numbers) {
                   return http::make_json(
                       201,
                       {{"study", study.record.spec.name},
                        {"trials", Json(std::vector(numbers.begin(), numbers.end()))}});
               });
}

http::Response retry_trial(const Call& call, const Service& service, service::Jobs& jobs) {
    const SeenStudy study = find_study(call, service.store);
    const store::TrialRecord failed = service.store.trial(study.record.id, call.integer("number"));
    const auto hosted = jobs.need_driven(study.record.id);
    return add(call,
               study.record.id,
               {again(failed, hosted->prepared())},
               jobs,
               [&](std::span<const TrialNumber> numbers) {
                   return http::make_json(202,
                                          {{"study", study.record.spec.name},
                                           {"trial", numbers.front()},
                                           {"retry_of", failed.number}});
               });
}

}  // namespace

void add_added_trials(Operations& operations, const Service& service, service::Jobs& jobs) {
    operations["add_trials"] = Operation(
        [&](const Call& call) { return add_trials(call, service, jobs); }, Recorded::by_operation);
    operations["retry_trial"] = Operation(
        [&](const Call& call) { return retry_trial(call, service, jobs); }, Recorded::by_operation);
}

}  // namespace parnas::rest
