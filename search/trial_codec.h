// SPDX-License-Identifier: Apache-2.0
#pragma once

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

    // Of this space, or Error(damaged).
    Candidate to_candidate(const store::TrialRecord& record) const;
    // As samplers are told of it: objectives minimised, with the excess over the limits.
    Trial to_trial(const store::TrialRecord& record, const JobSpec& job) const;

  private:
    std::span<const spaces::Param> params_;
    std::vector<std::string> distributions_;  // one per parameter
};

// A trial as TrialCodec::to_trial() has it, but for its genotype.
Trial result_of(const store::TrialRecord& record, const JobSpec& job);

// The system attribute of a trial that a pruner stopped.
inline constexpr std::string_view kPruned = "pruned";

// Whether a finished trial has a result: it is complete, or ended at a rung (Trial::objectives).
bool has_result(TrialState state, double fidelity, const store::Attributes& system_attributes);
bool has_result(const store::TrialRecord& record);

}  // namespace parnas::search
