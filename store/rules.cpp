// SPDX-License-Identifier: Apache-2.0
#include "store/rules.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/json.h"
#include "core/python_json.h"
#include "store/service_rules.h"

namespace parnas::store {
namespace {

constexpr std::size_t kMaxAttributeBytes = 1U << 20U;  // of a value

void require(bool condition, TrialNumber number, std::string_view rule) {
    if (!condition)
        throw Error(ErrorKind::internal,
                    fmt::format("trial {} was to be written: {}", number, rule));
}

void check_start(const TrialStart& start) {
    std::set<std::string_view> names;
    for (const ParamRecord& param : start.params) {
        require(names.insert(param.name).second, start.number, "a parameter is there twice");
        require(std::isfinite(param.internal), start.number, "a parameter is not finite");
    }
    require(std::isfinite(start.fidelity), start.number, "its fidelity is not finite");
}

void check_finish(const TrialFinish& finish, std::size_t objectives) {
    const auto number = finish.number;
    require(is_finished(finish.state), number, "its state is not a final one");
    require(finish.failure.has_value() == (finish.state == TrialState::fail),
            number,
            "a failure belongs to the state fail, and only to it");
    require(std::ranges::none_of(finish.values, [](double v) { return std::isnan(v); }),
            number,
            "a value is NaN");
    require(std::isfinite(finish.cost.count()), number, "its cost is not finite");
    const std::size_t count = finish.values.size();
    if (finish.state == TrialState::complete)
        require(count == objectives, number, "it needs one value per objective");
    else
        require(count == 0 || (finish.state == TrialState::pruned && count == objectives),
                number,
                "a trial that did not complete has no values");
}

void check_phase(const PhaseRecord& phase) {
    const auto require_of_phase = [&](bool condition, std::string_view rule) {
        check(condition, fmt::format("phase {} was to be written: {}", phase.index, rule));
    };
    require_of_phase(!phase.name.empty(), "it has no name");
    require_of_phase(Json::accept(phase.settings), "its settings are not JSON");
    require_of_phase(phase.attachment.empty() || Json::accept(phase.attachment),
                     "its attachment is not JSON");
    require_of_phase(std::isfinite(phase.cost.count()), "its cost is not finite");
    require_of_phase(phase.checkpoint || !phase.kept, "it keeps a checkpoint and has none");
}

}  // namespace

std::int64_t characters(std::string_view utf8) {
    return std::ranges::count_if(
        utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
}

void check_study(const StudySpec& spec) {
    Faults faults;
    const std::int64_t length = characters(spec.name);
    if (length == 0 || length > kMaxNameLength)
        faults.add("name",
                   fmt::format("must have 1 to {} characters, has {}", kMaxNameLength, length));
    if (spec.directions.empty())
        faults.add("directions", "a study needs an objective");
    if (spec.metrics.size() != spec.directions.size())
        faults.add(
            "metrics",
            fmt::format(
                "{} metrics for {} directions", spec.metrics.size(), spec.directions.size()));
    faults.throw_if_any();
}

void check_batch(const Batch& batch, std::size_t objectives) {
    for (const AttemptEnd& end : batch.attempt_ends)
        check_end(end);
    for (const TrialStart& start : batch.starts)
        check_start(start);
    for (const TrialFinish& finish : batch.finishes)
        check_finish(finish, objectives);
    for (const PhaseRecord& phase : batch.phases)
        check_phase(phase);
    check_attributes(batch.attributes);
    for (const Artifact& artifact : batch.artifacts)
        check(artifact.id == hash_bytes(artifact.bytes), "an artifact is named by its digest");
    for (const Answer& answer : batch.answers)
        check_answer(answer);
    check_jobs(batch);
    check(!batch.hypervolume || batch.front, "a hypervolume comes with its front");
}

void check_attributes(std::span<const AttributeChange> changes) {
    Faults faults;
    for (const AttributeChange& change : changes) {
        const std::int64_t length = characters(change.key);
        if (length == 0 || length > kMaxNameLength)
            faults.add("key",
                       fmt::format("must have 1 to {} characters, has {}", kMaxNameLength, length));
        if (change.value.size() > kMaxAttributeBytes)
            faults.add(change.key,
                       fmt::format("a value of {} bytes; {} are allowed",
                                   change.value.size(),
                                   kMaxAttributeBytes));
        else if (!Json::accept(quote_python_numbers(change.value)))
            faults.add(
                change.key,
                fmt::format("expected JSON, got '{}'; a text needs double quotes", change.value));
    }
    faults.throw_if_any();
}

void check_expected(const AttributeChange& change, std::string_view present) {
    if (change.expected && *change.expected != present)
        throw Error(ErrorKind::conflict,
                    fmt::format("the attribute '{}' has changed meanwhile", change.key));
}

std::vector<std::string> default_metric_names(std::size_t objectives) {
    if (objectives == 1)
        return {"value"};
    std::vector<std::string> names;
    for (std::size_t i = 0; i < objectives; ++i)
        names.push_back(fmt::format("values_{}", i));
    return names;
}

void check_adoption(const StudyRecord& study, const StudySpec& spec) {
    check_study(spec);
    const auto require = [&](bool condition, const char* what) {
        if (!condition)
            throw Error(ErrorKind::conflict, what, study.spec.name);
    };
    const std::vector<std::string>& names = study.spec.metrics;
    require(study.spec.job.empty(), "the study has a job already");
    require(study.spec.name == spec.name, "the job is of a study with another name");
    require(study.spec.directions == spec.directions,
            "the job's objectives have not the study's directions");
    require(names == spec.metrics || names == default_metric_names(names.size()),
            "the job's objectives are not the study's metrics");
}

std::string metric_names_text(const std::vector<std::string>& names) {
    return dump_json(Json(names));
}

void check_next(TrialNumber number, TrialNumber next) {
    if (number != next)
        throw Error(ErrorKind::conflict,
                    fmt::format("trial {} cannot start: the next trial is {}", number, next));
}

void check_next_phase(std::int64_t index, std::int64_t next) {
    if (index != next)
        throw Error(ErrorKind::conflict,
                    fmt::format("phase {} cannot be written: the next phase is {}", index, next));
}

void check_unfinished(TrialNumber number, TrialState state) {
    if (is_finished(state))
        throw Error(ErrorKind::conflict,
                    fmt::format("trial {} is finished ({}) and does not change any more",
                                number,
                                to_string(state)));
}

Error unknown_study(StudyId id) {
    return {ErrorKind::not_found,
            fmt::format("there is no study {}", static_cast<std::int64_t>(id))};
}

Error unknown_study(std::string_view name) {
    return {ErrorKind::not_found, fmt::format("there is no study '{}'", name)};
}

Error unknown_artifact(const ArtifactId& id) {
    return {ErrorKind::not_found, fmt::format("there is no artifact {}", to_string(id))};
}

Error taken_name(std::string_view name) {
    return {ErrorKind::conflict, fmt::format("there is a study '{}' already", name)};
}

Error no_such_trial_to_change(TrialNumber number) {
    return {ErrorKind::conflict, fmt::format("trial {} cannot change: it never started", number)};
}

Error no_such_phase(std::int64_t index) {
    return {ErrorKind::conflict, fmt::format("phase {} cannot change: it never was", index)};
}

Error unknown_trial(TrialNumber number) {
    return {ErrorKind::not_found, fmt::format("the study has no trial {}", number)};
}

Error unknown_trial(TrialId id) {
    return {ErrorKind::not_found,
            fmt::format("there is no trial with the id {}", static_cast<std::int64_t>(id))};
}

Error held_by_another(std::string_view study, const Claim& claim) {
    return {ErrorKind::conflict,
            fmt::format("study '{}' is driven by {} until {} UTC",
                        study,
                        describe(claim.holder),
                        to_string(claim.expires))};
}

Error lost_driver(const Driver& driver) {
    return {ErrorKind::conflict,
            fmt::format("study {} has another driver by now: claim {} is over",
                        static_cast<std::int64_t>(driver.study),
                        driver.epoch)};
}

}  // namespace parnas::store
