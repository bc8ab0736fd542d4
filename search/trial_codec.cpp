// SPDX-License-Identifier: Apache-2.0
#include "search/trial_codec.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json.h"
#include "spaces/distribution.h"

namespace parnas::search {

TrialCodec::TrialCodec(std::span<const spaces::Param> params) : params_(params) {
    for (const spaces::Param& param : params)
        distributions_.push_back(spaces::to_distribution(param.domain));
}

std::string TrialCodec::to_text(const Genotype& genotype) const {
    std::string text = "[";
    for (const Value& value : genotype.values) {
        if (text.size() > 1)
            text += ',';
        std::visit([&](auto each) { fmt::format_to(std::back_inserter(text), "{}", each); }, value);
    }
    return text + ']';
}

Genotype TrialCodec::from_text(const std::string& text) const {
    try {
        const Json json = parse_json(text, "genotype");
        Genotype genotype;
        for (std::size_t i = 0; i < json.size() && i < params_.size(); ++i)
            genotype.values.push_back(
                spaces::from_internal(params_[i].domain, json[i].get<double>()));
        if (!json.is_array() || json.size() != params_.size())
            throw Error(ErrorKind::invalid_input,
                        fmt::format("expected an array of {} numbers", params_.size()));
        spaces::validate(params_, genotype);
        return genotype;
    } catch (const std::exception& error) {
        throw Error(
            ErrorKind::damaged,
            fmt::format("'{}' is no genotype of the study's space: {}", text, error.what()));
    }
}

std::vector<store::ParamRecord> TrialCodec::to_records(const Genotype& genotype) const {
    const std::vector<bool> active = spaces::active(params_, genotype);
    std::vector<store::ParamRecord> records;
    for (std::size_t i = 0; i < params_.size(); ++i)
        if (active[i])
            records.push_back({.name = params_[i].name,
                               .internal = spaces::to_internal(genotype.values[i]),
                               .distribution = distributions_[i]});
    return records;
}

std::optional<Genotype> TrialCodec::genotype_of(const store::TrialRecord& record) const {
    if (!record.genotype.empty())
        return from_text(record.genotype);
    return is_finished(record.state) ? genotype_by_values(params_, record) : std::nullopt;
}

Genotype TrialCodec::needed_genotype(const store::TrialRecord& record) const {
    std::optional<Genotype> genotype = genotype_of(record);
    if (!genotype)
        throw Error(ErrorKind::damaged,
                    fmt::format("trial {} is no point of the study's space", record.number));
    return *std::move(genotype);
}

Candidate TrialCodec::to_candidate(const store::TrialRecord& record) const {
    return {.number = record.number,
            .genotype = needed_genotype(record),
            .stage = record.stage,
            .fidelity = record.fidelity,
            .warm_start = record.warm_start,
            .seed = record.seed};
}

Trial TrialCodec::to_trial(const store::TrialRecord& record, const JobSpec& job) const {
    Trial trial = result_of(record, job);
    trial.genotype = needed_genotype(record);
    return trial;
}

std::optional<Scalar> value_of(const spaces::Param& param, const store::TrialRecord& record) {
    const auto found = std::ranges::find(record.params, param.name, &store::ParamRecord::name);
    if (found == record.params.end())
        return std::nullopt;
    try {
        const spaces::Domain domain = spaces::domain_from_distribution(found->distribution);
        Scalar value = spaces::to_scalar(domain, spaces::from_internal(domain, found->internal));
        spaces::from_scalar(param.domain, value);
        return value;
    } catch (const Error&) {
        return std::nullopt;
    }
}

std::optional<Genotype> genotype_by_values(std::span<const spaces::Param> params,
                                           const store::TrialRecord& record) {
    Genotype genotype;
    std::vector<bool> given;
    for (const spaces::Param& param : params) {
        const auto value = value_of(param, record);
        given.push_back(value.has_value());
        genotype.values.push_back(value ? spaces::from_scalar(param.domain, *value)
                                        : spaces::first_value(param.domain));
    }
    const std::vector<bool> active = spaces::active(params, genotype);
    for (std::size_t i = 0; i < active.size(); ++i)
        if (active[i] && !given[i])
            return std::nullopt;
    return spaces::normalised(params, std::move(genotype));
}

Trial result_of(const store::TrialRecord& record, const JobSpec& job) {
    Trial trial{.number = record.number,
                .stage = record.stage,
                .state = record.state,
                .violation = violation(job.limits, record.metrics),
                .metrics = record.metrics,
                .fidelity = record.fidelity};
    if (has_result(record))
        trial.objectives = minimised(job.objectives, record.values);
    if (trial.state == TrialState::pruned && has_result(record))
        trial.weights = record.weights;
    return trial;
}

bool has_result(TrialState state, double fidelity, const store::Attributes& system_attributes) {
    return state == TrialState::complete ||
           (state == TrialState::pruned && fidelity < 1.0 && !system_attributes.contains(kPruned));
}

bool has_result(const store::TrialRecord& record) {
    return has_result(record.state, record.fidelity, record.system_attributes);
}

}  // namespace parnas::search
