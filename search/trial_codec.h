// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "search/job_spec.h"
#include "search/sampler.h"
#include "spaces/param.h"
#include "store/store.h"

namespace parnas::search {

// Genotypes of one space as the store keeps them. Const and thread-safe. Needs `params`
// alive.
class TrialCodec {
  public:
    explicit TrialCodec(std::span<const spaces::Param> params);

    // A JSON array of internal values, one per parameter.
    std::string to_text(const Genotype& genotype) const;
    // Throws Error(damaged) for anything but such a text of this space.
    Genotype from_text(const std::string& text) const;
    // The active parameters.
    std::vector<store::ParamRecord> to_records(const Genotype& genotype) const;

    // The genotype of a trial: its own or, if another program made it, that of its values.
    // Nullopt: of another program, and unfinished or no point of this space. Throws Error(damaged)
    // as from_text().
    std::optional<Genotype> genotype_of(const store::TrialRecord& record) const;
    // Of a trial that has a genotype here, or Error(damaged).
    Candidate to_candidate(const store::TrialRecord& record) const;
    // As samplers are told of it: objectives minimised, with the excess over the limits.
    Trial to_trial(const store::TrialRecord& record, const JobSpec& job) const;

  private:
    Genotype needed_genotype(const store::TrialRecord& record) const;

    std::span<const spaces::Param> params_;
    std::vector<std::string> distributions_;  // one per parameter
};

// The trial's value of a parameter by its name; nullopt if it has none, or one that the domain
// lacks.
std::optional<Scalar> value_of(const spaces::Param& param, const store::TrialRecord& record);
// The trial's values as a genotype; nullopt if an active parameter has none.
std::optional<Genotype> genotype_by_values(std::span<const spaces::Param> params,
                                           const store::TrialRecord& record);

// A trial as TrialCodec::to_trial() has it, but for its genotype.
Trial result_of(const store::TrialRecord& record, const JobSpec& job);

// The system attribute of a trial that a pruner stopped.
inline constexpr std::string_view kPruned = "pruned";

// Whether a finished trial has a result: it is complete, or ended at a rung (Trial::objectives).
bool has_result(TrialState state, double fidelity, const store::Attributes& system_attributes);
bool has_result(const store::TrialRecord& record);

}  // namespace parnas::search
